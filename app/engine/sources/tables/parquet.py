"""Parquet files, read part by part: what they announce is compared with the free memory."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from app.engine.data.names import readable
from app.engine.data.numbers import LARGEST_WHOLE, NumberStyle, find_style
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import require_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.columns import (
    Column,
    Dialect,
    Table,
    refuse_many_columns,
    unique_names,
)
from app.engine.sources.tables.growth import Growth, too_much
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.text import moment_text, names_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""How many of a unit of time are a second."""

SAMPLE_COLUMNS = 300
SAMPLE_ROWS = 200
"""At most so many columns of texts, and cells of each, decide about the number style."""

COLUMNS_PER_CHECK = 500

CELL_BYTES = 8
"""Bytes that a cell takes at least: a number, or where a text begins."""

PART_BYTES = 32 << 20
PART_ROWS = 1 << 16
"""So many rows are read at a time, or so many as have cells of PART_BYTES."""


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

    converted: list[Any] = []
    for index, field in enumerate(schema):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        with _reader(path):
            converted.append(_converted(field.type, cells[index], growth))
        cells[index] = []

    return _table(path, data, schema, converted, rows, total)


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
    """Returns the names of the columns to read: nested ones are not, for nobody uses them.

    None for all: where names have points or come twice it is not clear what they choose.
    """
    schema = file.schema_arrow
    names = [field.name for field in schema if not _is_nested(field.type)]
    clear = len(set(schema.names)) == len(schema.names) and not any("." in name for name in names)

    return names if clear and len(names) < len(schema) else None


def _with_nested(schema: Any, batch: Any) -> Any:
    """Returns the rows with a column without content for every nested one."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    read = iter(batch.columns)
    nothing = pa.nulls(batch.num_rows)
    columns = []
    for field in schema:
        nested = _is_nested(field.type)
        left_out = nested and batch.num_columns < len(schema)
        column = nothing if left_out else next(read)
        columns.append(nothing if nested else column)

    return pa.Table.from_arrays(columns, names=list(schema.names))


# --- its columns


def _is_nested(kind: Any) -> bool:
    """Returns whether a column has neither numbers nor texts nor anything written as such."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if pa.types.is_dictionary(kind):
        kind = kind.value_type

    return not (
        pa.types.is_null(kind)
        or pa.types.is_boolean(kind)
        or _is_number(kind)
        or _is_text(kind)
        or pa.types.is_temporal(kind)
    )


def _is_number(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _is_text(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or isinstance(kind, pa.UuidType)
    )


def _is_span(kind: Any) -> bool:
    """Returns whether a column holds durations or times of a day, both amounts of time."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(pa.types.is_duration(kind) or pa.types.is_time(kind))


def _converted(kind: Any, chunks: Sequence[Any], growth: Growth) -> Any:
    """Returns the cells of a column: numbers as (N,) float64, all else as Arrow large_string.

    kind: the type that the file says. Raises UserError where they take more than memory holds.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    parts = [part for chunk in chunks for part in chunk.chunks]
    if pa.types.is_dictionary(kind):
        kind = kind.value_type

    rows = sum(map(len, parts))
    growth.require(CELL_BYTES * rows)
    if _is_span(kind):
        kind, parts = pa.float64(), [_seconds(_decoded(part)) for part in parts]
    if pa.types.is_integer(kind) and any(map(_beyond_floats, parts)):
        parts = [pc.cast(_decoded(part), pa.large_string()) for part in parts]
        kind = pa.large_string()

    if _is_number(kind):
        plain = [pc.cast(_decoded(part), pa.float64(), safe=False) for part in parts]
        numbers = pa.chunked_array(plain, pa.float64()).combine_chunks()
        return np.array(pc.fill_null(numbers, float("nan")), np.float64)

    if _is_text(kind):
        texts = [_texts(part, growth) for part in parts]
    elif pa.types.is_temporal(kind):
        texts = [_moments(_decoded(part)) for part in parts]
    elif pa.types.is_boolean(kind):
        texts = [
            pc.cast(pc.if_else(_decoded(part), "True", "False"), pa.large_string())
            for part in parts
        ]
    else:
        texts = [pa.array([""], pa.large_string()).take(pa.array(np.zeros(rows, np.int8)))]

    joined = pa.concat_arrays([*texts, pa.array([], pa.large_string())])
    joined.validate(full=True)  # bytes that are no UTF-8 would fail wherever a cell is shown
    return pc.utf8_trim_whitespace(pc.fill_null(joined, ""))


def _seconds(part: Any) -> Any:
    """Returns durations, or times since midnight, in seconds: an Arrow array of float64."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    whole = pa.int32() if part.type.bit_width == 32 else pa.int64()
    counts = pc.cast(part.view(whole), pa.float64(), safe=False)
    return pc.divide(counts, pa.scalar(PER_SECOND[part.type.unit]))


def _beyond_floats(part: Any) -> bool:
    """Returns whether whole numbers of it would be the same in 64 bits of floating point."""
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load

    limits = pc.min_max(_decoded(part)).as_py()
    return any(limit is not None and abs(limit) > LARGEST_WHOLE for limit in limits.values())


def _decoded(part: Any) -> Any:
    """Returns an Arrow array without its dictionary."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return part.dictionary_decode() if pa.types.is_dictionary(part.type) else part


def _texts(part: Any, growth: Growth) -> Any:
    """Returns texts as Arrow large_string, once it is known that they fit."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    if isinstance(part.type, pa.UuidType):
        uuids = ["" if cell is None else str(cell) for cell in part.to_pylist()]
        return pa.array(uuids, pa.large_string())
    if not pa.types.is_dictionary(part.type):
        growth.require(part.nbytes)
        return part.cast(pa.large_string())

    words = part.dictionary.cast(pa.large_string())
    size = pc.sum(pc.take(pc.binary_length(words), part.indices)).as_py() or 0
    growth.require(size)
    growth.add(size)

    return words.take(part.indices)


def _moments(part: Any) -> Any:
    """Returns dates and times as Arrow large_string, as a person writes them."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if getattr(part.type, "unit", "") == "ns":  # Python has no nanoseconds
        part = part.cast(pa.timestamp("us", part.type.tz), safe=False)

    try:
        texts = ["" if cell is None else moment_text(cell) for cell in part.to_pylist()]
    except (ValueError, OverflowError):  # Python has no years beyond 9999
        return part.cast(pa.large_string())

    return pa.array(texts, pa.large_string())


def _table(
    path: Path, data: DataSettings, schema: Any, cells: Sequence[Any], rows: int, total: int
) -> Table:
    """Returns the table of columns that are converted, in the order of the schema."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    names, notes = unique_names([str(name).strip() for name in schema.names])
    samples = [
        column[:SAMPLE_ROWS].to_pylist()
        for column, field in zip(cells, schema, strict=True)
        if pa.types.is_string(field.type)
    ]
    spans = [name for name, field in zip(names, schema, strict=True) if _is_span(field.type)]
    if spans:
        notes.append(f"{names_text(spans)}: times, read in seconds.")

    style = NumberStyle()
    if samples:
        style = find_style(samples[:SAMPLE_COLUMNS], ";", data.decimal, data.thousands)

    columns = [
        Column(name, style, values=column)
        if isinstance(column, np.ndarray)
        else Column(name, style, column, nested=_is_nested(field.type))
        for name, column, field in zip(names, cells, schema, strict=True)
    ]
    return Table(
        os.fspath(path),
        tuple(columns),
        np.arange(1, rows + 1),
        Dialect("Parquet", True, style),
        (),
        tuple(notes),
        rows == total,
        total,
    )
