"""Lists in the cells of a table, of which every place is a column: settings may name the lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import plain
from app.engine.sources.arrays.listed_tags import tags_there
from app.engine.sources.tables.columns import Column

if TYPE_CHECKING:
    from app.engine.data.reading import Reading
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table


def places_of(table: Table, name: str) -> list[str]:
    """Returns the columns that are the places of a list, [name] where it is none."""
    if name in table.by_name:
        return [name]

    return [column.name for column in table.columns if column.list_name == name] or [name]


def with_places(table: Table, data: DataSettings) -> DataSettings:
    """Returns settings in which the places of lists stand for the lists that are named."""
    if not any(column.list_name for column in table.columns):
        return data

    def spread(values: dict[str, Any]) -> dict[str, Any]:
        return {place: value for name, value in values.items() for place in places_of(table, name)}

    target = data.target
    if target is not None:
        names = [target] if isinstance(target, str) else target
        places = [place for name in names for place in places_of(table, name)]
        target = places if places != names else target

    return data.replace(target=target, columns=spread(data.columns), missing=spread(data.missing))


def with_joined_places(table: Table, reading: Reading) -> Table:
    """Returns a later table in which lists of tags are tags, though all have the same length.

    In training they were tags; lists of one length are read as a column a place at first.
    """
    for name in reading.targets:
        if reading.separator and name not in table.by_name:
            table = with_joined_list(table, name, reading.separator)

    return table


def with_joined_list(table: Table, name: str, separator: str) -> Table:
    """Returns a table in which the places of a list of numbers are one column of tags.

    -1 fills up and is no tag. A table without such a list stays as it is.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    places = [column for column in table.columns if column.list_name == name]
    if not places:
        return table

    rows = np.stack([column.numbers[0] for column in places], axis=1)
    texts = [
        separator.join(plain(value) for value in row[there].tolist())
        for row, there in zip(rows, tags_there(rows), strict=True)
    ]
    cells = pa.array(texts, pa.large_string())
    joined = Column(name, places[0].style, cells, nominal=True, separator=separator)
    others = [column for column in table.columns if column not in places]
    return replace(table, columns=(*others, joined))
