"""Text tables (CSV and its relatives), read row by row into columns; odd rows are listed."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.free_memory import require_memory
from app.engine.sources.tables.columns import Column, Dialect, Table
from app.engine.sources.tables.csv_file import CsvFile, CsvRows, open_csv
from app.engine.sources.tables.delimiters import WORDS
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.prologue import COMMENT, comment_sign
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.sources.tables.written.column_names import refuse_many_columns, unique_names
from app.engine.sources.tables.written.footer import without_footer
from app.engine.sources.tables.written.head import Head, find_head
from app.engine.sources.tables.written.number_style import find_style, with_style

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.numbers import NumberStyle
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check

SAMPLE_ROWS = 400
"""Rows from which header and number style are found out."""

STYLE_ROWS = 100
"""Rows from which the style is found that tells numbers from names in the first rows."""

STYLE_COLUMNS = 300
"""At most about so many columns, evenly spread, decide about the number style."""

CHUNK_CELLS = 1_000_000
CHUNK_CHARACTERS = 32_000_000
"""Cells, or characters, that are gathered as Python strings before they become Arrow arrays."""


def read_text_table(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads the table in a text file; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    table = _read(path, data, check, most)
    table = without_footer(table, data)
    delimiter = table.dialect.delimiter or ","
    columns, style = with_style(table.columns, delimiter, data, check)
    return replace(table, columns=tuple(columns), dialect=_with_style(table.dialect, style, data))


def _read(path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
    """Reads the table with all rows that have its width, in the style that the first rows suggest.

    Raises as `read_text_table`. What it needs to read is gone before the numbers are made.
    """
    file = open_csv(path, data, check)
    if most is None:
        require_memory(file.size, readable(path), "text")

    rows = [row for row in itertools.islice(file.sample_rows(), SAMPLE_ROWS) if any(row)]
    refuse_many_columns(path, max(map(len, rows), default=0))
    style = _style(rows[:STYLE_ROWS], file.delimiter, data)
    comment, comment_reason = comment_sign(rows, style, data)
    rows = [row for index, row in enumerate(rows) if not index or not _is_comment(row, comment)]
    head = find_head(rows, style, data)
    dialect = _dialect(file, head, style, data)
    reasons = dialect.reasons | {"comment": comment_reason}
    dialect = replace(dialect, comment=comment, reasons=reasons)
    return _Reader(file, dialect, head, rows[head.rows :], check, most).read()


def _is_comment(row: list[str], sign: str) -> bool:
    return bool(sign) and row[0].lstrip().startswith(sign)


def _dialect(file: CsvFile, head: Head, style: NumberStyle, data: DataSettings) -> Dialect:
    """Returns how the table is written, as chosen or as its first rows suggest."""
    delimiter = file.delimiter
    dialect = Dialect(
        "text",
        head.header,
        style,
        delimiter,
        file.encoding.name,
        reasons={
            "delimiter": f"{WORDS.get(delimiter, repr(delimiter))} between cells: "
            f"{file.delimiter_reason}",
            "encoding": f"{file.encoding.words}: {file.encoding.reason}",
            "skip_rows": file.prologue.words,
            **head.reasons,
        },
        skip_rows=file.prologue.lines,
        second_row=head.second,
    )
    return _with_style(dialect, style, data)


def _with_style(dialect: Dialect, style: NumberStyle, data: DataSettings) -> Dialect:
    chosen = data.decimal or data.thousands is not None
    reason = f"{style.words}: {'as chosen' if chosen else 'most columns are numbers so'}"
    return replace(dialect, style=style, reasons={**dialect.reasons, "decimal": reason})


def _style(rows: list[list[str]], delimiter: str, data: DataSettings) -> NumberStyle:
    body = rows[1:] if len(rows) > 1 else rows
    width = Counter(len(row) for row in body).most_common(1)[0][0] if body else 0
    indices = range(0, width, max(1, width // STYLE_COLUMNS))
    columns = [[row[index] for row in body if len(row) == width] for index in indices]

    return find_style(columns, delimiter, data.decimal, data.thousands)


class _Reader:
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
        self.numbers: list[int] = []
        self.waiting: list[list[str]] = []
        self.converted = 0
        self.growth = Growth(file.path)
        self.chunks: list[list[object]] = [[] for _ in range(self.width)]

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
        complete = self._gather(rows)
        self._finish_chunk()

        estimated = len(self.numbers)
        if not complete:
            share_read = max(1, rows.characters)
            estimated = max(estimated, int(len(self.numbers) * self.file.size / share_read))

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

    def _gather(self, rows: CsvRows) -> bool:
        """Takes the rows in; returns whether all of them were read."""
        head_rows = self.head.rows
        for number, row in rows:
            if not any(row) or (len(row) == 1 and not row[0].strip()):
                if len(row) == self.width and self.width > 1 and not head_rows:
                    self.skipped.append(Skipped(f"row {number}", "it is empty"))
                continue

            is_first = head_rows == self.head.rows > 0
            if not is_first and _is_comment(row, self.dialect.comment):
                self.skipped.append(Skipped(f"row {number}", COMMENT, ignored=True))
                continue

            if head_rows:
                head_rows -= 1
                continue

            if len(row) != self.width:
                self._take_ragged(number, row)
                continue

            self.waiting.append(row)
            self.numbers.append(number)

            if (
                len(self.waiting) * self.width >= CHUNK_CELLS
                or rows.characters - self.converted >= CHUNK_CHARACTERS
            ):
                self.converted = rows.characters
                self._finish_chunk()

            if self.most is not None and len(self.numbers) >= self.most:
                return False

        return True

    def _cells(self) -> int:
        return self.width - self.cut_last

    def _take_ragged(self, number: int, row: list[str]) -> None:
        """Mends a row of another width where nothing is lost by it, else lists it as skipped."""
        if self.cut_last and len(row) == self.width - 1:
            self.waiting.append([*row, ""])
            self.numbers.append(number)
            return

        surplus = row[self.width :]
        if surplus and not any(cell.strip() for cell in surplus):  # only delimiters at the end
            self.waiting.append(row[: self.width])
            self.numbers.append(number)
            return

        cells = "1 cell" if len(row) == 1 else f"{len(row):,} cells"
        self.skipped.append(Skipped(f"row {number}", f"it has {cells}, not {self._cells():,}"))

    def _finish_chunk(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
        import pyarrow.compute as pc  # noqa: PLC0415 - as above

        if not self.waiting:
            return

        self.check()
        for index, cells in enumerate(zip(*self.waiting, strict=True)):
            array = pc.utf8_trim_whitespace(pa.array(cells, pa.large_string()))
            self.chunks[index].append(array)
            self.growth.add(array.nbytes)

        self.waiting = []

    def _table(self, complete: bool, estimated: int) -> Table:
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        names, notes = unique_names(self.names)
        style = self.dialect.style
        empty = pa.array([], pa.large_string())

        columns = []
        units = [*self.units, *[""] * len(names)]
        for index, name in enumerate(names):
            chunks = self.chunks[index]
            joined = pa.concat_arrays(chunks) if len(chunks) > 1 else (*chunks, empty)[0]
            self.chunks[index] = []  # of a large table both would not fit into memory
            columns.append(Column(name, style, joined, known_unit=units[index]))

        return Table(
            os.fspath(self.file.path),
            tuple(columns),
            np.array(self.numbers, np.int64),
            self.dialect,
            tuple(self.skipped),
            (*self.notes, *notes),
            complete,
            estimated,
        )
