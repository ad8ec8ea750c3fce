"""Spreadsheets: Excel and OpenDocument. A process of its own reads them; see `process`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import NumberStyle, find_style, plain
from app.engine.errors import UserError
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.columns import Column, Dialect, Table, unique_names
from app.engine.sources.tables.delimiters import has_header
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.spreadsheets.process import Moment, SheetProcess, SheetTooLarge
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

SAMPLE_ROWS = 400
"""Rows from which header and number style are found out."""

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

    texts = [[_text(cell) for cell in row] for _, row in numbered[:SAMPLE_ROWS]]
    width = len(texts[0])
    style = find_style(
        [_typed_texts(numbered[1:SAMPLE_ROWS], index) for index in range(width)],
        ";",
        data.decimal,
        data.thousands,
    )

    dialect = _dialect(sheet, texts, style, data)
    names, notes = unique_names(texts[0] if dialect.header else [""] * width)
    body = numbered[1:] if dialect.header else numbered

    columns = []
    for index, name in enumerate(names):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        columns.append(_column(name, style, [row[index] for _, row in body]))

    others = [name for name in sheet.all_names if name != sheet.name]
    if others and data.sheet is None:
        notes.insert(0, f"Read is the sheet '{sheet.name}'; there are also {names_text(others)}.")

    total = sheet.total_rows or len(body)
    return Table(
        os.fspath(path),
        tuple(columns),
        np.array([number for number, _ in body], np.int64),
        dialect,
        (),
        tuple(notes),
        sheet.most is None or total <= sheet.most + 1,
        max(len(body), total - dialect.header),
    )


@dataclass(frozen=True)
class _Sheet:
    """The cells of a sheet. reason: why it is this one. most: rows that were read below the first.

    rows: those with something in them, with their numbers from 1, all of one width. total_rows: of
    the whole sheet.
    """

    name: str
    reason: str
    all_names: tuple[str, ...]
    total_rows: int
    most: int | None
    rows: list[tuple[int, list[Any]]] = field(repr=False)


def _dialect(
    sheet: _Sheet, sample: list[list[str]], style: NumberStyle, data: DataSettings
) -> Dialect:
    """Returns how a sheet is written, as chosen or as its first rows suggest."""
    header, header_reason = (
        has_header(sample, NumberStyle()) if data.header is None else (data.header, "as chosen")
    )
    first_row = "has the names" if header else "is an example"

    return Dialect(
        "spreadsheet",
        header,
        style,
        sheet=sheet.name,
        sheets=sheet.all_names,
        reasons={
            "sheet": f"'{sheet.name}': {sheet.reason}",
            "header": f"the first row {first_row}: {header_reason}",
        },
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

    return _Sheet(name, reason, all_names, head["total"], head["most"], rows)


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
