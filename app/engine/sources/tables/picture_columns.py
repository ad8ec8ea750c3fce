"""Which columns of a plain table name picture files, their classes and their splits."""

from __future__ import annotations

import difflib
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.sources.format import unusable
from app.engine.sources.tables.roles import SPLIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLASS_NAMES = (
    "label",
    "labels",
    "class",
    "classes",
    "class_name",
    "target",
    "category",
    "y",
    "klasse",
    "kategorie",
    "species",
    "breed",
    "type",
    "kind",
    "name",
)
"""Names of columns that are taken for the class, the likeliest first."""

SEARCHED_COLUMNS = 60
"""Files are looked for in so many columns from the left."""

SEARCHED_FOLDERS = 50
"""Files are looked for in the table's folder and so many below it."""

SAMPLED_ROWS = 200
"""So many rows, evenly spread, decide which column names files."""

REMEDY = (
    "The table needs a column of picture files, found from the table's own folder, and a column of "
    "classes."
)


def path_of_cell(cell: str) -> str:
    """Returns the path that a cell names, as this system writes it; "~" is the person's folder."""
    path = cell.replace("\\", "/") if os.sep == "/" else cell
    return path if "\0" in path else os.path.expanduser(path)


@dataclass(frozen=True)
class FilePattern:
    """How a cell becomes a path: a folder before it and an ending after it."""

    folder: str
    ending: str

    def path(self, cell: str) -> str:
        return os.path.join(self.folder, path_of_cell(cell) + self.ending)


@dataclass(frozen=True)
class FileColumn:
    """The column of a table that names picture files, by its index, and how it does."""

    index: int
    pattern: FilePattern


@dataclass(frozen=True)
class PictureTable:
    """Rows of trimmed texts under the names of their columns ("column 2" where there are none).

    first_row: the number of the first row in the file, from 1.
    """

    path: Path
    column_names: tuple[str, ...]
    rows: list[list[str]]
    first_row: int
    files: FileColumn


def find_file_column(folder: Path, rows: list[list[str]]) -> FileColumn | None:
    """Finds the column whose cells are files, from the table's folder or one below it.

    The ending may be left out in the cells. Then most of them must be files: a column of numbers
    beside a folder with 1.png is not.
    """
    sample = rows[:: max(1, len(rows) // SAMPLED_ROWS)][:SAMPLED_ROWS]
    width = min(SEARCHED_COLUMNS, len(rows[0]) if rows else 0)
    below = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    folders = [str(folder), *below[:SEARCHED_FOLDERS]]

    best: FileColumn | None = None
    most = 0
    for ending, base in itertools.product(("", ".jpg", ".png", ".jpeg"), folders):
        pattern = FilePattern(base, ending)
        for column in range(width):
            cells = [
                row[column] for row in sample if column < len(row) and 0 < len(row[column]) < 1000
            ]
            if ending == "":
                cells = [cell for cell in cells if os.path.splitext(cell)[1].lower() in PICTURES]

            hits = 0
            if any(_is_file(pattern.path(cell)) for cell in cells[:20]):
                hits = sum(_is_file(pattern.path(cell)) for cell in cells)

            # The first cell may be the column's name.
            if ending and (hits < 2 or 2 * hits < len(sample) - 1):
                continue

            if hits > most:
                best = FileColumn(column, pattern)
                most = hits

    return best


def _is_file(path: str) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:  # a zero byte in it
        return False


def picture_table(path: Path, rows: list[list[str]], files: FileColumn) -> PictureTable:
    """Puts the rows under the names of their columns; a first row that names a picture is none."""
    first = rows[0]
    headless = len(first) > files.index and os.path.isfile(files.pattern.path(first[files.index]))
    if headless:
        numbered = tuple(f"column {number}" for number in range(1, len(first) + 1))
        return PictureTable(path, numbered, rows, 1, files)

    return PictureTable(path, tuple(first), rows[1:], 2, files)


def find_class_column(table: PictureTable, target: str | None) -> int:
    """Finds the column of classes: the target, else by name, else by the fewest distinct cells.

    Raises UserError when there is no such column, or none that could be it.
    """
    names = table.column_names
    if target is not None:
        if target in names:
            return names.index(target)

        near = difflib.get_close_matches(target, names, n=1)
        known = ", ".join(f"'{name}'" for name in names)
        raise UserError(
            f"'{readable(table.path)}' has no column '{target}'.",
            f"Did you mean '{near[0]}'?" if near else f"Choose one of: {known}.",
            "data.target",
        )

    plain_names = [name.lower().replace(" ", "_") for name in names]
    for word in CLASS_NAMES:
        if word in plain_names and plain_names.index(word) != table.files.index:
            return plain_names.index(word)

    others = [column for column in range(len(names)) if column != table.files.index]
    candidates = []
    for column in others:
        distinct = {row[column] for row in table.rows if column < len(row) and row[column]}
        names_splits = all(split_of(cell) != UNASSIGNED for cell in distinct)
        if not names_splits and 2 <= len(distinct) <= max(2, len(table.rows) // 2):
            candidates.append((len(distinct), column))

    if candidates:
        return min(candidates)[1]
    if len(others) == 1:
        return others[0]

    if not others:
        raise unusable(
            table.path, "has only one column, so nothing can be predicted from it", REMEDY
        )

    raise UserError(
        f"It is not clear which column of '{readable(table.path)}' names the class.",
        "Choose it.",
        "data.target",
    )


def find_split_column(table: PictureTable, class_column: int) -> int | None:
    """Finds the column that says training, validation or test, if most of its cells do."""
    names = [name.lower() for name in table.column_names]
    named: Sequence[int] = [column for column, name in enumerate(names) if name in SPLIT_NAMES]
    for column in named or range(len(names)):
        cells = [row[column] for row in table.rows if column < len(row) and row[column]]
        fitting = sum(split_of(cell) != UNASSIGNED for cell in cells)
        if column not in (table.files.index, class_column) and fitting > 0.9 * len(cells):
            return column

    return None
