"""Spreadsheets: what their process reads goes to the disk, and is gone through there."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from app.engine.files import disk_error
from app.engine.sources.tables.columns import Table
from app.engine.sources.tables.parted.parted_file import ROWS, PartedFile
from app.engine.sources.tables.spreadsheets.child import line_of
from app.engine.sources.tables.spreadsheets.layout import (
    SAMPLE_ROWS,
    Content,
    Sheet,
    SheetLayout,
    layout_of,
    sheet_column,
)
from app.engine.sources.tables.spreadsheets.merged import MergedCells
from app.engine.sources.tables.spreadsheets.process import Moment, moments_read
from app.engine.sources.tables.spreadsheets.sheets import (
    begun_sheet,
    refuse_empty,
    rows_told,
    table_of_sheet,
    with_sheet_process,
)
from app.engine.sources.tables.written.footer import without_footer
from app.engine.sources.tables.written.number_style import SAMPLE_CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check

    NumberedRow = tuple[int, list[Any]]

FIRST_ROWS = 2 * SAMPLE_ROWS
"""Rows from which it is found out how a sheet is written, behind those that are to be skipped."""


class SheetFile(PartedFile):
    """A sheet of Excel or OpenDocument. The reader's process holds all of it, this one a part."""

    def __init__(self, path: Path, check: Check) -> None:
        super().__init__(path, check)
        self._spools: dict[tuple[str | None, int | None], _Spool] = {}
        self._surveyed: tuple[DataSettings, SheetLayout, list[Content]] | None = None

    def beginning(self, data: DataSettings) -> Table:
        spool = self._spool(data)
        first = replace(spool.sheet, rows=[(number, [*row]) for number, row in spool.sheet.rows])
        return table_of_sheet(self.path, first, data, self.check)

    def parts(self, data: DataSettings) -> Iterator[Table]:
        spool = self._spool(data)
        layout, contents = self._survey(data)
        rows = _body(spool, layout)
        while portion := list(itertools.islice(rows, ROWS)):
            self.check()
            columns = []
            for index, name in enumerate(layout.names):
                cells = [row[index] for _, row in portion]
                column = sheet_column(name, layout.style, cells, contents[index])
                columns.append(replace(column, known_unit=layout.units[index]))

            numbers = np.array([number for number, _ in portion], np.int64)
            yield Table(os.fspath(self.path), tuple(columns), numbers, layout.dialect)

    def finished(self, sample: Table, data: DataSettings) -> Table:
        return without_footer(sample, data)  # the style is known of all rows

    def close(self) -> None:
        for spool in self._spools.values():
            spool.close()

    def _spool(self, data: DataSettings) -> _Spool:
        key = data.sheet, data.skip_rows
        if key not in self._spools:
            self._spools[key] = with_sheet_process(
                self.path, data, None, self.check, lambda messages: self._taken(data, messages)
            )

        return self._spools[key]

    def _taken(self, data: DataSettings, messages: Iterator[Any]) -> _Spool:
        sheet, width = begun_sheet(self.path, data, messages)
        spool = _Spool(sheet, FIRST_ROWS + (data.skip_rows or 0))
        for rows in rows_told(messages, width):
            spool.add(rows)

        refuse_empty(self.path, sheet)
        return spool

    def _survey(self, data: DataSettings) -> tuple[SheetLayout, list[Content]]:
        """Returns the layout with its style, and what every column is, from all rows."""
        if self._surveyed is not None and self._surveyed[0] == data:
            return self._surveyed[1:]

        spool = self._spool(data)
        layout = layout_of(spool.sheet, data)
        contents = [Content() for _ in layout.names]
        sample: list[NumberedRow] = []
        step = 1
        place = 0
        rows = _body(spool, layout)
        while portion := list(itertools.islice(rows, ROWS)):
            self.check()
            for index, cells in enumerate(zip(*(row for _, row in portion), strict=True)):
                contents[index].see(cells)

            sample += [row for at, row in enumerate(portion, place) if at % step == 0]
            place += len(portion)
            while len(sample) > 2 * SAMPLE_CELLS:
                sample = sample[::2]
                step *= 2

        layout = layout.with_style_of(sample, data)
        self._surveyed = data, layout, contents
        return layout, contents


def _body(spool: _Spool, layout: SheetLayout) -> Iterator[NumberedRow]:
    """Yields the rows of a sheet that are examples, merged cells filled."""
    merged = MergedCells(spool.sheet.merged)
    for number, row in itertools.islice(spool, layout.above, None):
        merged.fill(number, row)
        yield number, row


class _Spool:
    """The rows of a sheet in a file without a name. sheet: with its first rows, at most `first`."""

    def __init__(self, sheet: Sheet, first: int) -> None:
        self.sheet = sheet
        self._first = first
        self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115 - kept open
            prefix="netwright-sheet-"
        )
        self.close = weakref.finalize(self, self._file.close)

    def add(self, rows: list[NumberedRow]) -> None:
        """Takes rows in. Raises UserError where the disk is full."""
        missing = max(0, self._first - len(self.sheet.rows))
        self.sheet.rows.extend((number, [*row]) for number, row in rows[:missing])
        try:
            self._file.write(line_of(rows, _plain))
        except OSError as error:
            raise disk_error(error, Path(tempfile.gettempdir())) from error

    def __iter__(self) -> Iterator[NumberedRow]:
        self._file.seek(0)
        for line in self._file:
            yield from json.loads(line, object_hook=moments_read)


def _plain(cell: Moment) -> dict[str, str]:
    return {"moment": cell.text}
