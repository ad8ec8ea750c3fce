"""The rows of a table of files that name a file and its class."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.numbers import INFINITE, NumberStyle
from app.engine.data.splits import split_of
from app.engine.sources.file_lists.columns import class_candidates, find_split_column, is_class_name
from app.engine.sources.file_lists.finder import MISSING, NoSuchFile
from app.engine.sources.format import Check, no_check
from app.engine.sources.stamps import Stamp, stamp
from app.engine.sources.tables.columns import Column
from app.engine.text import names_text

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.file_lists.columns import FileTable

MOST_OTHERS = 3
"""So many other columns that could be the class are named."""


@dataclass(frozen=True)
class ClassRow:
    """A row that names a file and its class.

    name: what the file is called, for a person. split: the index in SPLITS, else UNASSIGNED.
    folder: that it stands in, "" where all stand in one.
    """

    path: Path
    name: str
    label: str
    split: int
    folder: str
    stamp: Stamp


@dataclass(frozen=True)
class ClassRows:
    """The rows of a table.

    rows: those that name a file and a class. skipped: the others, with their numbers. several: how
    many of them name a file again that has another class in an earlier row.
    """

    rows: list[ClassRow]
    skipped: list[Skipped]
    several: int


def class_rows(
    table: FileTable, class_column: int, source: str, check: Check = no_check
) -> ClassRows:
    """Returns the rows of a table that name a file and a class, the first one of each file.

    source: what was opened, below which files are named. Raises whatever `check` raises.
    """
    split_column = find_split_column(table, class_column)
    root = source if os.path.isdir(source) else os.path.dirname(source)
    found: list[ClassRow] = []
    skipped: list[Skipped] = []

    cells = _names_without_infinities([table.cell(row, class_column) for row in table.rows])
    first_rows: dict[Path, tuple[int, str]] = {}
    several = 0
    rows = zip(table.numbers, table.rows, cells, table.finders, table.splits, strict=True)
    for number, row, label, finder, folder_split in rows:
        check()
        if not any(row):
            continue

        cell = table.cell(row, table.file_column)
        if not cell or not label:
            missing = f"no {'file' if not cell else 'class'}"
            skipped.append(Skipped(cell or f"row {number}", f"row {number} names {missing}"))
            continue

        try:
            path = finder.find(cell)
            file_stamp = stamp(path)
        except (NoSuchFile, OSError, ValueError) as error:
            reason = error.reason if isinstance(error, NoSuchFile) else MISSING
            skipped.append(Skipped(cell, f"{reason} (row {number})"))
            continue

        if path in first_rows:
            first, known = first_rows[path]
            other = "" if label == known else f" as '{label}', and not '{known}'"
            several += label != known
            skipped.append(Skipped(cell, f"row {number} names it again{other}, after row {first}"))
            continue

        first_rows[path] = number, label
        split = folder_split
        if split_column is not None:
            split = split_of(table.cell(row, split_column))

        name = name_of_file(cell, path, root)
        found.append(ClassRow(path, name, label, split, os.path.dirname(name), file_stamp))

    if len({row.folder for row in found}) == 1:
        found = [replace(row, folder="") for row in found]

    return ClassRows(found, skipped, several)


def _names_without_infinities(cells: list[str]) -> list[str]:
    """Returns trimmed cells that name something as `Column.finite_texts` does."""
    if not any(cell.lower() in INFINITE for cell in cells):
        return cells

    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    column = Column("", NumberStyle(), pa.array(cells, pa.large_string()))
    names: list[str] = column.finite_texts.to_pylist()
    return names


def name_of_file(cell: str, path: Path, root: str) -> str:
    """Returns what a file is called: as the table does, or by its path below the source."""
    below = os.path.relpath(path, root)
    return readable(cell if below.startswith("..") else below)


def reading_note(table: FileTable, class_column: int) -> str:
    """Returns sentences on where files and classes stand, and on what else could be the class."""
    name = table.column_names[class_column]
    note = f"The class is in '{name}', the file in '{table.column_names[table.file_column]}'"
    note += f" ({table.reading})."
    if is_class_name(name):
        return note

    first, *rest = class_candidates(table) or (class_column,)
    if not rest or first != class_column:  # the only one, or the person chose it
        return note

    others = names_text([table.column_names[column] for column in rest], MOST_OTHERS)
    return f"{note} Where it is in {others}, choose that as the target."
