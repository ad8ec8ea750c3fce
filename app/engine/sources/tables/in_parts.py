"""A large table for a trained network, read part by part: its size is bounded by no memory.

It is gone through twice. The first time rows from all over it are kept; they say how it is written,
as all rows of a small table do. The second time every part is read so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.sources.tables.as_trained import find_columns, later_reading
from app.engine.sources.tables.parted.opening import parted_file
from app.engine.sources.tables.parted.parted_file import ROWS
from app.engine.sources.tables.reading import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.data.dataset import Description
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.tables.as_trained import LaterReading
    from app.engine.sources.tables.columns import Column, Table
    from app.engine.sources.tables.parted.parted_file import PartedFile

FIRST_ROWS = 1_000
LAST_ROWS = 200
"""So many rows at the beginning and at the end of a table are among those that are looked at."""

MOST_ROWS = 10_000
MOST_CELLS = 200_000
"""At most so many rows, or as many as have so many cells, say how a table is written."""


@dataclass(frozen=True)
class TableInParts:
    """A table that is read part by part.

    sample: rows from all over it, as the file has them. total: how many rows are examples.
    """

    sample: Table
    total: int
    reading: LaterReading = field(repr=False)
    _file: PartedFile = field(repr=False)
    _settings: DataSettings = field(repr=False)

    def __iter__(self) -> Iterator[tuple[Table, Table]]:
        """Yields the rows part by part: as the file has them, and as in training.

        Raises UserError and OSError.
        """
        left = self.total
        for large in self._file.parts(self._settings):
            skipped = large.skipped
            for first in range(0, len(large), ROWS):
                rows = np.arange(first, min(first + ROWS, len(large), first + left))
                if not len(rows):
                    break

                part = replace(large.take(rows), skipped=skipped, notes=())
                left -= len(rows)
                skipped = ()
                yield part, self.reading.apply(part)

    def close(self) -> None:
        """Removes what was put on the disk to read it."""
        self._file.close()


def open_in_parts(
    path: Path, data: DataSettings, trained: Description, check: Check
) -> TableInParts | None:
    """Opens a table for a network that was trained on another one; None for one to read as a whole.

    Read as a whole are small tables, those with lists in cells, and those for a network that was
    trained on no table. Raises UserError where a column is not there, where one has another unit
    than in training and for a damaged file, OSError, and whatever `check` raises.
    """
    file = parted_file(path, check, SMALL) if trained.reading.inputs else None
    if file is None:
        return None

    try:
        return _opened(file, data, trained)
    except BaseException:
        file.close()
        raise


def _opened(file: PartedFile, data: DataSettings, trained: Description) -> TableInParts:
    _, settings = find_columns(data, trained.reading, file.beginning)
    sample, total = sampled(file.sampled_parts(settings))
    sample = file.finished(replace(sample, complete=True, estimated=total), settings)
    reading = later_reading(sample, trained)
    return TableInParts(sample, total - sample.dialect.skip_footer, reading, file, settings)


def sampled(parts: Iterator[Table]) -> tuple[Table, int]:
    """Returns rows from all over a table, the first and the last ones among them, and its rows."""
    step = 1
    total = 0
    kept: list[tuple[np.ndarray, Table]] = []
    last: list[tuple[np.ndarray, Table]] = []
    for part in parts:
        places = total + np.arange(len(part))
        total += len(part)
        most = max(FIRST_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, len(part.columns))))
        while len(part) > most * step:
            step *= 2

        kept.append(_some(places, part, _is_kept(places, step)))
        last = [*last[-1:], _some(places, part, places >= total - LAST_ROWS)]
        while sum(len(rows) for rows, _ in kept) > 2 * most:
            step *= 2
            kept = [_some(rows, table, _is_kept(rows, step)) for rows, table in kept]

    places = np.concatenate([rows for rows, _ in (*kept, *last)])
    table = joined([table for _, table in (*kept, *last)])
    _, wanted = np.unique(places, return_index=True)
    return table.take(wanted), total


def _is_kept(places: np.ndarray, step: int) -> np.ndarray:
    return np.asarray((places < FIRST_ROWS) | (places % step == 0))


def _some(places: np.ndarray, table: Table, wanted: np.ndarray) -> tuple[np.ndarray, Table]:
    rows = np.flatnonzero(wanted)
    return places[rows], replace(table.take(rows), skipped=(), notes=())


def joined(tables: list[Table]) -> Table:
    """Returns tables of the same columns as one."""
    columns = zip(*(table.columns for table in tables), strict=True)
    numbers = np.concatenate([table.row_numbers for table in tables])
    return replace(tables[0], columns=tuple(map(_joined, columns)), row_numbers=numbers)


def _joined(columns: tuple[Column, ...]) -> Column:
    """Returns parts of a column as one: of numbers where all are, else of texts."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    values = [column.values for column in columns if column.values is not None]
    if len(values) == len(columns):
        return replace(columns[0], values=np.concatenate(values))

    texts = pa.concat_arrays([column.texts for column in columns])
    return replace(columns[0], values=None, stored_texts=texts)
