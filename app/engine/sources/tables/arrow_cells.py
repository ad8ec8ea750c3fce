"""Columns of Arrow, of whatever type, as columns of a table: numbers, texts, lists of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import LARGEST_WHOLE, plain
from app.engine.sources.tables.columns import SECONDS
from app.engine.text import moment_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.tables.growth import Growth

PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""How many of a unit of time are a second."""

CELL_BYTES = 8
"""Bytes that a cell takes at least: a number, or where a text begins."""

LONGEST_LIST = 20_000
"""Numbers: a longer list is no row of a table."""

MOST_TAGS = 1_000
"""More different whole numbers in lists are no tags, but steps or the words of a text."""

SEPARATORS = (";", "|", ",", "/")
"""What may stand between the words of a list in one cell."""


@dataclass(frozen=True)
class Cells:
    """A column as it is read.

    content: (N,) float64, or an Arrow large_string array. nested: why it is not read, "" where it
    is. list_name: of lists, the name of the column whose place in them this is. unit: of numbers.
    nominal: whether its values are names, though they may look like numbers. separator: what stands
    between the words of what were lists, "" for anything else.
    """

    name: str
    content: Any
    nested: str = ""
    list_name: str = ""
    unit: str = ""
    nominal: bool = False
    separator: str = ""


def cells_of(name: str, kind: Any, chunks: Sequence[Any], growth: Growth) -> list[Cells]:
    """Returns a column of Arrow as columns of a table: several for lists of numbers.

    kind: the type that the file says. chunks: chunked arrays. Raises UserError where they take more
    than memory holds.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    parts = [_stored(part) for chunk in chunks for part in chunk.chunks]
    kind = stored_type(kind)
    if reason := unread_reason(kind):
        rows = sum(map(len, parts))
        blank = pa.array([""], pa.large_string()).take(pa.array(np.zeros(rows, np.int8)))
        return [Cells(name, blank, reason)]

    if is_list(kind):
        return _lists(name, parts, growth)

    unit = SECONDS if is_span(kind) else ""
    return [Cells(name, _converted(kind, parts, growth), unit=unit)]


# --- types


def stored_type(kind: Any) -> Any:
    """Returns the type in which values are stored: without a dictionary or a name of its own."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        kind = kind.storage_type

    return kind


def unread_reason(kind: Any) -> str:
    """Returns why columns of a type are not read, "" where they are."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    kind = stored_type(kind)
    while is_list(kind):
        kind = stored_type(kind.value_type)
        if pa.types.is_temporal(kind) and not is_span(kind):
            return "it has lists of dates"

    if pa.types.is_struct(kind):
        return "it has records within its cells"
    if pa.types.is_map(kind):
        return "it has names with values within its cells"
    if (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    ):
        return "it has bytes, such as those of a file"
    if is_scalar(kind):
        return ""

    return f"it has values of the type {kind}"


def is_list(kind: Any) -> bool:
    """Returns whether a column has lists, of one length or of several."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def is_scalar(kind: Any) -> bool:
    """Returns whether a column has numbers, texts, or anything that is written as such."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(
        pa.types.is_null(kind)
        or pa.types.is_boolean(kind)
        or is_number(kind)
        or is_text(kind)
        or (pa.types.is_temporal(kind) and not pa.types.is_interval(kind))
    )


def is_number(kind: Any) -> bool:
    """Returns whether a column has numbers of any width, decimals among them."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def is_text(kind: Any) -> bool:
    """Returns whether a column has texts, or identifiers that are written as such."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or isinstance(kind, pa.UuidType)
    )


def is_span(kind: Any) -> bool:
    """Returns whether a column holds durations or times of a day, both amounts of time."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(pa.types.is_duration(kind) or pa.types.is_time(kind))


# --- one value a cell


def _converted(kind: Any, parts: Sequence[Any], growth: Growth) -> Any:
    """Returns the cells of a column: numbers as (N,) float64, all else as Arrow large_string."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    rows = sum(map(len, parts))
    growth.require(CELL_BYTES * rows)
    if is_span(kind):
        kind, parts = pa.float64(), [_seconds(_decoded(part)) for part in parts]
    if _may_be_beyond_floats(kind) and any(map(_beyond_floats, parts)):
        parts = [pc.cast(_decoded(part), pa.large_string()) for part in parts]
        kind = pa.large_string()

    if is_number(kind):
        numbers = [pc.cast(_decoded(part), pa.float64(), safe=False) for part in parts]
        joined = pa.chunked_array(numbers, pa.float64()).combine_chunks()
        return np.array(pc.fill_null(joined, float("nan")), np.float64)

    if is_text(kind):
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


def _may_be_beyond_floats(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return bool(pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0))


def _beyond_floats(part: Any) -> bool:
    """Returns whether whole numbers of it would be the same in 64 bits of floating point."""
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load

    limits = pc.min_max(_decoded(part)).as_py()
    return any(limit is not None and abs(limit) >= LARGEST_WHOLE for limit in limits.values())


def _stored(part: Any) -> Any:
    """Returns an Arrow array without a type of its own name, such as that of a tensor."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    named = isinstance(part.type, pa.BaseExtensionType) and not isinstance(part.type, pa.UuidType)
    return part.storage if named else part


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


