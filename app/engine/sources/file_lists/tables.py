"""Tables that name files and say something of each: beside the files, or one for every split.

Text tables, and tables of JSON lines as Hugging Face writes them (metadata.csv, metadata.jsonl).
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.data.numbers import NumberStyle
from app.engine.data.splits import TRAINING, UNASSIGNED
from app.engine.experiment.data_settings import DataSettings
from app.engine.files import is_file, is_folder, json_text, open_regular
from app.engine.sources.file_lists.columns import FileTable, find_file_column, headed
from app.engine.sources.file_lists.finder import FileFinder
from app.engine.sources.folder_walk import is_junk
from app.engine.sources.format import unusable
from app.engine.sources.layout.folder_words import folder_split, is_contents, is_part
from app.engine.sources.stamps import stamp
from app.engine.sources.tables.columns import Column, Table
from app.engine.sources.tables.csv_file import CsvRows, glance, open_csv
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.written.column_names import unique_names
from app.engine.sources.tables.written.number_style import find_style

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.engine.data.reading import Reading
    from app.engine.sources.format import Check
    from app.engine.sources.stamps import Stamp

TEXTS = (".csv", ".tsv", ".tab")
LINES = (".jsonl", ".ndjson")
SUFFIXES = (*TEXTS, *LINES)

METADATA = "metadata"
"""The name of a table that is about the files below it, whatever their folders are called."""

TABLE_FOLDERS = frozenset(
    ("meta", "metadata", "label", "labels", "annotation", "annotations", "csv", "table", "tables")
)
"""Folders whose tables are about files in the folders beside them."""

SAMPLE = 400
"""Lines of JSON that show what is in a table."""

LINE_LIMIT = 1 << 24
"""Bytes of a line of JSON at most."""


@dataclass(frozen=True)
class TablePlace:
    """A table of files.

    root: the folder from which it names them. split: of the folder it stands in, the index in
    SPLITS, else UNASSIGNED.
    """

    path: Path
    root: Path
    split: int = UNASSIGNED


def tables_of(source: Path) -> list[TablePlace]:
    """Returns the table that a source is, the one in a folder, or those in the folders of splits.

    [] where there is none, or where the folders may be classes. Raises OSError.
    """
    if not source.is_dir():
        return [TablePlace(source, source.parent)] if source.suffix.lower() in SUFFIXES else []

    table, folders, any_table = _listing(source)
    if table is not None:
        certain = table.stem.lower() == METADATA or _are_no_classes(folders)
        return [TablePlace(table, source)] if certain else []
    if any_table:
        return []

    if len(folders) == 1 and folder_split(folders[0].name) == UNASSIGNED:
        inner = _listing(folders[0])
        return _tables_of_splits(inner[1]) if inner[0] is None else []

    return _tables_of_splits(folders) or _table_apart(source, folders)


def _table_apart(source: Path, folders: Sequence[Path]) -> list[TablePlace]:
    """Returns the table in the one folder that holds nothing else: meta/ beside audio/."""
    apart = [folder for folder in folders if _holds_tables_alone(folder)]
    table = _listing(apart[0])[0] if len(apart) == 1 else None
    others = [folder for folder in folders if folder not in apart]
    return [TablePlace(table, source)] if table is not None and _are_no_classes(others) else []


def _holds_tables_alone(folder: Path) -> bool:
    """Returns whether there are tables in a folder, and beside them no more than notes."""
    about = (*SUFFIXES, ".xlsx", ".json", ".md", ".txt", ".pdf")
    any_table = False
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name.lower()
            any_table = any_table or (name.endswith(SUFFIXES) and not is_junk(name))
            if not name.endswith(about) and not is_junk(name):
                return False

    return any_table


def _tables_of_splits(folders: Sequence[Path]) -> list[TablePlace]:
    """Returns the one table in each folder of a split, [] where training has none."""
    places = []
    for folder in folders:
        split = folder_split(folder.name)
        table = _listing(folder)[0] if split != UNASSIGNED else None
        if table is not None:
            places.append(TablePlace(table, folder, split))

    return places if any(place.split == TRAINING for place in places) else []


def _listing(folder: Path) -> tuple[Path | None, list[Path], bool]:
    """Returns the table of a folder, its sub-folders, and whether there are tables at all.

    Of several tables it is the one called metadata, else the only one called train.
    """
    with os.scandir(folder) as entries:
        visible = sorted(
            (entry for entry in entries if not is_junk(entry.name)), key=lambda entry: entry.name
        )
        folders = [Path(entry.path) for entry in visible if is_folder(entry)]
        tables = [
            Path(entry.path)
            for entry in visible
            if entry.name.lower().endswith(SUFFIXES) and is_file(entry)
        ]

    metadata = [table for table in tables if table.stem.lower() == METADATA]
    training = [table for table in tables if folder_split(table.stem) == TRAINING]
    for candidates in (metadata, tables, training):
        if len(candidates) == 1:
            return candidates[0], folders, True

    return None, folders, bool(tables)


def _are_no_classes(folders: Sequence[Path]) -> bool:
    """Returns whether no folder beside a table can be a class: a single one, splits, parts."""
    try:
        below = {
            folder: [Path(entry.path) for entry in os.scandir(folder) if is_folder(entry)]
            for folder in folders
        }
    except OSError:
        return False

    inner = [folder for folders in below.values() for folder in folders if not is_junk(folder.name)]
    if not all(_says_nothing(folder.name) for folder in inner):
        return False

    return len(folders) <= 1 or all(_says_nothing(folder.name) for folder in folders)


def _says_nothing(name: str) -> bool:
    return folder_split(name) != UNASSIGNED or is_part(name) or is_contents(name)


def open_file_table(
    source: Path,
    suffixes: Collection[str],
    data: DataSettings,
    check: Check,
    trained: Reading | None = None,
    sample: bool = False,
) -> FileTable | None:
    """Reads the table of a source that names files of these endings; None where there is none.

    sample: only its beginning. trained: how the table of a training was read, whose column of files
    is taken again.

    Raises UserError, OSError, and whatever `check` raises.
    """
    tables = [(place, *_rows(place.path, data, check, sample)) for place in tables_of(source)]
    tables = [table for table in tables if table[1]]
    if not tables:
        return None

    place, rows, numbers, note = tables[0]
    finder = FileFinder(place.root, suffixes)
    file_column = _trained_column(rows[0], trained)
    if file_column is None:
        file_column = find_file_column(finder, rows)
    if file_column is None and not source.is_dir() and _holds_tables_alone(source.parent):
        # Any two folders lie side by side somewhere, and 1 to 24 may be 1.png to 24.png in one.
        finder = FileFinder(source.parent.parent, suffixes)
        by_stem = source.parent.name.lower() in TABLE_FOLDERS
        file_column = find_file_column(finder, rows, by_stem)
    if file_column is None:
        return None

    header = headed(rows[0], finder, file_column)
    width = max(map(len, rows[:SAMPLE]))
    names = tuple(rows[0]) if header else tuple(f"column {n}" for n in range(1, width + 1))
    first = int(header)
    table = FileTable(
        place.path,
        names,
        header,
        rows[first:],
        numbers[first:],
        [finder] * (len(rows) - first),
        [place.split] * (len(rows) - first),
        file_column,
        note,
    )
    for other in tables[1:]:
        _append(table, *other[:3], suffixes)

    return table


def _trained_column(first: list[str], trained: Reading | None) -> int | None:
    name = trained.inputs[0] if trained is not None and trained.inputs else None
    return first.index(name) if name in first else None


def _append(
    table: FileTable,
    place: TablePlace,
    rows: list[list[str]],
    numbers: list[int],
    suffixes: Collection[str],
) -> None:
    """Adds the rows of the table of another split, by the names of the columns."""
    columns = {name: index for index, name in enumerate(rows[0])}
    order = [columns.get(name, len(rows[0])) for name in table.column_names]
    if not table.header:
        order = list(range(len(table.column_names)))

    finder = FileFinder(place.root, suffixes)
    for number, row in zip(numbers[table.header :], rows[table.header :], strict=True):
        table.rows.append([row[index] if index < len(row) else "" for index in order])
        table.numbers.append(number)
        table.finders.append(finder)
        table.splits.append(place.split)


def _rows(
    path: Path, data: DataSettings, check: Check, sample: bool
) -> tuple[list[list[str]], list[int], str]:
    """Returns rows of trimmed cells, their numbers, and how the table is written."""
    if path.suffix.lower() in LINES:
        rows = list(_json_rows(path, check, SAMPLE if sample else None))
        return rows, list(range(len(rows))), "JSON lines"

    if sample:
        rows = _glanced(stamp(path), data.delimiter, data.encoding)
        return rows, list(range(1, len(rows) + 1)), ""

    file = open_csv(path, data, check)
    numbered = [(number, [cell.strip() for cell in row]) for number, row in CsvRows(file, check)]
    delimiter = {"\t": "tab"}.get(file.delimiter, f"'{file.delimiter}'")
    first = next((index for index, (_, row) in enumerate(numbered) if any(row)), 0)
    numbered = numbered[first:]
    words = f"separated by {delimiter}, {file.encoding.name}"

    return [row for _, row in numbered], [number for number, _ in numbered], words


@functools.lru_cache(maxsize=2)
def _glanced(table: Stamp, delimiter: str | None, encoding: str | None) -> list[list[str]]:
    """Returns the first rows of a text table, once for all formats that look at them."""
    data = DataSettings(delimiter=delimiter, encoding=encoding)
    return list(glance(Path(table[0]), data).sample_rows())


def _json_rows(path: Path, check: Check, most: int | None) -> Iterator[list[str]]:
    """Yields the names of all columns, then the cells of every line.

    Raises UserError for a line that is no JSON object.
    """
    objects: list[dict[str, Any]] = []
    with open_regular(path) as file:
        while line := file.readline(LINE_LIMIT + 1):
            if len(objects) % 4096 == 0:
                check()
            if not line.strip():
                continue

            try:
                content = json.loads(line)
            except (ValueError, RecursionError):
                content = None
            if not isinstance(content, dict):
                if most is not None:
                    break
                raise unusable(
                    path,
                    f"has no JSON object in its line {len(objects) + 1:,}",
                    "Write an object in braces in every line.",
                )

            objects.append(content)
            if most is not None and len(objects) >= most:
                break

    names = list(dict.fromkeys(name for content in objects for name in content))
    yield [str(name) for name in names]
    for content in objects:
        yield [_cell(content.get(name)) for name in names]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ";".join(value)
    if isinstance(value, dict | list):
        return json_text(value)

    return str(value).strip()


def text_column(name: str, cells: Sequence[str]) -> Column:
    """Returns cells as a column of a table."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return Column(name, NumberStyle(), pa.array(cells, pa.large_string()))


def as_table(files: FileTable, data: DataSettings) -> Table:
    """Returns it as a table of whole paths, with the splits of its folders in a column."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    found = [
        finder.finds(files.cell(row, files.file_column))
        for row, finder in zip(files.rows, files.finders, strict=True)
    ]
    names, notes = unique_names(files.column_names)
    cells: dict[str, list[str]] = {
        name: [files.cell(row, index) for row in files.rows] for index, name in enumerate(names)
    }
    cells[names[files.file_column]] = [str(path or "") for path in found]
    if any(split != UNASSIGNED for split in files.splits) and "split" not in cells:
        cells["split"] = [SPLITS[split] if split >= 0 else "" for split in files.splits]

    style = find_style(
        [column[:SAMPLE] for column in cells.values()], ",", data.decimal, data.thousands
    )
    columns = tuple(
        Column(name, style, pa.array(column, pa.large_string())) for name, column in cells.items()
    )
    return Table(
        os.fspath(files.path),
        columns,
        np.arange(1, len(files.rows) + 1),
        Dialect("text", True, style),
        notes=tuple(notes),
        estimated=len(files.rows),
    )
