"""A table (CSV, TSV) with a column of picture files and a column of classes."""

from __future__ import annotations

import difflib
import io
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.numbers import NumberStyle
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.splits import FREE, split_of
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.tasks import task
from app.engine.sources.format import Check, OpenOptions, encode_classes, stamp
from app.engine.sources.format import unusable as unusable_file
from app.engine.sources.picture_decoding import PictureFormat
from app.engine.sources.picture_list import PictureList, Scan
from app.engine.sources.tables import encoding
from app.engine.sources.tables.delimiters import LINE_LIMIT, find_delimiter, records
from app.engine.sources.tables.examples import examples_of
from app.engine.sources.tables.reading import read_table
from app.engine.sources.tables.text import too_long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.loaded import Examples

SUFFIXES = (".csv", ".tsv", ".tab")
CLASS_WORDS = (
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
SPLIT_WORDS = ("split", "set", "subset", "partition", "usage", "fold")
LOCATED_COLUMNS = 60
LOOK = 64 << 10
"""Bytes from which it is told whether a table is a list of pictures."""

FEW = 10
"""Rows, of which all may have classes of their own."""

STYLE = NumberStyle()
REMEDY = "The table needs a column of picture files, found from the table's own folder, and a column of classes."


@dataclass(frozen=True)
class Table:
    """Rows of texts under their heads; `first` is the line number of the first row. heads are
    "column 2" if none.
    """

    heads: tuple[str, ...]
    rows: list[list[str]]
    first: int
    encoding: str
    delimiter: str


def read_rows(
    path: Path, data: DataSettings, most: int | None = None
) -> tuple[list[list[str]], str, str]:
    """(rows with their cells stripped, encoding, delimiter).

    most: bytes from the beginning. Raises UserError.
    """
    content = _whole(path) if most is None else _beginning(path, most)
    whole = most is None or len(content) < most

    name = data.encoding or encoding.detect(content, whole).name
    if not encoding.known(name):
        raise UserError(
            f"There is no encoding '{name}'.", "Choose one from the list.", "data.encoding"
        )

    text = content.decode(name, "replace").removeprefix("\ufeff")
    if not whole:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    if "\0" in text:
        raise unusable_file(path, "is not a text table", REMEDY)

    sample = "".join(text[:20_000].splitlines(keepends=True)[:60])
    delimiter = data.delimiter or find_delimiter(sample, path.suffix.lower(), str(path))[0]
    rows = [row for _, row in records(io.StringIO(text, newline=""), delimiter, str(path))]

    return [[cell.strip() for cell in row] for row in rows], name, delimiter


def _beginning(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _whole(path: Path) -> bytes:
    """Raises UserError at a line so long that this is no table, before it is read."""
    lines = []
    with path.open("rb") as file:
        while line := file.readline(LINE_LIMIT + 1):
            lines.append(line)
            if len(line) > LINE_LIMIT:
                raise too_long(path, len(lines))

    return b"".join(lines)


@dataclass(frozen=True)
class Files:
    """How a cell becomes a file: a folder before it and an ending after it."""

    base: str
    ending: str

    def path(self, cell: str) -> str:
        if os.sep != "\\":
            cell = cell.replace("\\", "/")
        return os.path.join(self.base, os.path.expanduser(cell) + self.ending)


def locate(folder: Path, rows: list[list[str]]) -> tuple[int, Files] | None:
    """The column whose cells are files, and how: from the table's folder or one below it, with or
    without ending.

    Where the ending is left out most of the cells must be files: a column of numbers beside a
    folder with 1.png is not.
    """
    sample = rows[:: max(1, len(rows) // 200)][:200]
    width = min(LOCATED_COLUMNS, len(rows[0]) if rows else 0)
    bases = [
        str(folder),
        *sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())[:50],
    ]

    best: tuple[int, int, Files] | None = None
    for ending, base in itertools.product(("", ".jpg", ".png", ".jpeg"), bases):
        files = Files(base, ending)
        for column in range(width):
            cells = [
                row[column] for row in sample if column < len(row) and 0 < len(row[column]) < 1000
            ]
            if ending == "":
                cells = [cell for cell in cells if os.path.splitext(cell)[1].lower() in PICTURES]

            hits = 0
            if any(_is_file(files.path(cell)) for cell in cells[:20]):
                hits = sum(_is_file(files.path(cell)) for cell in cells)
            if ending and (
                hits < 2 or 2 * hits < len(sample) - 1
            ):  # the first may be the column's name
                continue

            if hits and (best is None or hits > best[0]):
                best = (hits, column, files)

    return None if best is None else (best[1], best[2])


def _is_file(path: str) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:  # a zero byte in it
        return False


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
            rows, _, _ = read_rows(table, DataSettings(), LOOK)
            return locate(table.parent, rows) is not None
        except (UserError, OSError):
            return False  # the format of all tables says what is wrong

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = _table_in(Path(source)) or Path(source)
        if self._of_classes(path, data):
            return super().open(source, data, options)

        return examples_of(read_table(path, data, options), data, options)

    def _of_classes(self, path: Path, data: DataSettings) -> bool:
        """Whether each picture has one class, as the task says; left open, as the cells do: few
        different ones.
        """
        if data.columns or data.header is not None or isinstance(data.target, list):
            return False

        if data.task is not None:
            asked = task(data.task)
            return asked.targets == "classes" and not asked.pairs

        rows, encoding_name, delimiter = read_rows(path, data, LOOK)
        found = locate(path.parent, rows)
        if found is None:
            return True  # is refused with a sentence

        table = _headed(rows, *found, encoding_name, delimiter)
        try:
            label = class_column(path, table, found[0], _one(data.target))
        except UserError:
            return True

        cells = [row[label] for row in table.rows if label < len(row) and row[label]]
        if any(not cell.isdigit() and STYLE.matches.match(cell) for cell in cells):
            return False  # amounts

        return len(set(cells)) <= max(FEW, len(cells) // 2)

    def scan(self, source: str, data: DataSettings, check: Check) -> Scan:
        path = _table_in(Path(source)) or Path(source)
        rows, encoding_name, delimiter = read_rows(path, data)

        found = locate(path.parent, rows)
        if found is None:
            raise unusable_file(path, "names no picture that can be found", REMEDY)

        table = _headed(rows, *found, encoding_name, delimiter)
        listing = _list(path, table, *found, _one(data.target), check)
        return Scan((stamp(path), *listing.stamps), lambda: listing.picture_list)


def _one(target: list[str] | str | None) -> str | None:
    return target if isinstance(target, str) else target[0] if target else None


def _headed(
    rows: list[list[str]], column: int, files: Files, encoding_name: str, delimiter: str
) -> Table:
    """The rows under their heads; a first row that names a picture is none."""
    headless = bool(rows) and len(rows[0]) > column and os.path.isfile(files.path(rows[0][column]))
    heads = tuple(f"column {n}" for n in range(1, len(rows[0]) + 1)) if headless else tuple(rows[0])
    return Table(
        heads, rows if headless else rows[1:], 1 if headless else 2, encoding_name, delimiter
    )


def _table_in(folder: Path) -> Path | None:
    """The one table of a folder whose sub-folders are no classes (at most one of them, or only
    train and test).
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
    if len(folders) > 1 and not all(split_of(entry.name) != FREE for entry in folders):
        return None

    return Path(tables[0].path)


def _holds_folders(path: str) -> bool:
    try:
        return any(entry.is_dir() for entry in os.scandir(path) if not entry.name.startswith("."))
    except OSError:
        return False


@dataclass(frozen=True)
class Listing:
    stamps: list[tuple[str, int, int]]
    picture_list: PictureList


def _list(
    path: Path, table: Table, column: int, files: Files, target: str | None, check: Check
) -> Listing:
    """Every row that names a file and a class; the others with their line as skipped."""
    label = class_column(path, table, column, target)
    split = _split_column(table, column, label)
    stamps = []
    names = []
    labels = []
    hints = []
    paths = []
    skipped = []

    seen: dict[str, int] = {}
    for line, row in enumerate(table.rows, table.first):
        check()
        if not any(row):
            continue

        cell = row[column] if column < len(row) else ""
        file = files.path(cell)
        if not cell or len(row) <= label or not row[label]:
            missing = "no picture" if not cell else "no class"
            skipped.append(Skipped(cell or f"row {line}", f"row {line} names {missing}"))
        elif file in seen:
            skipped.append(Skipped(cell, f"row {line} names it again, after row {seen[file]}"))
        else:
            seen[file] = line
            try:
                stamps.append(stamp(Path(file)))
            except (OSError, ValueError):
                skipped.append(Skipped(cell, f"there is no such file (row {line})"))
                continue

            names.append(readable(cell))
            labels.append(row[label])
            hints.append(split_of(row[split]) if split is not None and split < len(row) else FREE)
            paths.append(Path(file))

    classes, targets = encode_classes(labels)
    words = {"\t": "tab"}.get(table.delimiter, f"'{table.delimiter}'")
    notes = [
        f"The class stands in '{table.heads[label]}', the file in '{table.heads[column]}' "
        f"(separated by {words}, {table.encoding})."
    ]

    folders = [os.path.dirname(name) for name in names]
    if len(set(folders)) == 1:
        folders = [""] * len(folders)

    picture_list = PictureList(
        classes,
        names,
        targets,
        np.array(hints, np.int8),
        paths=paths,
        folders=folders,
        skipped=tuple(skipped),
        notes=tuple(notes),
    )
    return Listing(stamps, picture_list)


def class_column(path: Path, table: Table, files: int, target: str | None) -> int:
    """The column of classes: the one asked for, else by its name, else the one with the fewest
    different cells.

    Raises UserError when there is no such column, or none that could be it.
    """
    if target is not None:
        if target in table.heads:
            return table.heads.index(target)

        near = difflib.get_close_matches(target, table.heads, n=1)
        known = ", ".join(f"'{head}'" for head in table.heads)
        raise UserError(
            f"'{readable(path)}' has no column '{target}'.",
            f"Did you mean '{near[0]}'?" if near else f"Choose one of: {known}.",
            "data.target",
        )

    heads = [head.lower().replace(" ", "_") for head in table.heads]
    for word in CLASS_WORDS:
        if word in heads and heads.index(word) != files:
            return heads.index(word)

    candidates = []
    for column in range(len(heads)):
        different = {row[column] for row in table.rows if column < len(row) and row[column]}
        splits = all(split_of(cell) != FREE for cell in different)
        if column != files and not splits and 2 <= len(different) <= max(2, len(table.rows) // 2):
            candidates.append((len(different), column))

    if candidates:
        return min(candidates)[1]

    others = [column for column in range(len(heads)) if column != files]
    if len(others) == 1:
        return others[0]
    if not others:
        raise unusable_file(
            path, "has only one column, so nothing can be predicted from it", REMEDY
        )

    raise UserError(
        f"It is not clear which column of '{readable(path)}' names the class.",
        "Choose it.",
        "data.target",
    )


def _split_column(table: Table, files: int, label: int) -> int | None:
    """The column that says training, validation or test, if most of its cells do."""
    heads = [head.lower() for head in table.heads]
    named: Sequence[int] = [column for column, head in enumerate(heads) if head in SPLIT_WORDS]
    for column in named or range(len(heads)):
        cells = [row[column] for row in table.rows if column < len(row) and row[column]]
        fits = sum(split_of(cell) != FREE for cell in cells)
        if column not in (files, label) and cells and fits > 0.9 * len(cells):
            return column

    return None


FORMAT = ImageList()
