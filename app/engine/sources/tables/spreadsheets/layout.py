"""How a sheet is written: what stands above its rows, what its columns are called, their style."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import NumberStyle, plain
from app.engine.sources.tables.columns import Column
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.prologue import LOOKED_AT, Prologue, rows_above
from app.engine.sources.tables.spreadsheets.process import Moment
from app.engine.sources.tables.written.column_names import unique_names
from app.engine.sources.tables.written.head import Head, find_head
from app.engine.sources.tables.written.number_style import SHEET, find_style
from app.engine.text import count_text, names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings

SAMPLE_ROWS = 400
"""Rows from which the header is found out."""


@dataclass(frozen=True)
class Sheet:
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


@dataclass(frozen=True)
class SheetLayout:
    """What is known of a sheet from its first rows.

    above: how many rows with something in them stand above the first example. names, units: of the
    columns. notes: sentences on all that.
    """

    head: Head
    above: int
    names: tuple[str, ...]
    units: tuple[str, ...]
    notes: tuple[str, ...]
    dialect: Dialect

    @property
    def style(self) -> NumberStyle:
        return self.dialect.style

    def with_style_of(
        self, rows: Sequence[tuple[int, Sequence[Any]]], data: DataSettings
    ) -> SheetLayout:
        """Returns it with the number style that some rows from all over the sheet suggest.

        Only of cells that are texts it is in doubt.
        """
        texts = [
            [row[index].strip() for _, row in rows if isinstance(row[index], str)]
            for index in range(len(self.names))
        ]
        style = find_style(texts, SHEET, data.decimal, data.thousands)
        return replace(self, dialect=replace(self.dialect, style=style))


def layout_of(sheet: Sheet, data: DataSettings) -> SheetLayout:
    """Returns how a sheet is written, as chosen or as its first rows suggest."""
    above = _above(sheet, data)
    title = next((words for _, row in sheet.rows[:above] if (words := _words(row))), "")
    numbered = sheet.rows[above:]
    texts = [[cell_text(cell) for cell in row] for _, row in numbered[:SAMPLE_ROWS]]
    head = find_head(texts, NumberStyle(), data)
    names, notes = unique_names(head.names or [""] * sheet.width)
    prologue = Prologue(numbered[0][0] - 1 if above and numbered else 0, title)
    dialect = Dialect(
        "spreadsheet",
        head.header,
        NumberStyle(),
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
    return SheetLayout(
        head,
        above + head.rows,
        tuple(names),
        tuple([*head.units, *[""] * sheet.width][: len(names)]),
        (*sheet.notes(data), *filter(None, [prologue.note]), *head.notes, *notes),
        dialect,
    )


def filled_notes(count: int) -> list[str]:
    """Returns a sentence on the cells that have the value of one above them."""
    if not count:
        return []

    verb = (
        "has the value of the one that it is"
        if count == 1
        else "have the value of the ones that they are"
    )
    return [f"{count_text(count, 'empty cell')} {verb} merged with."]


def _above(sheet: Sheet, data: DataSettings) -> int:
    """Returns how many rows with something in them stand above the names."""
    if data.skip_rows is not None:
        return sum(number <= data.skip_rows for number, _ in sheet.rows)

    return rows_above([[cell_text(cell) for cell in row] for _, row in sheet.rows[:LOOKED_AT]])


def _words(row: Sequence[Any]) -> str:
    return " ".join(filter(None, map(cell_text, row)))


# --- cells


def cell_text(cell: Any) -> str:
    """Returns a cell as text, as a person would write it in a CSV file."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, (int, float)):
        return plain(float(cell))
    if isinstance(cell, Moment):
        return cell.text

    return "" if cell is None else str(cell).strip()


@dataclass
class Content:
    """What the cells of a column are. numbers, others: whether any is; texts: of the others."""

    numbers: bool = False
    others: bool = False
    texts: bool = False

    @classmethod
    def of(cls, cells: Sequence[Any]) -> Content:
        content = cls()
        content.see(cells)
        return content

    def see(self, cells: Sequence[Any]) -> None:
        """Takes further cells into account."""
        for cell in cells:
            if isinstance(cell, (int, float)) and not isinstance(cell, bool):
                self.numbers = True
            elif cell not in ("", None):
                self.others = True
                self.texts = self.texts or isinstance(cell, str)


def sheet_column(
    name: str, style: NumberStyle, cells: list[Any], content: Content | None = None
) -> Column:
    """Returns a column of numbers where the sheet has nothing else in it, else one of texts.

    content: of the whole column, where these are some of its cells.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    content = content or Content.of(cells)
    if content.numbers and not content.others:
        values = np.array(
            [float(cell) if isinstance(cell, (int, float)) else np.nan for cell in cells]
        )
        return Column(name, style, values=values)

    texts = [cell_text(cell) for cell in cells]
    if content.numbers and content.texts and style.decimal == ",":
        # The numbers are written like the texts among them.
        texts = [
            text.replace(".", ",") if isinstance(cell, float) else text
            for cell, text in zip(cells, texts, strict=True)
        ]

    return Column(name, style, pa.array(texts, pa.large_string()))
