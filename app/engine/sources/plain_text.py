"""Reads text files: finds their encoding, and refuses what is no text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.files import read_regular
from app.engine.free_memory import SMALL, free_memory
from app.engine.sources.tables.encoding import detect, known
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 200_000_000
"""Bytes of a file above which it is not read."""

SAMPLE = 100_000
"""Bytes or letters in which the signs of binary data are counted."""

BINARY = "it is not text (it holds binary data)"

MEMORY = 6
"""Bytes for a byte of a file: itself, and a letter of four bytes, at times as two strings."""

_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class UnreadableText(Exception):
    """A file that cannot be read as text. `reason` continues the sentence "FILE: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str]:
    """Reads the text of a file, and returns it with its encoding.

    encoding: left out, the likeliest one is taken. Line breaks stay as they are, a byte-order mark
    goes. Raises UnreadableText for what is empty, binary or too large, and OSError.
    """
    content = _content(path)
    if encoding is None:
        if len(content) > SAMPLE:
            refuse_binary(content[:SAMPLE])
        detected = detect(content)
        text = content.decode(detected.name, detected.errors)
        encoding = detected.name
    elif not known(encoding):
        raise UnreadableText(f"there is no encoding '{encoding}'")
    else:
        try:
            text = content.decode(encoding)
        except (LookupError, ValueError):  # LookupError: it is a coding, but none of text
            raise UnreadableText(f"it is not in the encoding {encoding}") from None

    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise UnreadableText("it is empty")

    if "\0" in text or looks_binary(text[:SAMPLE]):
        raise UnreadableText(BINARY)

    return text, encoding


def looks_binary(beginning: str) -> bool:
    """Returns whether the beginning of a text has the signs of binary data."""
    junk = len(_CONTROL.findall(beginning)) + beginning.count("\ufffd")
    return junk > len(beginning) / 100


def refuse_binary(beginning: bytes) -> None:
    """Raises UnreadableText where a beginning in single bytes has the signs of binary data.

    To find the encoding of what has none takes ten seconds for 60 MB.
    """
    if not detect(beginning, whole=False).name.startswith(("utf-16", "utf-32")):
        signs = beginning.decode("latin-1")
        if len(_CONTROL.findall(signs)) > len(signs) / 100:
            raise UnreadableText(BINARY)


def _content(path: Path) -> bytes:
    """Raises UnreadableText for what is too large, and OSError."""
    size = path.stat().st_size
    if size > LARGEST:
        raise UnreadableText(f"it has {size:,} bytes; at most {LARGEST:,} are read")

    needed = size * MEMORY
    if needed > SMALL and needed > free_memory():
        raise UnreadableText(f"it needs {bytes_text(needed)} of memory")

    return read_regular(path, LARGEST)