# --- lists


def _lists(name: str, parts: Sequence[Any], growth: Growth) -> list[Cells]:
    """Returns a column for every place in lists of numbers that are equally long.

    Lists of texts, and of few different whole numbers that are not, become one column of texts with
    a sign between the words; lists of other lengths within lists are not read.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    rows = sum(map(len, parts))
    joined = pa.chunked_array(parts).combine_chunks() if parts else pa.array([], pa.null())
    if isinstance(joined, pa.ChunkedArray):
        joined = pa.concat_arrays(joined.chunks)

    valid = np.array(joined.is_valid(), bool)
    shape, values, lengths = _flattened(joined.drop_null())
    kind = stored_type(values.type)
    scalar = is_number(kind) or pa.types.is_boolean(kind) or is_span(kind)
    if lengths is None and scalar and rows:
        return _places(name, shape, valid, values, growth)

    if lengths is not None and (shape or is_list(kind)):
        return [Cells(name, _blank(rows), f"it has lists of {lengths} values within lists")]
    if scalar and not _may_be_tags(kind, values):
        return [Cells(name, _blank(rows), f"it has lists of different lengths ({lengths})")]

    growth.require(values.nbytes)
    words = [
        None if row is None else ["" if word is None else _word(word) for word in row]
        for row in joined.to_pylist()
    ]
    every = {word for row in words if row for word in row}
    separator = next((sign for sign in SEPARATORS if not any(sign in word for word in every)), ";")
    texts = ["" if row is None else separator.join(row) for row in words]
    cells = pa.array(texts, pa.large_string())
    return [Cells(name, cells, nominal=True, separator=separator)]


def _may_be_tags(kind: Any, values: Any) -> bool:
    """Returns whether the numbers in lists of several lengths may be those of classes."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    return pa.types.is_integer(kind) and int(pc.count_distinct(values).as_py()) <= MOST_TAGS


def _flattened(lists: Any) -> tuple[list[int], Any, str | None]:
    """Returns the lengths of lists and of lists within them, all their values, and None.

    Where lengths differ, those before that, what they hold, and "3 to 7" in place of None.
    """
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load

    shape: list[int] = []
    while is_list(lists.type):
        lengths = pc.min_max(pc.list_value_length(lists)).as_py()
        least, most = lengths["min"] or 0, lengths["max"] or 0
        values = lists.flatten()
        if least != most or lists.null_count:
            return shape, values, f"{least:,} to {most:,}"
        shape.append(int(most))
        lists = _stored(values)

    return shape, lists, None


def _places(
    name: str, shape: Sequence[int], valid: np.ndarray, values: Any, growth: Growth
) -> list[Cells]:
    """Returns a column of numbers for every place in lists of this shape.

    valid: (N,) bool, which rows have a list. values: Arrow, those of all of them.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    size = int(np.prod(shape))
    rows = len(valid)
    if not size or size > LONGEST_LIST:
        reason = f"it has lists of {size:,} numbers" if size else "its lists are empty"
        return [Cells(name, _blank(rows), reason)]

    growth.require(2 * CELL_BYTES * rows * size)
    kind = stored_type(values.type)
    unit = SECONDS if is_span(kind) else ""
    if pa.types.is_boolean(kind):
        values = _decoded(values).cast(pa.int8())
        kind = pa.int8()

    flat = _converted(kind, [values], growth)
    if not isinstance(flat, np.ndarray):  # whole numbers that are names of something
        return [Cells(name, _blank(rows), "it has lists of large whole numbers")]

    numbers = np.full((size, rows), np.nan)
    numbers[:, valid] = flat.reshape(-1, size).T
    growth.add(numbers.nbytes)
    return [
        Cells(f"{name}[{_place(index, shape)}]", column, list_name=name, unit=unit)
        for index, column in enumerate(numbers)
    ]


def _place(index: int, shape: Sequence[int]) -> str:
    return ", ".join(str(number) for number in np.unravel_index(index, tuple(shape)))


def _word(value: Any) -> str:
    return plain(float(value)) if isinstance(value, (int, float)) else str(value).strip()


def _blank(rows: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    return pa.array([""], pa.large_string()).take(pa.array(np.zeros(rows, np.int8)))
