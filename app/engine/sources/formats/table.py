"""A table: CSV and its relatives, Excel, OpenDocument, Parquet.

A row an example, or half of one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.splits import FREE, split_of
from app.engine.sources.format import Format, OpenOptions
from app.engine.sources.tables import encoding
from app.engine.sources.tables.delimiters import find_delimiter
from app.engine.sources.tables.examples import examples_of
from app.engine.sources.tables.reading import SUFFIXES, read_table

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.loaded import Examples

FREE_TEXT = (".txt", ".dat", ".data")
"""May be tables, or anything else."""

LOOK = 64 << 10


class TableFormat(Format):
    kind = "table"
    label = "Table"
    order = 55

    def matches(self, source: str) -> bool:
        return table_in(Path(source)) is not None

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = table_in(Path(source)) or Path(source)
        return examples_of(read_table(path, data, options), data, options)


def table_in(path: Path) -> Path | None:
    """The table that a path is, or the only one in a folder that has nothing else; of several the
    one called train.
    """
    if not path.is_dir():
        suffix = path.suffix.lower()
        if suffix in FREE_TEXT:
            return path if _rows_alike(path) else None

        return path if suffix in SUFFIXES else None

    try:
        with os.scandir(path) as entries:
            found = [entry for entry in entries if not entry.name.startswith((".", "~$"))]
    except OSError:
        return None

    sure = tuple(suffix for suffix in SUFFIXES if suffix not in FREE_TEXT)
    tables = [entry for entry in found if entry.is_file() and entry.name.lower().endswith(sure)]
    if not tables or any(entry.is_dir() for entry in found):
        return None

    training = [
        entry for entry in tables if split_of(os.path.splitext(entry.name)[0]) not in (FREE, 1, 2)
    ]
    chosen = tables if len(tables) == 1 else training
    return Path(chosen[0].path) if len(chosen) == 1 else None


def _rows_alike(path: Path) -> bool:
    """Whether the lines of a text file have the same cells: prose does not."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOK)
    except OSError:
        return False

    text = head.decode(encoding.detect(head, len(head) < LOOK).name, "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(head) == LOOK:
        lines = lines[:-1]
    if len(lines) < 3 or "\0" in text:
        return False

    delimiter, _ = find_delimiter("\n".join(lines[:60]) + "\n", path.suffix.lower(), str(path))
    counts = [line.strip().count(delimiter) for line in lines[:60]]

    if delimiter == " ":
        numbers = sum(character.isdigit() for character in text)
        return min(len(line.split()) for line in lines) > 1 and numbers > 0.3 * len(
            text.replace(" ", "")
        )

    alike = sum(count == counts[1] for count in counts)
    return counts[1] > 0 and alike > 0.9 * len(counts)


FORMAT = TableFormat()
