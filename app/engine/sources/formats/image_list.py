"""A table (CSV, TSV) with a column of picture files and a column of classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.numbers import NumberStyle
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.tasks import task
from app.engine.sources.format import Check, OpenOptions, unusable
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.stamps import Stamp, stamp
from app.engine.sources.tables.as_trained import open_table
from app.engine.sources.tables.columns import names_without_infinities
from app.engine.sources.tables.csv_file import CsvFile, CsvRows, glance, open_csv
from app.engine.sources.tables.examples import examples_of
from app.engine.sources.tables.picture_columns import (
    REMEDY,
    PictureTable,
    find_class_column,
    find_file_column,
    find_split_column,
    picture_table,
)
from app.engine.sources.targets import encode_classes

if TYPE_CHECKING:
    from app.engine.sources.loaded import Examples

SUFFIXES = (".csv", ".tsv", ".tab")
FEW = 10
"""Rows, of which all may have classes of their own."""

STYLE = NumberStyle()


class ImageList(PictureFormat):
    """Applies where the beginning of a table names pictures that are there.

    What is no plain list of pictures with a class each (pairs, amounts, several targets) is read as
    any table is.
    """

    kind = "image-list"
    label = "Table of pictures"
    order = 50

    def matches(self, source: str) -> bool:
        path = Path(source)
        table = _table_in(path) if path.is_dir() else path
        if table is None or table.suffix.lower() not in SUFFIXES:
            return False

        try:
            rows = list(glance(table, DataSettings()).sample_rows())
            return find_file_column(table.parent, rows) is not None
        except (UserError, OSError):
            return False  # the format of all tables says what is wrong

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = _table_in(Path(source)) or Path(source)
        if self._has_one_class_each(path, data):
            return super().open(source, data, options)

        return examples_of(open_table(path, data, options), data, options)

    def _has_one_class_each(self, path: Path, data: DataSettings) -> bool:
        """Returns whether each picture has one class, as the task says, or else as the cells do.

        Cells are classes where few of them are different.
        """
        if data.columns or data.inputs or data.header is not None or isinstance(data.target, list):
            return False

        if data.task is not None:
            requested = task(data.task)
            return requested.targets == "classes" and not requested.pairs

        rows = list(glance(path, data).sample_rows())
        files = find_file_column(path.parent, rows)
        if files is None:
            return True  # is refused with a sentence

        table = picture_table(path, rows, files)
        try:
            class_column = find_class_column(table, _first_target(data))
        except UserError:
            return True

        cells = [
            row[class_column] for row in table.rows if class_column < len(row) and row[class_column]
        ]
        if any(not cell.isdigit() and STYLE.matches.match(cell) for cell in cells):
            return False  # amounts

        return len(set(cells)) <= max(FEW, len(cells) // 2)

    def scan(self, source: str, data: DataSettings, check: Check) -> ScanResult:
        path = _table_in(Path(source)) or Path(source)
        file = open_csv(path, data, check)
        rows = [[cell.strip() for cell in row] for _, row in CsvRows(file, check)]

        files = find_file_column(path.parent, rows)
        if files is None:
            raise unusable(path, "names no picture that can be found", REMEDY)

        table = picture_table(path, rows, files)
        class_column = find_class_column(table, _first_target(data))
        picture_list, stamps = _list_pictures(table, class_column, file, check)
        return ScanResult((stamp(path), *stamps), lambda: picture_list)


def _first_target(data: DataSettings) -> str | None:
    if isinstance(data.target, list):
        return data.target[0] if data.target else None

    return data.target


def _table_in(folder: Path) -> Path | None:
    """Returns the one table of a folder whose sub-folders are no classes.

    They are none where there is at most one of them, or only train and test.
    """
    if not folder.is_dir():
        return None

    entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    tables = [
        entry for entry in entries if entry.name.lower().endswith(SUFFIXES) and entry.is_file()
    ]
    training = [entry for entry in tables if split_of(os.path.splitext(entry.name)[0]) == 0]
    folders = [entry for entry in entries if entry.is_dir()]

    if len(training) == 1:
        tables = training
    if len(tables) != 1 or any(_holds_folders(entry.path) for entry in folders):
        return None
    if len(folders) > 1 and not all(split_of(entry.name) != UNASSIGNED for entry in folders):
        return None

    return Path(tables[0].path)


def _holds_folders(path: str) -> bool:
    try:
        return any(entry.is_dir() for entry in os.scandir(path) if not entry.name.startswith("."))
    except OSError:
        return False


def _list_pictures(
    table: PictureTable, class_column: int, file: CsvFile, check: Check
) -> tuple[PictureList, list[Stamp]]:
    """Returns every row that names a file and a class, and the stamps of the files.

    The other rows are listed as skipped, with their numbers.
    """
    split_column = find_split_column(table, class_column)
    stamps = []
    names = []
    labels = []
    predefined_splits = []
    paths = []
    skipped = []

    cells = names_without_infinities([_cell(row, class_column) for row in table.rows])
    first_rows: dict[str, int] = {}
    for number, (row, label) in enumerate(zip(table.rows, cells, strict=True), table.first_row):
        check()
        if not any(row):
            continue

        cell = _cell(row, table.files.index)
        if not cell or not label:
            missing = "no picture" if not cell else "no class"
            skipped.append(Skipped(cell or f"row {number}", f"row {number} names {missing}"))
            continue

        path = table.files.pattern.path(cell)
        if path in first_rows:
            reason = f"row {number} names it again, after row {first_rows[path]}"
            skipped.append(Skipped(cell, reason))
            continue

        first_rows[path] = number
        try:
            stamps.append(stamp(Path(path)))
        except (OSError, ValueError):
            skipped.append(Skipped(cell, f"there is no such file (row {number})"))
            continue

        names.append(readable(cell))
        labels.append(label)
        split = UNASSIGNED if split_column is None else split_of(_cell(row, split_column))
        predefined_splits.append(split)
        paths.append(Path(path))

    classes, targets = encode_classes(labels)
    picture_list = PictureList(
        classes,
        names,
        targets,
        np.array(predefined_splits, np.int8),
        paths=paths,
        folders=_folders(names),
        skipped=tuple(skipped),
        notes=(_reading_note(table, class_column, file),),
    )
    return picture_list, stamps


def _cell(row: list[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _folders(names: list[str]) -> list[str]:
    """Returns the folder of each picture, "" for all where they are in one."""
    folders = [os.path.dirname(name) for name in names]
    return folders if len(set(folders)) > 1 else [""] * len(folders)


def _reading_note(table: PictureTable, class_column: int, file: CsvFile) -> str:
    delimiter = {"\t": "tab"}.get(file.delimiter, f"'{file.delimiter}'")
    return (
        f"The class stands in '{table.column_names[class_column]}', the file in "
        f"'{table.column_names[table.files.index]}' (separated by {delimiter}, "
        f"{file.encoding.name})."
    )


FORMAT = ImageList()
