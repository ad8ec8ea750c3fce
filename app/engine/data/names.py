"""Puts names of files and classes into natural order, and makes text of them."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def natural_key(text: str) -> tuple[object, ...]:
    """Returns a key that sorts as people count: 2 before 10, upper and lower case alike."""
    parts = re.split(r"(\d+)", text)
    keys = [
        (0, int(part)) if index % 2 else (1, part.casefold()) for index, part in enumerate(parts)
    ]
    return (*keys, (2, text))


def natural(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the distinct names in natural order."""
    return tuple(sorted(set(names), key=natural_key))


def readable(name: str | os.PathLike[str]) -> str:
    """Returns a file's name as text that can be shown and stored, whatever its bytes are.

    Letters with accents are written in one way (Unicode NFC).
    """
    text = os.fsencode(name).decode("utf-8", "replace") if os.name != "nt" else os.fspath(name)
    return unicodedata.normalize("NFC", text)
