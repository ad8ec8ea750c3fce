"""A text file of any length, read in parts: its encoding, its size, and any stretch of it.

Positions are bytes of the text in UTF-8, whatever the encoding of the file is. So the memory that
is needed is that of a part, and two readings of a stretch are the same characters.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.data.tokenizer import utf8, valid
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.sources.plain_text import (
    BINARY,
    SAMPLE,
    UnreadableText,
    looks_binary,
    refuse_binary,
)
from app.engine.sources.stamps import Stamp, stamp
from app.engine.sources.tables.encoding import by_beginning, known, without_unicode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.sources.format import OpenOptions

PART = 4 << 20
"""Bytes of the file that are read at a time."""

LARGEST = 4 << 30
"""Bytes of a file above which it is not read."""

SHOWN = 1_000_000
"""Bytes that are one in what is told of the progress: megabytes."""

BOM = "\ufeff"


@dataclass(frozen=True)
class Mark:
    """Where a part begins.

    offset: in the file. position: in the text. characters: of the text before it. state: of the
    decoder, which may have read half a character.
    """

    offset: int
    position: int
    characters: int
    state: tuple[bytes, int]


@dataclass(frozen=True)
class Coding:
    """How the bytes of a file are read. errors: what Python does with invalid ones."""

    encoding: str
    errors: str


@dataclass(frozen=True)
class TextFile:
    """A text file that was read once, from its beginning to its end.

    size: bytes of the text in UTF-8, without a byte-order mark. marks: of its parts, in order.
    """

    path: Path
    coding: Coding
    stamp: Stamp
    size: int
    characters: int
    marks: tuple[Mark, ...] = field(repr=False)

    def stretch(self, start: int, end: int) -> Iterator[str]:
        """Yields the text from one position to another, in parts.

        Both must be those of characters, see `boundary`. Raises UserError where the file changed
        since it was read first, and OSError.
        """
        position = start
        for begin, text in self._parts(self._mark_at(start)):
            if begin.position >= end:
                break

            size = len(text) if text.isascii() else len(utf8(text))
            last = begin.position + size
            if begin.position < start or last > end:
                first = max(0, start - begin.position)
                text = utf8(text)[first : end - begin.position].decode("utf-8")

            position = min(last, end)
            if text:
                yield valid(text)

        if position < end:
            raise changed(self.path)

    def boundary(self, position: int) -> tuple[int, int]:
        """Returns where the first character from a position on begins, and how many are before it.

        Raises like `stretch`.
        """
        if position >= self.size:
            return self.size, self.characters

        begin, text = next(self._parts(self._mark_at(position)))
        content = utf8(text)
        within = position - begin.position
        while within < len(content) and content[within] & 0xC0 == 0x80:  # inside a character
            within += 1

        before = content[:within].decode("utf-8")
        return begin.position + within, begin.characters + len(before)

    def require_unchanged(self) -> None:
        """Raises UserError where the file is no longer what was read, and OSError."""
        if stamp(self.path) != self.stamp:
            raise changed(self.path)

    def _mark_at(self, position: int) -> Mark:
        """Returns the last mark that does not lie behind a position."""
        return max(
            (mark for mark in self.marks if mark.position <= position),
            key=lambda mark: (mark.position, mark.offset),
        )

    def _parts(self, mark: Mark) -> Iterator[tuple[Mark, str]]:
        try:
            yield from _decoded(self.path, self.stamp[1], self.coding, mark)
        except UnicodeDecodeError as error:
            raise changed(self.path) from error


def changed(path: Path) -> UserError:
    """Returns the error for a file that is not what it was a moment ago."""
    return UserError(
        f"'{readable(path)}' changed while it was read.",
        "Wait until nothing writes to it, then open it again.",
        "data.source",
    )


def read_through(path: Path, encoding: str | None, options: OpenOptions) -> TextFile:
    """Reads a text file from beginning to end once, and keeps none of it.

    encoding: left out, the likeliest one is taken. Raises UnreadableText for what is empty, binary
    or too large, UserError where it changes meanwhile, OSError, and what `options.check` raises.
    """
    begun = stamp(path)
    size = begun[1]
    if size > LARGEST:
        raise UnreadableText(f"it has {size:,} bytes; at most {LARGEST:,} are read")

    if encoding is not None:
        if not known(encoding):
            raise UnreadableText(f"there is no encoding '{encoding}'")
        try:
            return _read_as(path, begun, Coding(encoding, "strict"), options)
        except (LookupError, ValueError):  # LookupError: it is a coding, but none of text
            raise UnreadableText(f"it is not in the encoding {encoding}") from None

    with open_regular(path) as file:
        beginning = file.read(SAMPLE)
    if size > SAMPLE:
        refuse_binary(beginning)

    detected = by_beginning(beginning)
    if detected is None:
        try:
            return _read_as(path, begun, Coding("utf-8", "strict"), options)
        except UnicodeDecodeError:
            detected = without_unicode(_bytes_of(path, size, options))

    return _read_as(path, begun, Coding(detected.name, detected.errors), options)


def _read_as(path: Path, begun: Stamp, coding: Coding, options: OpenOptions) -> TextFile:
    """Reads a file in one encoding. Raises like `read_through`, and UnicodeDecodeError."""
    size = begun[1]
    marks = []
    position = characters = 0
    is_blank = True
    for begin, text in _decoded(path, size, coding, Mark(0, 0, 0, _decoder(coding).getstate())):
        options.check()
        options.progress("Reading the text (MB)", begin.offset // SHOWN, size // SHOWN)

        marks.append(begin)
        if not characters and looks_binary(text[:SAMPLE]):
            raise UnreadableText(BINARY)
        if "\0" in text:
            raise UnreadableText(BINARY)

        is_blank = is_blank and not text.strip()
        position += len(text) if text.isascii() else len(utf8(text))
        characters += len(text)

    if is_blank:
        raise UnreadableText("it is empty")

    text_file = TextFile(path, coding, begun, position, characters, tuple(marks))
    text_file.require_unchanged()
    return text_file


def _decoded(path: Path, size: int, coding: Coding, mark: Mark) -> Iterator[tuple[Mark, str]]:
    """Yields the parts of a file from a mark on, without a byte-order mark.

    Raises UserError where the file is shorter than `size`, UnicodeDecodeError, and OSError.
    """
    decoder = _decoder(coding)
    decoder.setstate(mark.state)
    offset = mark.offset
    position = mark.position
    characters = mark.characters

    with open_regular(path) as file:
        file.seek(offset)
        while offset < size:
            begin = Mark(offset, position, characters, decoder.getstate())
            content = file.read(min(PART, size - offset))
            if len(content) < min(PART, size - offset):
                raise changed(path)

            offset += len(content)
            text = decoder.decode(content, offset == size)
            if not characters:
                text = text.removeprefix(BOM)

            yield begin, text

            position += len(text) if text.isascii() else len(utf8(text))
            characters += len(text)


def _decoder(coding: Coding) -> codecs.IncrementalDecoder:
    """Raises LookupError for an encoding that is none of text."""
    return codecs.getincrementaldecoder(coding.encoding)(coding.errors)


def _bytes_of(path: Path, size: int, options: OpenOptions) -> Iterator[bytes]:
    """Yields the bytes of a file, to find its encoding."""
    offset = 0
    with open_regular(path) as file:
        while part := file.read(PART):
            options.check()
            options.progress("Finding the encoding (MB)", offset // SHOWN, size // SHOWN)
            offset += len(part)
            yield part
