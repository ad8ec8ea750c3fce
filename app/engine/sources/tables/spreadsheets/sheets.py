"""Spreadsheets: Excel and OpenDocument. A process of its own reads them; see `process`."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import NumberStyle, plain
from app.engine.errors import UserError
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.columns import Column, Table
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.prologue import LOOKED_AT, Prologue, rows_above
from app.engine.sources.tables.spreadsheets.process import Moment, SheetProcess, SheetTooLarge
from app.engine.sources.tables.written.column_names import unique_names
from app.engine.sources.tables.written.footer import without_footer
from app.engine.sources.tables.written.head import Head, find_head
from app.engine.sources.tables.written.number_style import SAMPLE_CELLS, SHEET, find_style
from app.engine.text import count_text, names_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

SAMPLE_ROWS = 400
"""Rows from which the header is found out."""

COLUMNS_PER_CHECK = 500

ROW_BYTES = 100
"""Bytes that a row takes in memory beside its cells, about."""


def read_sheet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads one sheet of a spreadsheet; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    sheet = _read(path, data, check, most)
    numbered = sheet.rows
    if not numbered:
        raise unusable(
            path,
            f"has nothing in its sheet '{sheet.name}'",
            "Choose another sheet, or another file.",
        )

    above = _above(sheet, data)
    title = next((words for _, row in numbered[:above] if (words := _words(row))), "")
    numbered = numbered[above:]
    texts = [[_text(cell) for cell in row] for _, row in numbered[:SAMPLE_ROWS]]
    head = find_head(texts, NumberStyle(), data)
    body = numbered[head.rows :]
    filled = _fill_merged(sheet.merged, body)

    sampled = body[:: max(1, len(body) // SAMPLE_CELLS)]
    style = find_style(
        [_typed_texts(sampled, index) for index in range(sheet.width)],
        SHEET,
        data.decimal,
        data.thousands,
    )
    names, notes = unique_names(head.names or [""] * sheet.width)
    prologue = Prologue(numbered[0][0] - 1 if above and numbered else 0, title)
    notes = [*sheet.notes(data), *filter(None, [prologue.note]), *head.notes, *notes]
    if filled:
        verb = (
            "has the value of the one that it is"
            if filled == 1
            else ("have the value of the ones that they are")
        )
        notes.append(f"{count_text(filled, 'empty cell')} {verb} merged with.")

    columns = []
    units = [*head.units, *[""] * sheet.width]
    for index, name in enumerate(names):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        column = _column(name, style, [row[index] for _, row in body])
        columns.append(replace(column, known_unit=units[index]))

    complete = sheet.most is None or sheet.total_rows <= sheet.most + 1
    table = Table(
        os.fspath(path),
        tuple(columns),
        np.array([number for number, _ in body], np.int64),
        _dialect(sheet, head, prologue, style),
        (),
        tuple(notes),
        complete,
        len(body) if complete else max(len(body), sheet.total_rows - head.rows),
    )
    return without_footer(table, data)


def _above(sheet: _Sheet, data: DataSettings) -> int:
    """Returns how many rows with something in them stand above the names."""
    if data.skip_rows is not None:
        return sum(number <= data.skip_rows for number, _ in sheet.rows)

    return rows_above([[_text(cell) for cell in row] for _, row in sheet.rows[:LOOKED_AT]])


def _words(row: Sequence[Any]) -> str:
    return " ".join(filter(None, map(_text, row)))


def _fill_merged(merged: Sequence[Sequence[int]], body: list[tuple[int, list[Any]]]) -> int:
    """Fills empty cells that were merged with one above them; returns how many there were."""
    places = {number: index for index, (number, _) in enumerate(body)}
    count = 0
    for top, bottom, column in merged:
        first = places.get(top)
        if first is None or column >= len(body[first][1]):
            continue

        value = body[first][1][column]
        for number, row in itertools.islice(body, first + 1, None):
            if number > bottom:
                break
            if row[column] in ("", None) and value not in ("", None):
                row[column] = value
                count += 1

    return count


@dataclass(frozen=True)
class _Sheet:
    """The cells of a sheet. reason: why it is this one. most: rows that were read below the first.

    rows: those with something in them, with their numbers from 1, all of one width. total_rows: of
    the whole sheet. merged: first and last row from 1, and column from 0.
    """

    name: str
    reason: str
    all_names: tuple[str, ...]
    total_rows: int
    most: int | None
    rows: list[tuple[int, list[Any]]] = field(repr=False)
    merged: list[list[int]] = field(default_factory=list, repr=False)

    @property
    def width(self) -> int:
        return len(self.rows[0][1])

    def notes(self, data: DataSettings) -> list[str]:
        """Returns a sentence on the other sheets, where nobody chose one."""
        others = [name for name in self.all_names if name != self.name]
        if not others or data.sheet is not None:
            return []

        return [f"Read is the sheet '{self.name}'; there are also {names_text(others)}."]


def _dialect(sheet: _Sheet, head: Head, prologue: Prologue, style: NumberStyle) -> Dialect:
    """Returns how a sheet is written, as chosen or as its first rows suggest."""
    return Dialect(
        "spreadsheet",
        head.header,
        style,
        sheet=sheet.name,
        sheets=sheet.all_names,
        reasons={
            "sheet": f"'{sheet.name}': {sheet.reason}",
            "skip_rows": prologue.words,
            **head.reasons,
        },
        skip_rows=prologue.lines,
        second_row=head.second,
    )


def _read(path: Path, data: DataSettings, check: Check, most: int | None) -> _Sheet:
    """Reads a sheet as it is, and where it is too large once more without wide gaps in it."""
    with SheetProcess(path, data.sheet, most, check) as process:
        try:
            return _gather(path, data, process.messages())
        except SheetTooLarge as error:
            too_large = error

    with SheetProcess(path, data.sheet, most, check, narrow=True) as process:
        try:
            return _gather(path, data, process.messages())
        except SheetTooLarge:
            raise too_large from None


def _gather(path: Path, data: DataSettings, messages: Iterator[Any]) -> _Sheet:
    """Returns the sheet that the messages of its process tell. Raises what they raise."""
    found = next(messages)
    all_names = tuple(found["sheets"])
    _refuse_unknown(path, all_names, data)
    head = next(messages)
    name = head["sheet"]
    reason = _reason(name, all_names, found["hidden"], data)
    width: int = head["width"]

    growth = Growth(path)
    rows: list[tuple[int, list[Any]]] = []
    for message in messages:
        if isinstance(message, dict):
            break

        # The cells themselves are counted where they arrive.
        growth.add(len(message) * (8 * width + ROW_BYTES))
        rows += [(number, [*row, *[""] * (width - len(row))]) for number, row in message]

    return _Sheet(name, reason, all_names, head["total"], head["most"], rows, head["merged"])


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


def _text(cell: Any) -> str:
    """Returns a cell as text, as a person would write it in a CSV file."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, (int, float)):
        return plain(float(cell))
    if isinstance(cell, Moment):
        return cell.text

    return "" if cell is None else str(cell).strip()


def _typed_texts(rows: list[tuple[int, list[Any]]], index: int) -> list[str]:
    """Returns the cells of a column that are texts: only of them the number style is in doubt."""
    return [row[index].strip() for _, row in rows if isinstance(row[index], str)]


def _column(name: str, style: NumberStyle, cells: list[Any]) -> Column:
    """Returns a column of numbers where the sheet has nothing else in it, else one of texts."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    numbers = [
        cell for cell in cells if isinstance(cell, (int, float)) and not isinstance(cell, bool)
    ]
    if numbers and len(numbers) == sum(cell not in ("", None) for cell in cells):
        values = np.array(
            [float(cell) if isinstance(cell, (int, float)) else np.nan for cell in cells]
        )
        return Column(name, style, values=values)

    texts = [_text(cell) for cell in cells]
    has_texts = any(isinstance(cell, str) and cell for cell in cells)
    if numbers and has_texts and style.decimal == ",":
        # The numbers are written like the texts among them.
        texts = [
            text.replace(".", ",") if isinstance(cell, float) else text
            for cell, text in zip(cells, texts, strict=True)
        ]

    return Column(name, style, pa.array(texts, pa.large_string()))
