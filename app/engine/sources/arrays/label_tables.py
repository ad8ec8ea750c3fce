"""Labels of arrays that stand in a table beside them: a column for each sort of label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.array_file import StoredArray
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.arrays.headers import ArrayHeader, header_of, plain
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from app.engine.sources.tables.columns import Column, Table

POSITIONS = frozenset({"index", "idx", "id", "row", "number", "no", "nr"})
"""Names of columns that may say which example a row is of."""

CLASS_NAMES = ("char", "name", "class", "classname", "label")
"""Names of the columns of a class map that hold the names, the best first."""


def headers_of_table(
    path: Path, name: str, counts: Collection[tuple[int, ...]], is_names: bool = False
) -> list[ArrayHeader]:
    """Returns the columns of a table as arrays, [] where it has no row for each example.

    name: of the table in its data set. counts: how many examples there are, (N,) each. is_names:
    whether it holds the names of the classes. What is no table is left out. Raises OSError.
    """
    try:
        table = read_table(path, DataSettings())
    except UserError:
        return []

    if is_names:
        return _class_names(table)
    if (len(table),) not in counts:
        return []

    order = _order(table)
    columns = [column for column in table.columns if not column.nested]
    headers = []
    for column in columns:
        values = _values(column)[order]
        key = name if len(columns) == 1 else column.name
        header = header_of(_stored(key, values), key, values=values)
        split = header_of(_stored(name, values), name).split
        headers.append(ArrayHeader(column.name, header.name, split, header.stored, None, values))

    return headers


def _order(table: Table) -> np.ndarray:
    """Returns the rows in the order of the examples: as they stand, or as a column counts them."""
    rows = np.arange(len(table))
    for column in table.columns:
        if plain(column.name) in POSITIONS and column.numeric:
            places = column.numbers[0]
            for first in (0, 1):
                if np.array_equal(np.sort(places), rows + first):
                    return np.argsort(places, kind="stable")

    return rows


def _class_names(table: Table) -> list[ArrayHeader]:
    named = {plain(column.name): column for column in table.columns}
    for name in CLASS_NAMES:
        if name in named and len(table) > 1:
            values = np.array(named[name].texts.to_pylist())[_order(table)]
            return [header_of(_stored("class_names", values), "class_names", values=values)]

    return []


def _values(column: Column) -> np.ndarray:
    if column.numeric and not column.date:
        return column.numbers[0]

    return np.array(column.texts.to_pylist(), np.str_)


def _stored(key: str, values: np.ndarray) -> StoredArray:
    return StoredArray(key, values.shape, values.dtype, values.nbytes)
