"""A text table as a file: its encoding, its delimiter, and its rows one after another.

What both readers of text tables share: `text` gathers the rows into columns, the format of picture
lists keeps them as they are.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.sources.format import Check, no_check, unusable
from app.engine.sources.tables import encoding
from app.engine.sources.tables.delimiters import (
    ALIGNED,
    LINE_LIMIT,
    REMEDY,
    find_delimiter,
    records,
)
from app.engine.sources.tables.prologue import (
    NO_PROLOGUE,
    Prologue,
    find_prologue,
    named_delimiter,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

BEGINNING = 4 << 20
"""Bytes from which encoding, delimiter and header are found out."""

GLANCE = 64 << 10
"""Bytes that are enough to see what sort of table it is."""

JUNK_SHARE = 0.02
"""With a larger share of control characters it is no text."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
"""Characters that stand in no text: all below the blank but those that part words or lines."""


@dataclass(frozen=True)
class CsvFile:
    """A text table whose encoding and delimiter are known.

    size: of the file in bytes. delimiter_reason: continues "commas between cells: ...". sample:
    whole lines from the beginning, decoded, those of the prologue empty. complete: whether the
    sample is the whole file. prologue: what stands above the table.
    """

    path: Path
    size: int
    encoding: encoding.Encoding
    delimiter: str
    delimiter_reason: str
    sample: str
    complete: bool
    prologue: Prologue = NO_PROLOGUE

    def sample_rows(self) -> Iterator[list[str]]:
        """Yields the rows of the sample, cells trimmed; a last one that is cut in two is left out.

        Raises UserError for a quote that is never closed, where the sample is the whole file.
        """
        lines = io.StringIO(self.sample, newline="")
        try:
            for _, row in records(lines, self.delimiter, str(self.path)):
                yield [cell.strip() for cell in row]
        except UserError:
            if self.complete:
                raise


