"""Tables in which a picture may have several classes: a row for each, or a column for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.sources.boxes.box_labels import BoxLabels
from app.engine.sources.file_lists.columns import CLASS_NAMES, find_split_column
from app.engine.sources.file_lists.finder import NoSuchFile
from app.engine.sources.file_lists.rows import name_of_file
from app.engine.sources.tables.roles import SPLIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.sources.file_lists.columns import FileTable
    from app.engine.sources.format import Check

BOXES = ({"xmin", "xmax"}, {"x_min", "x_max"}, {"x1", "x2"}, {"left", "right"}, {"bbox"})
"""Columns of which all stand in a table of boxes."""

YES = ("1", "1.0", "true", "yes")
NO = ("0", "0.0", "false", "no")
"""What stands in the column of a class, in small letters."""


def has_boxes(table: FileTable) -> bool:
    """Returns whether the rows of a table are boxes on pictures: their sides are numbers."""
    names = [name.lower().replace(" ", "_") for name in table.column_names]
    for columns in BOXES:
        found = [names.index(name) for name in columns if name in names]
        if len(found) < len(columns):
            continue

        cells = [table.cell(row, column) for row in table.rows for column in found]
        if all(not cell or cell[:1] in "0123456789.-[" for cell in cells):
            return True

    return False


def class_columns(table: FileTable) -> tuple[int, ...]:
    """Returns the columns that say of one class each whether it is there; () where they do not.

    There are at least two, in all columns but those of files, splits and what is different in every
    row; a column that is named like a class decides against them.
    """
    found = []
    for index, name in enumerate(table.column_names):
        if index == table.file_column or name.lower() in SPLIT_NAMES:
            continue
        if name.lower() in CLASS_NAMES:
            return ()

        cells = [table.cell(row, index).lower() for row in table.rows]
        if all(cell in YES + NO for cell in cells):
            found.append(index)
        elif len(set(cells)) < len(cells):
            return ()

    return tuple(found) if len(found) > 1 else ()


def tags_of_rows(table: FileTable, class_column: int, source: str, check: Check) -> BoxLabels:
    """Returns the classes that the rows of each picture name."""
    return _labels(table, source, check, lambda row: (table.cell(row, class_column),))


def tags_of_columns(
    table: FileTable, columns: tuple[int, ...], source: str, check: Check
) -> BoxLabels:
    """Returns the classes of each picture whose columns say so."""
    names = table.column_names

    def tags(row: list[str]) -> tuple[str, ...]:
        cells = [(names[column], table.cell(row, column).lower()) for column in columns]
        return tuple(name for name, cell in cells if cell in YES)

    return _labels(table, source, check, tags)


def _labels(
    table: FileTable, source: str, check: Check, tags_of: Callable[[list[str]], tuple[str, ...]]
) -> BoxLabels:
    split_column = find_split_column(table, -1)
    root = source if os.path.isdir(source) else os.path.dirname(source)
    tags: dict[str, tuple[str, ...]] = {}
    splits: dict[str, int] = {}
    skipped = []
    rows = zip(table.numbers, table.rows, table.finders, table.splits, strict=True)
    for number, row, finder, folder_split in rows:
        check()
        cell = table.cell(row, table.file_column)
        if not cell:
            if any(row):
                skipped.append(Skipped(f"row {number}", f"row {number} names no file"))
            continue

        try:
            path = finder.find(cell)
        except NoSuchFile as error:
            skipped.append(Skipped(cell, f"{error.reason} (row {number})"))
            continue

        name = name_of_file(cell, path, root)
        own = (tag for tag in tags_of(row) if tag)
        tags[name] = tuple(dict.fromkeys((*tags.get(name, ()), *own)))
        split = folder_split if split_column is None else split_of(table.cell(row, split_column))
        if split != UNASSIGNED:
            splits[name] = split

    return BoxLabels("a table", tags, splits, (os.path.basename(table.path),), tuple(skipped))
