"""A table (CSV, TSV) with a column of picture files and a column of classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.names import readable
from app.engine.data.numbers import NumberStyle
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.reading import Reading
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.tasks import task
from app.engine.sources.file_lists.columns import (
    REMEDY,
    FileTable,
    find_class_column,
)
from app.engine.sources.file_lists.rows import class_rows, reading_note
from app.engine.sources.file_lists.tables import (
    TEXTS,
    as_table,
    open_file_table,
    tables_of,
    text_column,
)
from app.engine.sources.file_lists.tags import (
    class_columns,
    has_boxes,
    tags_of_columns,
    tags_of_rows,
)
from app.engine.sources.format import Check, OpenOptions, no_check, unusable
from app.engine.sources.formats.boxes import question, tagged_examples
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.stamps import Stamp, stamp
from app.engine.sources.tables.as_trained import open_table
from app.engine.sources.tables.examples import examples_of
from app.engine.sources.tables.target_guess import find_separator
from app.engine.sources.targets import encode_classes
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.sources.loaded import Examples

FEW = 10
"""Rows, of which all may have classes of their own."""

MOST_SEVERAL = 0.1
"""With a larger share of pictures that are named with several classes, these may be tags."""

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
        try:
            return _sample(Path(source), DataSettings()) is not None
        except (UserError, OSError):
            return False  # the format of all tables says what is wrong

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        sample = _sample(Path(source), data, options)
        if sample is not None and (examples := _tagged(source, sample, data, options)):
            return examples
        if sample is None or self._has_one_class_each(sample, data):
            examples = super().open(source, data, options)
            return self._with_reading(examples, sample, data)

        # Its own column of files is known, even where the cells have no endings.
        name = sample.column_names[sample.file_column]
        data = data.replace(columns={name: "image", **data.columns})
        places = tables_of(Path(source))
        first = places[0]
        beside = len(places) == 1 and first.root == first.path.parent
        if beside and first.path.suffix.lower() in TEXTS:
            return examples_of(open_table(first.path, data, options), data, options)

        whole = open_file_table(Path(source), PICTURES, data, options.check)
        assert whole is not None  # its beginning named files
        return examples_of(as_table(whole, data), data, options)

    def guessed_target(self, source: str, data: DataSettings) -> str:
        sample = _sample(Path(source), data)
        if sample is None or class_columns(sample) or not self._has_one_class_each(sample, data):
            return ""

        return sample.column_names[find_class_column(sample, None)]

    def _with_reading(
        self, examples: Examples, table: FileTable | None, data: DataSettings
    ) -> Examples:
        """Returns the examples with the columns that were read, which later tables are read by."""
        if table is None:
            return examples

        class_column = find_class_column(table, _first_target(data))
        names = table.column_names
        file_name, class_name = names[table.file_column], names[class_column]
        return replace(
            examples,
            reading=Reading((file_name,), (class_name,), table.header, files=True),
            chosen={"target": class_name},
        )

    def _has_one_class_each(self, table: FileTable, data: DataSettings) -> bool:
        """Returns whether each picture has one class, as the task says, or else as the cells do.

        Cells are classes where few of them are different.
        """
        if data.columns or data.inputs or data.header is not None or isinstance(data.target, list):
            return False

        if data.task is not None:
            requested = task(data.task)
            return requested.targets == "classes" and not requested.pairs

        try:
            class_column = find_class_column(table, _first_target(data))
        except UserError:
            return True

        cells = [cell for row in table.rows if (cell := table.cell(row, class_column))]
        if find_separator(text_column(table.column_names[class_column], cells)):
            return False  # several tags in a cell
        if any(not cell.isdigit() and STYLE.matches.match(cell) for cell in cells):
            return False  # amounts

        return len(set(cells)) <= max(FEW, len(cells) // 2)

    def scan_with(self, source: str, data: DataSettings, options: OpenOptions) -> ScanResult:
        trained = options.trained.reading if options.trained is not None else None
        table = open_file_table(Path(source), PICTURES, data, options.check, trained)
        if table is None:
            raise unusable(source, "names no picture that can be found", REMEDY)

        target = _first_target(data)
        if trained is not None and trained.targets:
            target = trained.targets[0]

        class_column = find_class_column(table, target)
        picture_list, stamps = _list_pictures(table, class_column, source, options.check)
        tables = [stamp(place.path) for place in tables_of(Path(source))]
        return ScanResult((*tables, *stamps), lambda: picture_list, (target,))


def _sample(
    source: Path, data: DataSettings, options: OpenOptions | None = None
) -> FileTable | None:
    """Returns the beginning of the table of a source, None where it names no pictures."""
    trained = options.trained.reading if options is not None and options.trained else None
    check = options.check if options is not None else no_check
    return open_file_table(source, PICTURES, data, check, trained, sample=True)


def _first_target(data: DataSettings) -> str | None:
    if isinstance(data.target, list):
        return data.target[0] if data.target else None

    return data.target


def _list_pictures(
    table: FileTable, class_column: int, source: str, check: Check
) -> tuple[PictureList, list[Stamp]]:
    """Returns every row that names a file and a class, and the stamps of the files.

    The other rows are listed as skipped, with their numbers.
    """
    found = class_rows(table, class_column, source, check)
    rows = found.rows
    if found.several > MOST_SEVERAL * len(rows):
        raise _several_classes(table, class_column, found.several)

    classes, targets = encode_classes([row.label for row in rows])
    picture_list = PictureList(
        classes,
        [row.name for row in rows],
        targets,
        np.array([row.split for row in rows], np.int8),
        paths=[row.path for row in rows],
        folders=[row.folder for row in rows],
        skipped=tuple(found.skipped),
        notes=(reading_note(table, class_column),),
    )
    return picture_list, [row.stamp for row in rows]


def _several_classes(table: FileTable, class_column: int, count: int) -> UserError:
    name = table.column_names[class_column]
    return UserError(
        f"{count:,} rows of '{readable(table.path)}' name a picture again with another '{name}'.",
        'If a picture may have several of them, choose labels = "tags" under [data]; else leave '
        "one row for each.",
        "data.labels",
    )


def _tagged(
    source: str, sample: FileTable, data: DataSettings, options: OpenOptions
) -> Examples | None:
    """Returns the examples of a table in which a picture may have several classes, None for others.

    Those are a table of boxes, one with a column for each class, and any if tags are chosen. Raises
    UserError for boxes where tags are not chosen.
    """
    if data.columns or data.inputs or isinstance(data.target, list):
        return None

    columns = class_columns(sample) if data.target is None else ()
    boxes = has_boxes(sample)
    if not (columns or boxes or data.labels == "tags"):
        return None

    trained = options.trained.reading if options.trained is not None else None
    table = open_file_table(Path(source), PICTURES, data, options.check, trained)
    assert table is not None  # its beginning named files
    file_name = table.column_names[table.file_column]
    reading = Reading((file_name,), (), table.header, files=True)
    if columns:
        labels = tags_of_columns(table, columns, source, options.check)
        one_each = all(len(own) == 1 for own in labels.tags.values())
        task_kind = data.task or ("classification" if one_each else "multi-label")
        names = names_text([table.column_names[column] for column in columns], 3)
        note = f"The classes are the columns {names}, the file is named in '{file_name}'."
    else:
        class_column = find_class_column(table, _first_target(data))
        labels = tags_of_rows(table, class_column, source, options.check)
        if data.labels is None:
            raise question(source, labels)

        task_kind = data.task or "multi-label"
        class_name = table.column_names[class_column]
        note = f"The tags of a picture are the values of '{class_name}' in its rows."

    settings = data.replace(task=task_kind)
    return replace(tagged_examples(source, labels, settings, options, note=note), reading=reading)


FORMAT = ImageList()
