"""Names of files and classes: natural order, and text that can be shown."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    pass


def natural_key(text: str) -> tuple[object, ...]:
    """Sorts as people count: 2 before 10, upper and lower case alike."""
    parts = re.split(r"(\d+)", text)
    counted = [
        (0, int(part)) if place % 2 else (1, part.casefold()) for place, part in enumerate(parts)
    ]
    return (*counted, (2, text))


def natural(names: Iterable[str]) -> tuple[str, ...]:
    """Different names in natural order."""
    return tuple(sorted(set(names), key=natural_key))


def readable(name: str | os.PathLike[str]) -> str:
    """A file's name as text that can be shown and stored, in one way of writing umlauts, whatever
    its bytes are.
    """
    text = os.fsencode(name).decode("utf-8", "replace") if os.name != "nt" else os.fspath(name)
    return unicodedata.normalize("NFC", text)
