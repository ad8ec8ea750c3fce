"""Spreadsheets: Excel and OpenDocument. A process of its own reads them; see `process`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from app.engine.errors import UserError
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.columns import Table
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.spreadsheets.layout import (
    Sheet,
    filled_notes,
    layout_of,
    sheet_column,
)
from app.engine.sources.tables.spreadsheets.merged import MergedCells
from app.engine.sources.tables.spreadsheets.process import SheetProcess, SheetTooLarge
from app.engine.sources.tables.written.footer import without_footer
from app.engine.sources.tables.written.number_style import SAMPLE_CELLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

Result = TypeVar("Result")

COLUMNS_PER_CHECK = 500

ROW_BYTES = 100
"""Bytes that a row takes in memory beside its cells, about."""


def read_sheet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads one sheet of a spreadsheet; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    sheet = with_sheet_process(
        path, data, most, check, lambda messages: _gather(path, data, messages)
    )
    return without_footer(table_of_sheet(path, sheet, data, check), data)


def table_of_sheet(path: Path, sheet: Sheet, data: DataSettings, check: Check) -> Table:
    """Returns the rows of a sheet as a table, what stands below it among them.

    Raises UserError for an empty sheet, and whatever `check` raises.
    """
    refuse_empty(path, sheet)
    layout = layout_of(sheet, data)
    body = sheet.rows[layout.above :]
    merged = MergedCells(sheet.merged)
    for number, row in body:
        merged.fill(number, row)

    layout = layout.with_style_of(body[:: max(1, len(body) // SAMPLE_CELLS)], data)
    columns = []
    for index, name in enumerate(layout.names):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        column = sheet_column(name, layout.style, [row[index] for _, row in body])
        columns.append(replace(column, known_unit=layout.units[index]))

    complete = sheet.most is None or sheet.total_rows <= sheet.most + 1
    return Table(
        os.fspath(path),
        tuple(columns),
        np.array([number for number, _ in body], np.int64),
        layout.dialect,
        (),
        (*layout.notes, *filled_notes(merged.filled)),
        complete,
        len(body) if complete else max(len(body), sheet.total_rows - layout.head.rows),
    )


def refuse_empty(path: Path, sheet: Sheet) -> None:
    """Raises UserError for a sheet without a row."""
    if not sheet.rows:
        raise unusable(
            path,
            f"has nothing in its sheet '{sheet.name}'",
            "Choose another sheet, or another file.",
        )


def with_sheet_process(
    path: Path,
    data: DataSettings,
    most: int | None,
    check: Check,
    take: Callable[[Iterator[Any]], Result],
) -> Result:
    """Reads a sheet as it is, and where it is too large once more without wide gaps in it.

    take: takes the messages of the process; what it returns is returned. Raises what `messages`
    and `take` raise.
    """
    with SheetProcess(path, data.sheet, most, check) as process:
        try:
            return take(process.messages())
        except SheetTooLarge as error:
            too_large = error

    with SheetProcess(path, data.sheet, most, check, narrow=True) as process:
        try:
            return take(process.messages())
        except SheetTooLarge:
            raise too_large from None


def _gather(path: Path, data: DataSettings, messages: Iterator[Any]) -> Sheet:
    """Returns the sheet that the messages of its process tell. Raises what they raise."""
    sheet, width = begun_sheet(path, data, messages)
    growth = Growth(path)
    for rows in rows_told(messages, width):
        # The cells themselves are counted where they arrive.
        growth.add(len(rows) * (8 * width + ROW_BYTES))
        sheet.rows.extend(rows)

    return sheet


def begun_sheet(path: Path, data: DataSettings, messages: Iterator[Any]) -> tuple[Sheet, int]:
    """Returns the sheet that the first messages tell, without its rows, and its width.

    Raises UserError where the sheet that is chosen is not there, and what the messages raise.
    """
    found = next(messages)
    all_names = tuple(found["sheets"])
    _refuse_unknown(path, all_names, data)
    head = next(messages)
    name = head["sheet"]
    reason = _reason(name, all_names, found["hidden"], data)
    sheet = Sheet(name, reason, all_names, head["total"], head["most"], [], head["merged"])
    return sheet, int(head["width"])


def rows_told(messages: Iterator[Any], width: int) -> Iterator[list[tuple[int, list[Any]]]]:
    """Yields the rows that the further messages tell, all of one width, some at a time."""
    for message in messages:
        if isinstance(message, dict):
            return

        yield [(number, [*row, *[""] * (width - len(row))]) for number, row in message]


def _refuse_unknown(path: Path, sheets: tuple[str, ...], data: DataSettings) -> None:
    """Raises UserError where the sheet that is chosen is not there, or none is."""
    if not sheets:
        raise unusable(path, "has no sheet", "Choose another file.")

    if data.sheet is not None and data.sheet not in sheets:
        known = ", ".join(f"'{sheet}'" for sheet in sheets[:10])
        raise UserError(
            f"'{path.name}' has no sheet '{data.sheet}'.", f"Choose one of: {known}.", "data.sheet"
        )


def _reason(name: str, sheets: tuple[str, ...], hidden: Sequence[str], data: DataSettings) -> str:
    """Returns why it is this sheet that is read."""
    if data.sheet is not None:
        return "as chosen"
    if len(sheets) == 1:
        return "the only sheet"
    if name == sheets[0]:
        return f"the first of {len(sheets)} sheets"

    return "a hidden sheet, the only table" if name in hidden else "the first sheet with a table"
