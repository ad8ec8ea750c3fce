"""A file of a saved data set, read part by part: numbers, texts, classes and pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.splits import UNASSIGNED
from app.engine.files import open_regular
from app.engine.sources.saved.batches import MARK, guard, read_batches
from app.engine.sources.saved.features import Feature, begins_as_picture, features_of, is_bytes
from app.engine.sources.saved.shards import PARQUET
from app.engine.sources.saved.table import folders_of, table_of
from app.engine.sources.tables.arrow_cells import is_list, stored_type
from app.engine.sources.tables.growth import Growth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.sources.format import Check
    from app.engine.sources.tables.columns import Table

ROWS = 1 << 14
"""Rows of a part at most; a batch of a file may hold all of its rows."""


def can_be_parted(path: Path) -> bool:
    """Returns whether a file has no lists and no sounds: of lists all rows say what they are.

    Raises UserError, OSError.
    """
    schema = _schema(path)
    with guard(path):
        features = features_of(schema, folders_of(path, path))
        sounds = any(feature.is_sound for feature in features.values())
        return not sounds and not any(is_list(stored_type(kind)) for kind in schema.types)


def saved_parts(path: Path, check: Check) -> Iterator[Table]:
    """Yields the rows of a file part by part. Raises as `read_saved`."""
    features: dict[str, Feature] = {}
    first = 1
    for batch in read_batches(path, Growth(path), check, as_a_whole=False):
        if not features:
            features = _features(path, batch)

        for start in range(0, batch.num_rows, ROWS):
            part = batch.slice(start, ROWS)
            splits = np.full(part.num_rows, UNASSIGNED)
            with guard(path):
                growth = Growth(path)
                table = table_of(path, batch.schema, [part], splits, None, features, growth, first)
            yield replace(table, notes=())
            first += part.num_rows


def _features(path: Path, batch: Any) -> dict[str, Feature]:
    """Returns what all columns are: whether bytes are pictures is seen in the first rows."""
    with guard(path):
        found = features_of(batch.schema, folders_of(path, path))
        pictures = {
            name: Feature(is_picture=True)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
            if is_bytes(column.type) and begins_as_picture(column)
        }

    return dict.fromkeys(batch.schema.names, Feature()) | pictures | found


def _schema(path: Path) -> Any:
    """Returns the Arrow schema of a file. Raises UserError, OSError."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.parquet as parquet  # noqa: PLC0415 - as above

    with open_regular(path) as stream, guard(path):
        if path.suffix.lower() == PARQUET:
            return parquet.ParquetFile(stream).schema_arrow

        head = stream.read(len(MARK))
        stream.seek(0)
        source = pa.PythonFile(stream, "r")
        opened = pa.ipc.open_file(source) if head == MARK else pa.ipc.open_stream(source)
        return opened.schema
