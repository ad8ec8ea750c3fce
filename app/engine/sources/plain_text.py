"""Text files: their encoding found, binary files told from texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.sources.tables.encoding import detect, known
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 200_000_000
"""Bytes of a file above which it is not read."""

_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class NoText(Exception):
    """A file that is no text. `reason` is in a person's words, after the file's name."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str]:
    """A file's text without byte-order mark, its line breaks as they are, and its encoding: the one
    asked for, else the likeliest one.

    Raises NoText for what is empty, binary or too large, and OSError.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise NoText(f"it has {bytes_text(size)}; at most {bytes_text(LARGEST)} are read")

    content = path.read_bytes()
    if encoding is None:
        found = detect(content)
        text = content.decode(found.name, found.errors)
        encoding = found.name
    elif not known(encoding):
        raise NoText(f"there is no encoding '{encoding}'")
    else:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            raise NoText(f"it is not in the encoding {encoding}") from None

    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise NoText("it is empty")

    sample = text[:100_000]
    odd = len(_CONTROL.findall(sample)) + sample.count("\ufffd")
    if "\0" in text or odd > len(sample) / 100:
        raise NoText("it is no text (it holds binary data)")

    return text, encoding
