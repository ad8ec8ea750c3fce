"""A table with an example in every row: CSV and its relatives, spreadsheets, Parquet, and doors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.splits import TRAINING, split_of
from app.engine.files import is_file, is_folder, open_regular
from app.engine.sources.format import Format, OpenOptions
from app.engine.sources.tables import encoding
from app.engine.sources.tables.as_trained import open_table
from app.engine.sources.tables.delimiters import ALIGNED, SPACE, find_delimiter
from app.engine.sources.tables.examples import examples_of
from app.engine.sources.tables.reading import has_name_of_table, may_be_table

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.loaded import Examples

TEXTS = (".txt", ".dat", ".data")
"""Endings of tables, but also of other texts."""

GLANCE = 64 << 10
"""Bytes from which it is seen whether a text is a table."""


class TableFormat(Format):
    """Reads every table that is no plain list of pictures."""

    kind = "table"
    label = "Table"
    order = 55

    def matches(self, source: str) -> bool:
        return table_in(Path(source)) is not None

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = table_in(Path(source)) or Path(source)
        return examples_of(open_table(path, data, options), data, options)


def table_in(path: Path) -> Path | None:
    """Returns the table that a path is, or the only one in a folder; None where there is none.

    Among several in a folder it is the one called train. A folder with sub-folders has none.
    """
    if not path.is_dir():
        if path.suffix.lower() in TEXTS:
            return path if _has_regular_rows(path) else None
        try:
            return path if may_be_table(path) else None
        except OSError:
            return None

    try:
        with os.scandir(path) as entries:
            visible = [entry for entry in entries if not entry.name.startswith((".", "~$"))]
    except OSError:
        return None

    tables = [entry for entry in visible if is_file(entry) and has_name_of_table(entry.name)]
    if not tables or any(is_folder(entry) for entry in visible):
        return None

    training = [entry for entry in tables if split_of(entry.name.split(".")[0]) == TRAINING]
    chosen = tables if len(tables) == 1 else training
    return Path(chosen[0].path) if len(chosen) == 1 else None


def _has_regular_rows(path: Path) -> bool:
    """Returns whether all lines of a text file have as many cells, which those of prose do not."""
    try:
        with open_regular(path) as file:
            head = file.read(GLANCE)
    except OSError:
        return False

    text = head.decode(encoding.detect(head, len(head) < GLANCE).name, "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(head) == GLANCE:
        lines = lines[:-1]
    if len(lines) < 3 or "\0" in text:
        return False

    delimiter, _ = find_delimiter("\n".join(lines[:60]) + "\n", path.suffix.lower())
    counts = [line.strip().count(delimiter) for line in lines[:60]]

    if delimiter in (SPACE, ALIGNED):
        digits = sum(character.isdigit() for character in text)
        several_cells = min(len(line.split()) for line in lines) > 1
        return several_cells and digits > 0.3 * len(text.replace(" ", ""))

    alike = sum(count == counts[1] for count in counts)
    return counts[1] > 0 and alike > 0.9 * len(counts)


FORMAT = TableFormat()
