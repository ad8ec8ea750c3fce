"""How the source of a training was read, which every later file of its network is read by."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.data.numbers import NumberStyle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.preparation import Preparation


@dataclass(frozen=True)
class Reading:
    """What was found out about the columns of a table or the arrays of a file, or chosen for them.

    inputs: the names of the columns that are read, in the order of the network's inputs; of pairs
    one for each half; () where the source has no columns. targets: of those that are predicted.
    header: whether the names stood in the file, None where that is not known. decimal, thousands:
    how its numbers were written. dates: the format of each column of dates. separator: between tags
    in one cell. units: of each column of numbers that has one. files: whether the examples are
    files that the column of inputs names.

    input_array, target_arrays: the arrays that are read, by their names without the splits; "" and
    () where the source has none. channels_last: whether their channels stood behind the values.
    label_names: the names of the classes 0, 1, ... where the labels are numbers.
    """

    inputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    header: bool | None = None
    decimal: str = "."
    thousands: str = ""
    dates: Mapping[str, str] = field(default_factory=dict)
    separator: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    input_array: str = ""
    target_arrays: tuple[str, ...] = ()
    channels_last: bool = False
    label_names: tuple[str, ...] = ()
    files: bool = False

    @property
    def style(self) -> NumberStyle:
        return NumberStyle(self.decimal, self.thousands)

    def to_plain(self) -> dict[str, Any]:
        """Returns it as plain data for JSON."""
        return asdict(self) | {"dates": dict(self.dates), "units": dict(self.units)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Reading:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        values = dict(data)
        values["inputs"] = tuple(map(str, values["inputs"]))
        values["targets"] = tuple(map(str, values["targets"]))
        values["dates"] = {str(name): str(form) for name, form in dict(values["dates"]).items()}
        units = dict(values.get("units", {}))
        values["units"] = {str(name): str(unit) for name, unit in units.items()}
        for name in ("target_arrays", "label_names"):
            values[name] = tuple(map(str, values.get(name, ())))
        return cls(**values)

    @classmethod
    def of_older_run(cls, preparation: Preparation, chosen: Mapping[str, Any]) -> Reading:
        """Returns what a run of before 0.4 kept of it, in its preparation and its settings."""
        targets = chosen.get("target") or ()
        roles = chosen.get("columns") or {}
        inputs = tuple(name for name, role in roles.items() if role in ("text", "image"))

        columns = getattr(preparation, "columns", ())
        return cls(
            tuple(column.name for column in columns) or inputs,
            (targets,) if isinstance(targets, str) else tuple(targets),
            None,
            getattr(preparation, "decimal", "."),
            getattr(preparation, "thousands", ""),
            {column.name: column.date for column in columns if column.date},
        )


NOT_A_TABLE = Reading()
"""The reading of a source that has neither columns nor arrays."""
