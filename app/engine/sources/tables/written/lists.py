"""Lists in the cells of a table, of which every place is a column: settings may name the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
