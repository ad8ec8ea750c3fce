"""Gathers the rows of a text table into columns and lists those that have another width."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.sources.tables.columns import Column, Table
from app.engine.sources.tables.csv_file import CsvFile, CsvRows
from app.engine.sources.tables.delimited.plain_blocks import (
    SMALL_BLOCK,
    Block,
    PlainBlocks,
    columns_of,
    may_be_plain,
)
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.prologue import COMMENT
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.sources.tables.written.column_names import unique_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.sources.format import Check
    from app.engine.sources.tables.dialect import Dialect
    from app.engine.sources.tables.written.head import Head

CHUNK_CELLS = 1_000_000
CHUNK_CHARACTERS = 32_000_000
"""Cells, or characters, that are gathered as Python strings before they become Arrow arrays."""


def is_comment(row: list[str], sign: str) -> bool:
    """Returns whether a row is a comment behind this sign, which may be ""."""
    return bool(sign) and row[0].lstrip().startswith(sign)


class RowGatherer:
    """Gathers rows into columns, chunk by chunk."""

    def __init__(
        self,
        file: CsvFile,
        dialect: Dialect,
        head: Head,
        body: list[list[str]],
        check: Check,
        most: int | None,
    ) -> None:
        self.file = file
        self.dialect = dialect
        self.check = check
        self.head = head
        self.names = head.names
        self.units = head.units
        widths = Counter(len(row) for row in body)
        self.width = widths.most_common(1)[0][0] if widths else len(self.names)
        self.notes: list[str] = [*filter(None, [file.prologue.note]), *head.notes]
        self.cut_last = False
        self._fit_names(body)

        self.most = rows_within_limit(most, self.width)
        self.skipped: list[Skipped] = []
        self.head_rows = head.rows
        """How many rows of the head are still to come."""
        self.plain = most is None and may_be_plain(file) and not dialect.comment
        """Whether blocks are tried; where only the first rows are wanted they are no gain."""
        self.block: int | None = None
        self.count = 0
        """The rows taken in. They wait as Python texts first, or come as whole columns."""
        self.numbers: list[np.ndarray] = []
        self.waiting: list[list[str]] = []
        self.waiting_numbers: list[int] = []
        self.waiting_characters = 0
        self.growth = Growth(file.path)
        self.chunks: list[list[Any]] = [[] for _ in range(self.width)]

    def _fit_names(self, body: list[list[str]]) -> None:
        """Brings the names of the columns to the width of the rows.

        Where they are one short, either names of rows stand in front, as R writes them, or every
        row ends with a delimiter.
        """
        if not self.dialect.header:
            self.names = [""] * self.width
            return

        if len(self.names) == self.width - 1:
            ends = [row[-1] for row in body if len(row) == self.width]
            if not any(ends):
                self.cut_last = True
                self.notes.append("Every row ends with a separator; there is no column behind it.")
            else:
                self.names = ["row name", *self.names]
                self.units = ["", *self.units]
                self.notes.append(
                    "The first column has no name in the first row; it is called 'row name'."
                )
        elif len(self.names) != self.width:
            self.width = len(self.names)

    def read(self) -> Table:
        rows = CsvRows(self.file, self.check)
        complete = all(self._taken(rows))
        self._finish_chunk()

        estimated = self.count
        if not complete:
            share_read = max(1, rows.characters)
            estimated = max(estimated, int(self.count * self.file.size / share_read))

        if rows.invalid:
            self.notes.append(
                f"{rows.invalid:,} characters are not valid in {self.file.encoding.words} and are "
                "shown as �; choose another encoding if they matter."
            )

        if comments := sum(item.reason == COMMENT for item in self.skipped):
            self.notes.append(
                f"{comments:,} {'line is a comment' if comments == 1 else 'lines are comments'} "
                f"behind {self.dialect.comment} and left out."
            )

        if ragged := sum("cells" in item.reason for item in self.skipped):
            self.notes.append(
                f"{ragged:,} {'row has' if ragged == 1 else 'rows have'} more or fewer than "
                f"{self._cells()} cells and {'is' if ragged == 1 else 'are'} left out."
            )

        return self._table(complete, estimated)

    def parts(self, rows_at_once: int) -> Iterator[Table]:
        """Yields the rows part by part, each of at least so many rows and at most a block more.

        Each lists the rows of its own that are left out. Raises as `read_text_table`.
        """
        rows = CsvRows(self.file, self.check)
        self.block = SMALL_BLOCK
        for _ in self._taken(rows):
            if self.count >= rows_at_once:
                yield self._cut()

        yield self._cut()

    def _cut(self) -> Table:
        """Returns what was gathered since the last cut, and forgets it."""
        self._finish_chunk()
        table = self._table(False, self.count)
        self.chunks = [[] for _ in range(self.width)]
        self.numbers, self.skipped, self.count = [], [], 0
        self.growth = Growth(self.file.path)
        return table

    def _taken(self, rows: CsvRows) -> Iterator[bool]:
        """Takes the rows in, one or a block at a time; yields whether more are wanted."""
        singly = iter(rows)
        for number, row in singly:
            yield self._take(number, row)
            if self.plain and not self.head_rows:
                break

        if self.plain:
            plain = PlainBlocks(self.file, rows.lines, self.block)
            for block in plain:
                self._take_block(rows, block)
                yield True
            if plain.any_taken:
                singly = rows.behind(plain.end)

        for number, row in singly:
            yield self._take(number, row)

    def _take_block(self, rows: CsvRows, block: Block) -> None:
        """Takes a block in, its rows one by one where it is not plain."""
        columns = columns_of(block, self.file.delimiter, self.width)
        if columns is None:
            for number, row in rows.of(block.raw):
                self._take(number, row)
            return

        self._finish_chunk()
        self.check()
        for index, array in enumerate(columns):
            self._add(index, array)

        self.numbers.append(np.arange(rows.rows + 1, rows.rows + 1 + block.lines, dtype=np.int64))
        self.count += block.lines
        rows.skip(block.lines, len(block.raw))

    def _take(self, number: int, row: list[str]) -> bool:
        """Takes a row in; returns whether more are wanted."""
        if not any(row) or (len(row) == 1 and not row[0].strip()):
            if len(row) == self.width and self.width > 1 and not self.head_rows:
                self.skipped.append(Skipped(f"row {number}", "it is empty"))
            return True

        is_first = self.head_rows == self.head.rows > 0
        if not is_first and is_comment(row, self.dialect.comment):
            self.skipped.append(Skipped(f"row {number}", COMMENT, ignored=True))
            return True

        if self.head_rows:
            self.head_rows -= 1
            return True

        if len(row) != self.width:
            mended = self._mended(number, row)
            if mended is None:
                return True
            row = mended

        self.waiting.append(row)
        self.waiting_numbers.append(number)
        self.waiting_characters += sum(map(len, row))
        self.count += 1
        if (
            len(self.waiting) * self.width >= CHUNK_CELLS
            or self.waiting_characters >= CHUNK_CHARACTERS
        ):
            self._finish_chunk()

        return self.most is None or self.count < self.most

    def _cells(self) -> int:
        return self.width - self.cut_last

    def _mended(self, number: int, row: list[str]) -> list[str] | None:
        """Returns a row of another width in that of the table where nothing is lost by it.

        None where that is not so; it is listed as skipped.
        """
        if self.cut_last and len(row) == self.width - 1:
            return [*row, ""]

        surplus = row[self.width :]
        if surplus and not any(cell.strip() for cell in surplus):  # only delimiters at the end
            return row[: self.width]

        cells = "1 cell" if len(row) == 1 else f"{len(row):,} cells"
        self.skipped.append(Skipped(f"row {number}", f"it has {cells}, not {self._cells():,}"))
        return None

    def _finish_chunk(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
        import pyarrow.compute as pc  # noqa: PLC0415 - as above

        if not self.waiting:
            return

        self.check()
        for index, cells in enumerate(zip(*self.waiting, strict=True)):
            self._add(index, pc.utf8_trim_whitespace(pa.array(cells, pa.large_string())))

        self.numbers.append(np.array(self.waiting_numbers, np.int64))
        self.waiting, self.waiting_numbers, self.waiting_characters = [], [], 0

    def _add(self, index: int, array: Any) -> None:
        """Adds trimmed texts to a column. Raises UserError where memory is full."""
        self.chunks[index].append(array)
        self.growth.add(array.nbytes)

    def _table(self, complete: bool, estimated: int) -> Table:
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        names, notes = unique_names(self.names)
        style = self.dialect.style
        empty = pa.array([], pa.large_string())

        columns = []
        units = [*self.units, *[""] * len(names)]
        for index, name in enumerate(names):
            chunks = self.chunks[index]
            texts = pa.chunked_array(chunks) if len(chunks) > 1 else (*chunks, empty)[0]
            columns.append(Column(name, style, texts, known_unit=units[index]))

        return Table(
            os.fspath(self.file.path),
            tuple(columns),
            np.concatenate([*self.numbers, np.empty(0, np.int64)]),
            self.dialect,
            tuple(self.skipped),
            (*self.notes, *notes),
            complete,
            estimated,
        )
