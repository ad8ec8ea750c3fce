"""Which columns of a plain table name files, their classes and their splits."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.sources.format import unusable
from app.engine.sources.tables.roles import SPLIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.sources.file_lists.finder import FileFinder

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
    "dx",
    "diagnosis",
    "disease",
    "finding",
    "emotion",
    "expression",
    "genre",
    "sentiment",
    "variety",
    "topic",
    "name",
)
"""Names of columns that are taken for the class, the likeliest first."""

SEARCHED_COLUMNS = 60
"""Files are looked for in so many columns from the left."""

SAMPLED_ROWS = 200
"""So many rows, evenly spread, decide which column names files."""

MOST_GAPS = 0.2
"""Share of rows above which a column with empty cells is rather a remark than the class."""

REMEDY = (
    "The table needs a column of files, found from the table's own folder, and a column of classes."
)


@dataclass(frozen=True)
class FileTable:
    """Rows of trimmed texts under the names of their columns ("column 2" where there are none).

    path: of the table, or of the first of several. header: whether the names stand in it. numbers:
    of the rows in their file, from 1. finders: of the files of each row. splits: of the rows whose
    table stands in the folder of a split, the index in SPLITS, else UNASSIGNED. file_column: the
    index of the column of files. reading: how it was read, for a person.
    """

    path: Path
    column_names: tuple[str, ...]
    header: bool
    rows: list[list[str]]
    numbers: list[int]
    finders: list[FileFinder]
    splits: list[int]
    file_column: int
    reading: str = ""

    def cell(self, row: list[str], column: int) -> str:
        return row[column] if column < len(row) else ""


def find_file_column(finder: FileFinder, rows: list[list[str]], by_stem: bool = True) -> int | None:
    """Finds the column whose cells are files.

    by_stem: the ending may be left out in the cells. Then most of them must be files: a column of
    numbers beside a folder with 1.png is not. Of several columns, that with the most different
    files.
    """
    sample = rows[:: max(1, len(rows) // SAMPLED_ROWS)][:SAMPLED_ROWS]
    best = None
    most = 0
    for column in range(min(SEARCHED_COLUMNS, len(rows[0]) if rows else 0)):
        cells = [row[column] for row in sample if column < len(row) and row[column]]
        named = [cell for cell in cells if finder.has_suffix(cell)]
        if not named and not (by_stem and finder.any_file_is_there):
            continue

        found = {path for cell in named or cells if (path := finder.finds(cell))}

        # The first cell may be the column's name.
        if not named and (len(found) < 2 or 2 * len(found) < len(sample) - 1):
            continue
        if len(found) > most:
            best = column
            most = len(found)

    return best


def headed(first: list[str], finder: FileFinder, file_column: int) -> bool:
    """Returns whether a first row has the names of the columns: one that names a file has not."""
    return len(first) <= file_column or finder.finds(first[file_column]) is None


def find_class_column(table: FileTable, target: str | None) -> int:
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

    plain_names = [_plain(name) for name in names]
    for word in CLASS_NAMES:
        if word in plain_names and plain_names.index(word) != table.file_column:
            return plain_names.index(word)

    candidates = class_candidates(table)
    if candidates:
        return candidates[0]

    others = [column for column in range(len(names)) if column != table.file_column]
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


def is_class_name(name: str) -> bool:
    """Returns whether a column is called as columns of classes are."""
    return _plain(name) in CLASS_NAMES


def _plain(name: str) -> str:
    return name.lower().replace(" ", "_")


def class_candidates(table: FileTable) -> list[int]:
    """Returns the columns whose cells could be classes, the likeliest first.

    That is the one with the fewest distinct cells; columns with many empty cells come last.
    """
    found = []
    for column in range(len(table.column_names)):
        if column == table.file_column:
            continue

        cells = [cell for row in table.rows if (cell := table.cell(row, column))]
        distinct = set(cells)
        names_splits = all(split_of(cell) != UNASSIGNED for cell in distinct)
        if not names_splits and 2 <= len(distinct) <= max(2, len(table.rows) // 2):
            is_remark = len(cells) < (1 - MOST_GAPS) * len(table.rows)
            found.append((is_remark, len(distinct), column))

    return [column for _, _, column in sorted(found)]


def find_split_column(table: FileTable, class_column: int) -> int | None:
    """Finds the column that says training, validation or test, if most of its cells do."""
    names = [name.lower() for name in table.column_names]
    named: Sequence[int] = [column for column, name in enumerate(names) if name in SPLIT_NAMES]
    for column in named or range(len(names)):
        cells = [row[column] for row in table.rows if column < len(row) and row[column]]
        fitting = sum(split_of(cell) != UNASSIGNED for cell in cells)
        if column not in (table.file_column, class_column) and fitting > 0.9 * len(cells):
            return column

    return None
