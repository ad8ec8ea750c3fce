"""A table of columns that the file itself has types for."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.numbers import NumberStyle
from app.engine.sources.tables.columns import Column, Table
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.written.column_names import unique_names
from app.engine.sources.tables.written.number_style import SHEET, with_style
from app.engine.text import list_text, names_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.tables.arrow_cells import Cells


def table_of_cells(
    path: Path,
    sort: str,
    data: DataSettings,
    cells: Sequence[Cells],
    rows: int,
    total: int,
    check: Check,
) -> Table:
    """Returns the table of columns that are converted, in their order.

    sort: of the file, for a person. total: rows of the file, of which `rows` were read. Raises
    whatever `check` raises.
    """
    names, notes = unique_names([column.name for column in cells])
    spans = [name for name, column in zip(names, cells, strict=True) if column.unit]
    if spans:
        notes.append(f"{names_text(spans)}: times, read in seconds.")

    notes += place_notes([column.list_name for column in cells])
    plain = NumberStyle()
    columns, style = with_style(
        [column_of(name, column, plain) for name, column in zip(names, cells, strict=True)],
        SHEET,
        data,
        check,
    )
    return Table(
        os.fspath(path),
        tuple(columns),
        np.arange(1, rows + 1),
        Dialect(sort, True, style),
        (),
        tuple(notes),
        rows == total,
        total,
    )


def column_of(name: str, cells: Cells, style: NumberStyle) -> Column:
    """Returns the column of a table that holds converted cells."""
    content = cells.content
    numbers = isinstance(content, np.ndarray)
    return Column(
        name,
        style,
        None if numbers else content,
        content if numbers else None,
        bool(cells.nested),
        known_unit=cells.unit,
        list_name=cells.list_name,
        nominal=cells.nominal,
        separator=cells.separator,
        unread=cells.nested,
    )


def place_notes(list_names: Sequence[str]) -> list[str]:
    """Returns a sentence on lists whose places are columns. list_names: of each, "" for others."""
    lengths = Counter(name for name in list_names if name)
    if not lengths:
        return []

    shown = [f"'{name}' with {length:,} numbers" for name, length in lengths.items()]
    return [f"Lists, a column for every place: {list_text(shown)}."]
