"""Text tables: CSV and its relatives.

Read line by line into columns of texts, rows of another width listed.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from typing import TYPE_CHECKING, TextIO

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.numbers import NumberStyle, find_style
from app.engine.errors import UserError
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables import encoding
from app.engine.sources.tables.columns import Column, Manner, Table, limited, unique_heads
from app.engine.sources.tables.delimiters import (
    LINE_LIMIT,
    REMEDY,
    WORDS,
    find_delimiter,
    has_header,
    records,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

BEGINNING = 4 << 20
"""Bytes from which it is told how a table is written."""

SNIFFED_ROWS = 400
STYLE_COLUMNS = 300
CHUNK_CELLS = 1_000_000
JUNK_SHARE = 0.02
"""With a larger share of control characters it is no text."""


def read(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """The table in a text file; `most`: only its first rows.

    Raises UserError, and whatever `check` raises.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        beginning = file.read(BEGINNING + (LINE_LIMIT if size > BEGINNING else 0))

    if not beginning.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise unusable(
            path, "is empty", "Choose a table with a row of names and a row for every example."
        )

    found = _encoding(path, beginning, size, data, check)
    lines = _Lines(path, found, check)
    text = _sample(path, found.name, beginning, size)
    _refuse_binary(path, text)

    suffix = path.suffix.lower()
    if data.delimiter is not None:
        if len(data.delimiter) != 1 or data.delimiter in '"\r\n':
            raise UserError(
                f"'{data.delimiter}' cannot stand between cells.",
                "Choose one sign.",
                "data.delimiter",
            )

        delimiter = data.delimiter
        why = "as chosen"
    else:
        delimiter, why = find_delimiter(text, suffix, str(path))

    rows = [
        [cell.strip() for cell in row]
        for _, row in zip(range(SNIFFED_ROWS), _rows(text, delimiter, str(path)), strict=False)
    ]
    rows = [row for row in rows if any(row)]
    style = _style(rows, delimiter, data)
    header, head_why = (
        has_header(rows, style) if data.header is None else (data.header, "as chosen")
    )
    style_why = (
        "as chosen" if data.decimal or data.thousands is not None else "most columns are numbers so"
    )
    manner = Manner(
        "text",
        header,
        style,
        delimiter,
        found.name,
        reasons={
            "delimiter": f"{WORDS.get(delimiter, repr(delimiter))} between cells: {why}",
            "encoding": f"{found.words}: {found.reason}",
            "header": f"the first row {'has the names' if header else 'is an example'}: {head_why}",
            "decimal": f"{style.words}: {style_why}",
        },
    )

    return _Reader(path, manner, rows, check, most).read(lines, size)


