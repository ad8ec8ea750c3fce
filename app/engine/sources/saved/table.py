"""Reads a saved data set as a table: pictures with their bytes, classes by their names."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.names import readable
from app.engine.data.numbers import NumberStyle
from app.engine.data.splits import UNASSIGNED
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.sources.format import Check, unusable
from app.engine.sources.saved.batches import guard, read_batches
from app.engine.sources.saved.contents import PictureColumn, SoundColumn, TagColumn
from app.engine.sources.saved.features import Feature, begins_as_picture, features_of, is_bytes
from app.engine.sources.saved.shards import ARROW, PARQUET, Shard, shards_in
from app.engine.sources.tables.arrow_cells import SEPARATORS, cells_of
from app.engine.sources.tables.columns import Column, Table
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.roles import SPLIT_NAMES
from app.engine.sources.tables.written.column_names import refuse_many_columns, unique_names
from app.engine.sources.tables.written.table import column_of, place_notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SPLIT_WORDS = ("train", "validation", "test")


def is_saved(path: Path) -> bool:
    """Returns whether a folder or a file holds a saved data set that is no plain table.

    A Parquet file is one where it has files in its cells, or classes with names.
    """
    try:
        if path.is_dir():
            return bool(shards_in(path))
        if path.suffix.lower() not in (ARROW, PARQUET):
            return False

        return path.suffix.lower() == ARROW or _has_features(path)
    except (OSError, UserError, MemoryError):
        return False  # who reads it says what is wrong


def read_saved(source: Path, check: Check, most: int | None = None) -> Table:
    """Reads a saved data set; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    shards = shards_in(source) if source.is_dir() else [Shard(source)]
    growth = Growth(source)
    parts: list[Any] = []
    splits: list[np.ndarray] = []
    schema = None
    rows = 0
    for shard in shards:
        for part in read_batches(shard.path, growth, check):
            schema = schema or part.schema
            if part.schema.names != schema.names or part.schema.types != schema.types:
                raise unusable(
                    shard.path, "has other columns than the first file", "Save all files alike."
                )

            kept = part if most is None else part.slice(0, most - rows)
            rows += kept.num_rows
            parts.append(kept)
            splits.append(np.full(kept.num_rows, shard.split))
            if most is not None and rows >= most:
                break
        if most is not None and rows >= most:
            break

    if schema is None:
        raise unusable(source, "has no rows", "Save it again.")

    with guard(source):
        folders = folders_of(shards[0].path, source)
        features = features_of(schema, folders)
        return table_of(source, schema, parts, np.concatenate(splits), most, features, growth)


# --- reading


def _has_features(path: Path) -> bool:
    """Returns whether a Parquet file has pictures, sounds or names of classes.

    Raises UserError and OSError.
    """
    import pyarrow.parquet as parquet  # noqa: PLC0415 - pyarrow takes 0.1 s to load

    with open_regular(path) as stream:
        if stream.read(4) != b"PAR1":
            return False

        with guard(path):
            file = parquet.ParquetFile(stream)
            schema = file.schema_arrow
            if features_of(schema, folders_of(path, path)):
                return True

            candidates = [field.name for field in schema if is_bytes(field.type)]
            first = next(file.iter_batches(1, columns=candidates), None) if candidates else None
            return first is not None and any(map(begins_as_picture, first.columns))


def folders_of(shard: Path, source: Path) -> list[Path]:
    """Returns the folders in which a file of a data set stands, up to the data set itself.

    Of a single file also the one around its folder, which may be called data or be of a split.
    """
    if not source.is_dir():
        return [shard.parent, shard.parent.parent]

    return [folder for folder in shard.parents if folder == source or source in folder.parents]


# --- its columns


