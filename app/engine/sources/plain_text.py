"""Reads text files: finds their encoding, and refuses what is no text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.files import read_regular
from app.engine.sources.tables.encoding import detect, known
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 200_000_000
"""Bytes of a file above which it is not read."""

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
    size = path.stat().st_size
    if size > LARGEST:
        raise UnreadableText(f"it has {bytes_text(size)}; at most {bytes_text(LARGEST)} are read")

    content = read_regular(path, LARGEST)
    if encoding is None:
        detected = detect(content)
        text = content.decode(detected.name, detected.errors)
        encoding = detected.name
    elif not known(encoding):
        raise UnreadableText(f"there is no encoding '{encoding}'")
    else:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            raise UnreadableText(f"it is not in the encoding {encoding}") from None

    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise UnreadableText("it is empty")

    sample = text[:100_000]
    junk = len(_CONTROL.findall(sample)) + sample.count("\ufffd")
    if "\0" in text or junk > len(sample) / 100:
        raise UnreadableText("it is no text (it holds binary data)")

    return text, encoding