def _style(rows: list[list[str]], delimiter: str, data: DataSettings) -> NumberStyle:
    body = rows[1:] if len(rows) > 1 else rows
    width = Counter(len(row) for row in body).most_common(1)[0][0] if body else 0
    places = range(0, width, max(1, width // STYLE_COLUMNS))
    columns = [[row[place] for row in body if len(row) == width] for place in places]

    return find_style(columns, delimiter, data.decimal, data.thousands)


def _encoding(
    path: Path, beginning: bytes, size: int, data: DataSettings, check: Check
) -> encoding.Encoding:
    """As chosen, or as the beginning says; a file that turns out to be no UTF-8 later is looked at
    as a whole.
    """
    if data.encoding is not None:
        if not encoding.known(data.encoding):
            raise UserError(
                f"There is no encoding '{data.encoding}'.",
                "Choose one from the list.",
                "data.encoding",
            )
        return encoding.Encoding(data.encoding, "as chosen")

    found = encoding.detect(beginning, size <= len(beginning))
    if found.name != "utf-8" or size <= len(beginning):
        return found

    with path.open("rb") as file:
        import codecs

        decoder = codecs.getincrementaldecoder("utf-8")()
        while part := file.read(BEGINNING):
            check()
            try:
                decoder.decode(part)
            except UnicodeDecodeError:
                return encoding.detect(part[3:], False)

    return found


def _sample(path: Path, name: str, beginning: bytes, size: int) -> str:
    """Whole lines from the beginning. Raises UserError for a line that is too long."""
    text = beginning.decode(name, "replace").removeprefix("\ufeff")
    if size <= len(beginning):
        return text

    cut = max(text.rfind("\n", 0, BEGINNING), text.rfind("\r", 0, BEGINNING))
    if cut < 0:  # a first line of more than that
        cut = max(text.find("\n"), text.find("\r"))
    if cut < 0:
        raise too_long(path, 1)

    return text[: cut + 1]


def too_long(path: Path, number: int) -> UserError:
    """For a table with a line of more than LINE_LIMIT."""
    return unusable(
        path,
        f"has a line longer than {LINE_LIMIT >> 20} million characters (line {number:,}), so it is "
        "no table",
        "Save it again with a line for every row.",
    )


def _refuse_binary(path: Path, text: str) -> None:
    head = text[:100_000]
    place = head.find("\0")
    if place >= 0:
        line = head.count("\n", 0, place) + 1
        raise unusable(path, f"is not a text table: there is a zero byte in line {line:,}", REMEDY)

    strange = sum(character < " " and character not in "\t\r\n\f\v" for character in head)
    strange += head.count("\ufffd")
    if strange > JUNK_SHARE * len(head):
        raise unusable(path, "is not a text table: most of it is no text", REMEDY)


def _rows(text: str, delimiter: str, path: str) -> Iterator[list[str]]:
    """Rows of a sample; the last one may be cut in two and then makes no trouble."""
    try:
        for _, row in records(io.StringIO(text, newline=""), delimiter, path):
            yield row
    except UserError:
        if len(text) < BEGINNING // 4:
            raise


class _Lines:
    """The lines of the file, in memory one at a time."""

    def __init__(self, path: Path, found: encoding.Encoding, check: Check) -> None:
        self.path = path
        self.found = found
        self.check = check
        self.broken = 0
        self.read = 0

    def __call__(self, file: TextIO) -> Iterator[str]:
        number = 0
        while line := file.readline(LINE_LIMIT + 1):
            number += 1
            if number % 4096 == 0:
                self.check()
            if len(line) > LINE_LIMIT:
                raise too_long(self.path, number)

            if number == 1:
                line = line.removeprefix("\ufeff")

            if "\0" in line:
                raise unusable(
                    self.path,
                    f"is not a text table: there is a zero byte in line {number:,}",
                    REMEDY,
                )

            if "\ufffd" in line:
                self.broken += line.count("\ufffd")

            self.read += len(line)
            yield line


class _Reader:
    """Rows gathered into columns, chunk by chunk."""

    def __init__(
        self, path: Path, manner: Manner, rows: list[list[str]], check: Check, most: int | None
    ) -> None:
        self.path = path
        self.manner = manner
        self.check = check
        self.heads = rows[0] if manner.header and rows else []
        body = rows[1:] if manner.header else rows
        widths = Counter(len(row) for row in body)
        self.width = widths.most_common(1)[0][0] if widths else len(self.heads)
        self.notes: list[str] = []
        self._settle_heads(body)
        self.most = limited(most, self.width)
        self.skipped: list[Skipped] = []
        self.numbers: list[int] = []
        self.waiting: list[list[str]] = []
        self.chunks: list[list[object]] = [[] for _ in range(self.width)]

    def _settle_heads(self, body: list[list[str]]) -> None:
        """A head one shorter than the rows: names of rows in front, as R writes them, or a sign at
        every row's end.
        """
        self.cut_last = False
        if not self.manner.header:
            self.heads = [""] * self.width
            return

        if len(self.heads) == self.width - 1:
            ends = [row[-1] for row in body if len(row) == self.width]
            if not any(ends):
                self.cut_last = True
                self.notes.append("Every row ends with a separator; there is no column behind it.")
            else:
                self.heads = ["row name", *self.heads]
                self.notes.append(
                    "The first column has no name in the first row; it is called 'row name'."
                )
        elif len(self.heads) != self.width:
            self.width = len(self.heads)

    def read(self, lines: _Lines, size: int) -> Table:
        complete = True
        with self.path.open(
            encoding=lines.found.name, errors=lines.found.errors, newline=""
        ) as file:
            assert self.manner.delimiter is not None
            seen_head = not self.manner.header
            for number, row in records(lines(file), self.manner.delimiter, str(self.path)):
                if not any(row) or (len(row) == 1 and not row[0].strip()):
                    if len(row) == self.width and self.width > 1 and seen_head:
                        self.skipped.append(Skipped(f"row {number}", "it is empty"))
                    continue

                if not seen_head:
                    seen_head = True
                    continue

                if len(row) != self.width:
                    self._odd_width(number, row)
                    continue

                self.waiting.append(row)
                self.numbers.append(number)

                if len(self.waiting) * self.width >= CHUNK_CELLS:
                    self._settle()

                if self.most is not None and len(self.numbers) >= self.most:
                    complete = False
                    break

        self._settle()
        estimated = (
            len(self.numbers)
            if complete
            else max(len(self.numbers), int(len(self.numbers) * size / max(1, lines.read)))
        )

        if lines.broken:
            self.notes.append(
                f"{lines.broken:,} characters are not valid in {lines.found.words} and are shown "
                "as �; "
                "choose another encoding if they matter."
            )

        if self.skipped and (ragged := sum("cells" in item.reason for item in self.skipped)):
            self.notes.append(
                f"{ragged:,} {'row has' if ragged == 1 else 'rows have'} more or fewer than "
                f"{self._cells()} cells "
                f"and {'is' if ragged == 1 else 'are'} left out."
            )

        return self._table(complete, estimated)

    def _cells(self) -> int:
        return self.width - self.cut_last

    def _odd_width(self, number: int, row: list[str]) -> None:
        if self.cut_last and len(row) == self.width - 1:
            self.waiting.append([*row, ""])
            self.numbers.append(number)
            return

        extra = row[self.width :]
        if len(row) > self.width and not any(
            cell.strip() for cell in extra
        ):  # separators at the end, nothing behind
            self.waiting.append(row[: self.width])
            self.numbers.append(number)
            return

        cells = "1 cell" if len(row) == 1 else f"{len(row):,} cells"
        self.skipped.append(Skipped(f"row {number}", f"it has {cells}, not {self._cells():,}"))

    def _settle(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.waiting:
            return

        self.check()
        for place, cells in enumerate(zip(*self.waiting, strict=True)):
            self.chunks[place].append(pc.utf8_trim_whitespace(pa.array(cells, pa.large_string())))

        self.waiting = []

    def _table(self, complete: bool, estimated: int) -> Table:
        import pyarrow as pa

        heads, notes = unique_heads(self.heads)
        empty = pa.array([], pa.large_string())

        columns = []
        for place, name in enumerate(heads):
            chunks = self.chunks[place]
            joined = pa.concat_arrays(chunks) if len(chunks) > 1 else chunks[0] if chunks else empty
            self.chunks[place] = []
            columns.append(Column(name, self.manner.style, joined))

        return Table(
            os.fspath(self.path),
            tuple(columns),
            np.array(self.numbers, np.int64),
            self.manner,
            tuple(self.skipped),
            (*self.notes, *notes),
            complete,
            estimated,
        )