def table_of(
    source: Path,
    schema: Any,
    parts: Sequence[Any],
    splits: np.ndarray,
    most: int | None,
    features: Mapping[str, Feature],
    growth: Growth,
    first: int = 1,
) -> Table:
    """Returns batches of a data set as a table. splits: (N,) of the rows, see UNASSIGNED.

    first: the number of the first row. Raises what pyarrow raises, and UserError where they take
    more than memory holds.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    columns: list[Column] = []
    for index, name in enumerate(schema.names):
        array = pa.chunked_array([part.column(index) for part in parts], schema.types[index])
        feature = features.get(name, Feature())
        columns += _columns(str(name).strip(), array, feature, growth, first)

    refuse_many_columns(source, len(columns))
    names, notes = unique_names([column.name for column in columns])
    columns = [replace(column, name=name) for column, name in zip(columns, names, strict=True)]
    notes += place_notes([column.list_name for column in columns])

    if (splits != UNASSIGNED).any():
        free = next((name for name in SPLIT_NAMES if name not in names), None)
        if free is not None:
            words = [SPLIT_WORDS[split] if split >= 0 else "" for split in splits.tolist()]
            columns.append(Column(free, NumberStyle(), pa.array(words, pa.large_string())))

    rows = len(splits)
    return Table(
        os.fspath(source),
        tuple(columns),
        np.arange(first, first + rows),
        Dialect("Parquet", True, NumberStyle()),
        notes=tuple(notes),
        complete=most is None or rows < most,
        estimated=rows,
    )


def _columns(name: str, array: Any, feature: Feature, growth: Growth, first: int) -> list[Column]:
    """Returns an Arrow chunked array as a column, several for lists of numbers.

    Raises what pyarrow raises, and UserError where they take more than memory holds.
    """
    column = _column(name, array, feature, first)
    if not column.nested or feature.is_sound:
        return [column]

    converted = cells_of(name, array.type, [array], growth)
    return [column_of(cells.name, cells, column.style) for cells in converted]


def _column(name: str, array: Any, feature: Feature, first: int) -> Column:
    """Returns a column of an Arrow chunked array. Raises what pyarrow raises."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    kind = array.type
    style = NumberStyle()
    if feature.is_sound:
        return SoundColumn(name, style, pa.array([""] * len(array), pa.large_string()), nested=True)
    if feature.is_picture or (is_bytes(kind) and any(map(begins_as_picture, array.chunks))):
        return _pictures(name, array, first)

    if pa.types.is_dictionary(kind):
        array = array.cast(kind.value_type)
        kind = array.type

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lists = _word_lists(array, feature.names)
        if lists is not None:
            separator = _separator(lists)
            cells = pa.array([separator.join(words) for words in lists], pa.large_string())
            return TagColumn(name, style, cells, separator=separator)
    if feature.names and pa.types.is_integer(kind):
        return Column(name, style, _class_texts(array, feature.names))
    if pa.types.is_boolean(kind):
        words = pc.if_else(array, "True", "False")
        return Column(name, style, _texts(words))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        plain = pc.fill_null(pc.cast(array, pa.float64(), safe=False), float("nan"))
        return Column(name, style, values=np.array(plain.combine_chunks(), np.float64))
    if pa.types.is_nested(kind) or is_bytes(kind):
        blank = pa.array([""] * len(array), pa.large_string())
        return Column(name, style, blank, nested=True)

    return Column(name, style, _texts(pc.cast(array, pa.large_string())))


def _texts(array: Any) -> Any:
    """Returns a chunked array of texts as one array, trimmed, "" where there is nothing."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    texts = pc.cast(array, pa.large_string())
    joined = pa.concat_arrays([*texts.chunks, pa.array([], pa.large_string())])
    return pc.utf8_trim_whitespace(pc.fill_null(joined, ""))


def _class_texts(array: Any, names: Sequence[str]) -> Any:
    """Returns the names of whole numbers, "" for those of none, such as the -1 of a test set."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    count = len(names)
    texts = [
        names[number] if number is not None and 0 <= number < count else ""
        for number in array.to_pylist()
    ]
    return pa.array(texts, pa.large_string())


def _word_lists(array: Any, names: Sequence[str]) -> list[list[str]] | None:
    """Returns lists of words, or of the names of classes; None for lists of something else."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    inner = array.type.value_type
    if names and pa.types.is_integer(inner):
        known = range(len(names))
        return [
            [names[number] for number in cell or () if number in known]
            for cell in array.to_pylist()
        ]
    if pa.types.is_string(inner) or pa.types.is_large_string(inner):
        return [[readable(word) for word in cell or () if word] for cell in array.to_pylist()]

    return None


def _separator(lists: Sequence[Sequence[str]]) -> str:
    """Returns a sign that no word has."""
    words = {word for own in lists for word in own}
    return next((sign for sign in SEPARATORS if not any(sign in word for word in words)), "\x1f")


def _pictures(name: str, array: Any, first: int) -> PictureColumn:
    """Returns a column of files: their bytes and their names, of some the number of their row."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    kind = array.type
    found = array if is_bytes(kind) else pc.struct_field(array, "bytes")
    contents = pc.cast(found, pa.large_binary())
    contents = pa.concat_arrays([*contents.chunks, pa.array([], pa.large_binary())])
    paths: list[str | None] = [None] * len(array)
    index = -1 if is_bytes(kind) else kind.get_field_index("path")
    if index >= 0 and pa.types.is_string(kind.field(index).type):
        paths = pc.struct_field(array, "path").to_pylist()

    names = [
        readable(os.path.basename(path)) if path else f"picture {number:,}"
        for number, path in enumerate(paths, first)
    ]
    return PictureColumn(name, NumberStyle(), pa.array(names, pa.large_string()), contents=contents)