class CsvRows:
    """Reads all rows of a text table, one line in memory at a time, or some of them.

    characters: how many were read so far. invalid: how many of them do not belong to the encoding.
    lines, rows: how many of these were read, empty ones counted.
    """

    def __init__(self, file: CsvFile, check: Check = no_check) -> None:
        self._file = file
        self._check = check
        self.characters = 0
        self.invalid = 0
        self.lines = 0
        self.rows = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yields the number of each row, from 1, empty ones counted, and its cells.

        Raises UserError for what is no table, and whatever `check` raises.
        """
        yield from self.behind(0)

    def behind(self, start: int) -> Iterator[tuple[int, list[str]]]:
        """Yields the rows from a byte on at which a line begins, as `__iter__`."""
        encoding = self._file.encoding
        with io.TextIOWrapper(
            open_regular(self._file.path), encoding.name, encoding.errors, newline=""
        ) as stream:
            if start:
                stream.seek(start)
            yield from self._rows(stream)

    def of(self, content: bytes) -> Iterator[tuple[int, list[str]]]:
        """Yields the rows of some whole lines, which come next in the file, as `__iter__`."""
        encoding = self._file.encoding
        text = content.decode(encoding.name, encoding.errors)
        yield from self._rows(io.StringIO(text, newline=""))

    def skip(self, lines: int, characters: int) -> None:
        """Counts lines that are a row each and were read in another way."""
        self.lines += lines
        self.rows += lines
        self.characters += characters

    def _rows(self, stream: TextIO) -> Iterator[tuple[int, list[str]]]:
        file = self._file
        for number, row in records(self._lines(stream), file.delimiter, str(file.path), self.rows):
            self.rows = number
            yield number, row

    def _lines(self, stream: TextIO) -> Iterator[str]:
        while line := stream.readline(LINE_LIMIT + 1):
            self.lines += 1
            if self.lines % 4096 == 0:
                self._check()
            if len(line) > LINE_LIMIT:
                raise _too_long(self._file.path, self.lines)

            if self.lines == 1:
                line = line.removeprefix("\ufeff")
            if "\0" in line:
                raise _zero_byte(self._file.path, self.lines)

            self.invalid += line.count("\ufffd")
            self.characters += len(line)
            yield line if self.lines > self._file.prologue.lines else "\n"


def open_csv(path: Path, data: DataSettings, check: Check = no_check) -> CsvFile:
    """Finds out how a text table is written, from its beginning and, for UTF-8, from all of it.

    Raises UserError for what is no text table, OSError, and whatever `check` raises.
    """
    size = path.stat().st_size
    with open_regular(path) as file:
        beginning = file.read(BEGINNING)
        if b"\n" not in beginning and b"\r" not in beginning:  # the first line is longer
            beginning += file.read(LINE_LIMIT)

    _refuse_empty(path, beginning)
    return _opened(path, data, beginning, size, _encoding(path, beginning, size, data, check))


def glance(path: Path, data: DataSettings) -> CsvFile:
    """Finds out how a text table is written from its first 64 KB alone. Raises as `open_csv`."""
    size = path.stat().st_size
    with open_regular(path) as file:
        beginning = file.read(GLANCE)

    _refuse_empty(path, beginning)
    chosen = _chosen_encoding(data)
    detected = chosen or encoding.detect(beginning, size <= len(beginning))
    return _opened(path, data, beginning, size, detected)


def _opened(
    path: Path, data: DataSettings, beginning: bytes, size: int, detected: encoding.Encoding
) -> CsvFile:
    sample = _sample(path, detected.name, beginning, size)
    _refuse_binary(path, sample)

    if data.delimiter is None and (named := named_delimiter(sample)) is not None:
        delimiter = named
        reason = "the first line says so"
    elif data.delimiter is None:
        delimiter, reason = find_delimiter(sample, path.suffix.lower())
    elif data.delimiter == ALIGNED:
        delimiter = ALIGNED
        reason = "as chosen"
    elif len(data.delimiter) != 1 or data.delimiter in '"\r\n':
        raise UserError(
            f"'{data.delimiter}' cannot stand between cells.", "Choose one sign.", "data.delimiter"
        )
    else:
        delimiter = data.delimiter
        reason = "as chosen"

    prologue = find_prologue(sample, delimiter, data)
    if prologue.lines:
        below = sample.split("\n", prologue.lines)[-1]
        sample = "\n" * prologue.lines + below

    complete = size <= len(beginning)
    return CsvFile(path, size, detected, delimiter, reason, sample, complete, prologue)


def _chosen_encoding(data: DataSettings) -> encoding.Encoding | None:
    """Returns the encoding that the settings name, None where it is left open. Raises UserError."""
    if data.encoding is None:
        return None

    if not encoding.known(data.encoding):
        raise UserError(
            f"There is no encoding '{data.encoding}'.",
            "Choose one from the list.",
            "data.encoding",
        )

    return encoding.Encoding(data.encoding, "as chosen")


def _encoding(
    path: Path, beginning: bytes, size: int, data: DataSettings, check: Check
) -> encoding.Encoding:
    """Returns the encoding that is chosen, or that the beginning suggests.

    Where a large file turns out later to be no UTF-8, what does not fit is looked at instead.
    """
    if (chosen := _chosen_encoding(data)) is not None:
        return chosen

    detected = encoding.detect(beginning, size <= len(beginning))
    if detected.name != "utf-8" or size <= len(beginning):
        return detected

    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_regular(path) as file:
        while part := file.read(BEGINNING):
            check()
            if part.isascii() and not decoder.getstate()[0]:  # most are, and it is quickly seen
                continue
            try:
                decoder.decode(part)
            except UnicodeDecodeError:
                # The first three bytes may end a character that began in the part before.
                return encoding.detect(part[3:], False)

    return detected


def _sample(path: Path, name: str, beginning: bytes, size: int) -> str:
    """Returns whole lines from the beginning. Raises UserError for a line that is too long."""
    text = beginning.decode(name, "replace").removeprefix("\ufeff")
    if size <= len(beginning):
        return text

    cut = max(text.rfind("\n", 0, BEGINNING), text.rfind("\r", 0, BEGINNING))
    if cut < 0:  # the first line is longer than that
        cut = max(text.find("\n"), text.find("\r"))
    if cut < 0:
        raise _too_long(path, 1)

    return text[: cut + 1]


def _too_long(path: Path, number: int) -> UserError:
    return unusable(
        path,
        f"has a line longer than {LINE_LIMIT >> 20} million characters (line {number:,}), so it is "
        "no table",
        "Save it again with a line for every row.",
    )


def _zero_byte(path: Path, number: int) -> UserError:
    return unusable(path, f"is not a text table: there is a zero byte in line {number:,}", REMEDY)


def _refuse_empty(path: Path, beginning: bytes) -> None:
    if not beginning.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise unusable(
            path, "is empty", "Choose a table with a row of names and a row for every example."
        )


def _refuse_binary(path: Path, text: str) -> None:
    head = text[:100_000]
    position = head.find("\0")
    if position >= 0:
        raise _zero_byte(path, head.count("\n", 0, position) + 1)

    junk = len(_CONTROL.findall(head)) + head.count("\ufffd")
    if junk > JUNK_SHARE * len(head):
        raise unusable(path, "is not a text table: most of it is no text", REMEDY)
