"""Parquet files, read part by part: what they announce is compared with the free memory."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from app.engine.data.names import readable
from app.engine.data.numbers import NumberStyle
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import require_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.arrow_cells import (
    CELL_BYTES,
    Cells,
    cells_of,
    is_list,
    stored_type,
    unread_reason,
)
from app.engine.sources.tables.columns import Table
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.growth import Growth, too_much
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.sources.tables.written.column_names import refuse_many_columns, unique_names
from app.engine.sources.tables.written.table import column_of, table_of_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

COLUMNS_PER_CHECK = 500

PART_BYTES = 32 << 20
PART_ROWS = 1 << 16
"""So many rows are read at a time, or so many as have cells of PART_BYTES."""

MOST_CELLS = 400_000
"""So many are read at once wherever a file may also be read part by part."""


def read_parquet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads a Parquet file; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    with open_regular(path) as stream:
        file, schema = _open(path, stream)
        total: int = file.metadata.num_rows

        most = rows_within_limit(most, len(schema))
        complete = most is None or total <= most
        growth = Growth(path)
        if complete:
            _require_all(path, file)
        parts = _read(path, file, total if most is None else min(total, most), growth, check)

    rows = sum(part.num_rows for part in parts)
    cells: list[list[Any]] = [[part.column(name) for part in parts] for name in range(len(schema))]
    del parts  # every column is freed once it is converted

    converted: list[Cells] = []
    for index, field in enumerate(schema):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        with _reader(path):
            converted += cells_of(str(field.name).strip(), field.type, cells[index], growth)
        cells[index] = []

    refuse_many_columns(path, len(converted))
    return table_of_cells(path, "Parquet", data, converted, rows, total, check)


def can_be_parted(path: Path) -> bool:
    """Returns whether a Parquet file can be read part by part: it is large and has no lists.

    How many columns lists become is seen in all rows alone. Raises UserError, OSError.
    """
    with open_regular(path) as stream:
        file, schema = _open(path, stream)
        cells = file.metadata.num_rows * max(1, len(schema))

    lists = any(is_list(stored_type(field.type)) for field in schema)
    return cells > MOST_CELLS and not lists


def parquet_parts(path: Path, check: Check) -> Iterator[Table]:
    """Yields the rows of a Parquet file part by part, numbers in texts in the usual style.

    Raises as `read_parquet`.
    """
    with open_regular(path) as stream:
        file, schema = _open(path, stream)
        with _reader(path):
            batches = file.iter_batches(_rows_at_a_time(len(schema)), columns=_wanted(file))

        first = 1
        while True:
            check()
            with _reader(path):
                batch = next(batches, None)
            if batch is None:
                break

            yield _part(path, _with_nested(schema, batch), schema, first)
            first += batch.num_rows

    if first - 1 < file.metadata.num_rows:
        raise _damaged(path)


def _part(path: Path, part: Any, schema: Any, first: int) -> Table:
    """Returns some rows as a table. first: the number of the first of them."""
    growth = Growth(path)
    converted: list[Cells] = []
    for index, field in enumerate(schema):
        with _reader(path):
            name = str(field.name).strip()
            converted += cells_of(name, field.type, [part.column(index)], growth)

    style = NumberStyle()
    names, _ = unique_names([cells.name for cells in converted])
    columns = [column_of(name, cells, style) for name, cells in zip(names, converted, strict=True)]
    return Table(
        os.fspath(path),
        tuple(columns),
        np.arange(first, first + part.num_rows),
        Dialect("Parquet", True, style),
    )


def _open(path: Path, stream: BinaryIO) -> tuple[Any, Any]:
    """Returns the ParquetFile and its Arrow schema.

    Raises UserError for a damaged one, or one of too many columns.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.parquet as parquet  # noqa: PLC0415 - as above

    with _reader(path):
        plain = parquet.ParquetFile(stream)
        schema = plain.schema_arrow
        width = plain.metadata.num_columns

    refuse_many_columns(path, width)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    if not texts:
        return plain, schema

    # Texts that the file has once, with numbers in the rows, stay so until it is known how much
    # they are: a text of a megabyte in a million rows takes a few kilobytes in the file.
    with _reader(path):
        file = parquet.ParquetFile(stream, metadata=plain.metadata, read_dictionary=texts)
    return file, schema


def _damaged(path: Path, _words: str = "") -> UserError:
    return unusable(path, "is a damaged Parquet file", "Save it again.")


@contextmanager
def _reader(path: Path) -> Iterator[None]:
    """Goes around every call of pyarrow: what it raises is one of two sentences.

    Its OSError without a number says that the content is wrong, unlike that of the system. A type
    that it does not know, such as the 128-bit integers of Polars, makes the whole file unreadable.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    try:
        with foreign_reader(lambda words: _damaged(path, words)):
            yield
    except MemoryError as error:
        raise too_much(path, "a part of it needs more") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _damaged(path) from error
    except UserError as error:
        if isinstance(error.__cause__, pa.ArrowNotImplementedError):
            raise unusable(
                path,
                f"has a column of a type that is not read ({error.__cause__})",
                "Convert that column to a usual type, such as a 64-bit number, and save it again.",
            ) from error
        raise


# --- reading


def _read(path: Path, file: Any, rows: int, growth: Growth, check: Check) -> list[Any]:
    """Returns the first rows in Arrow tables of some rows each.

    Raises UserError for what is damaged, or is more than memory holds.
    """
    with _reader(path):
        schema = file.schema_arrow
        batches = file.iter_batches(_rows_at_a_time(len(schema)), columns=_wanted(file))

    parts: list[Any] = []
    while rows > 0:
        check()
        with _reader(path):
            batch = next(batches, None)
            if batch is None:
                raise _damaged(path)

            growth.add(batch.nbytes)
            parts.append(_with_nested(schema, batch.slice(0, rows)))
            rows -= batch.num_rows

    return parts


def _rows_at_a_time(width: int) -> int:
    return max(1, min(PART_ROWS, PART_BYTES // (CELL_BYTES * max(1, width))))


def _require_all(path: Path, file: Any) -> None:
    """Raises UserError where a file announces more than fits into memory.

    It may announce too little: what is read is counted as well.
    """
    metadata = file.metadata
    with _reader(path):
        groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
        announced = sum(max(0, group.total_byte_size) for group in groups)
        rows = sum(max(0, group.num_rows) for group in groups)

    if rows != metadata.num_rows:
        raise _damaged(path)

    cells = CELL_BYTES * rows * len(file.schema_arrow)
    require_memory(max(announced, cells), readable(path), "cells")


def _wanted(file: Any) -> list[str] | None:
    """Returns the names of the columns to read: not of those that hold records or bytes.

    None for all: where names have points or come twice it is not clear what they choose.
    """
    schema = file.schema_arrow
    names = [field.name for field in schema if not unread_reason(field.type)]
    clear = len(set(schema.names)) == len(schema.names) and not any("." in name for name in names)

    return names if clear and len(names) < len(schema) else None


def _with_nested(schema: Any, batch: Any) -> Any:
    """Returns the rows with a column without content for every nested one."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    read = iter(batch.columns)
    nothing = pa.nulls(batch.num_rows)
    columns = []
    for field in schema:
        nested = unread_reason(field.type)
        left_out = nested and batch.num_columns < len(schema)
        column = nothing if left_out else next(read)
        columns.append(nothing if nested else column)

    return pa.Table.from_arrays(columns, names=list(schema.names))
