"""Preparation of table rows: numbers standardised, gaps filled, categories numbered."""

from __future__ import annotations

import functools
import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.data.dates import COMPACT, date_text, date_words, day_of, later_day, seconds_of
from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.compact_dates import FIRST_COMPACT
from app.engine.data.kinds.row.printed import MOST_BENT, preparation_code, units_code
from app.engine.data.kinds.row.raw import raw_inputs_of, rows_of_raw, rows_to_raw
from app.engine.data.kinds.row.remarks import far_notes, gap_notes, unseen_note
from app.engine.data.numbers import (
    INFINITE,
    LARGEST,
    NO_NUMBER,
    NOTHING,
    NumberStyle,
    plain,
)
from app.engine.data.preparation import Preparation, PreparationCode, RawInput
from app.engine.data.units import parse_amount
from app.engine.data.values import NO_VALUE
from app.engine.errors import UserError
from models.shape import Input

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

UNSEEN = "(new)"
"""Stands for every category that was not seen in training."""


@dataclass(frozen=True)
class RowPreparation(Preparation):
    """Stores rows as (N, F) float32, which the network reads standardised and without gaps.

    Stored are the number columns in their own units with NaN where there is no value, then 0 or 1
    for every flagged one, then the categories' numbers. columns: in the order of the table.
    decimal, thousands: how numbers were written.
    """

    kind: ClassVar[str] = "row"

    columns: tuple[RowColumn, ...]
    decimal: str = "."
    thousands: str = ""

    @functools.cached_property
    def amounts(self) -> tuple[RowColumn, ...]:
        return tuple(column for column in self.columns if column.role == "number")

    @functools.cached_property
    def categories(self) -> tuple[RowColumn, ...]:
        return tuple(column for column in self.columns if column.role == "category")

    @functools.cached_property
    def features(self) -> tuple[str, ...]:
        """The names of the F numbers of an example."""
        flags = tuple(f"{column.name}: missing" for column in self.amounts if column.flagged)
        return (
            *(column.name for column in self.amounts),
            *flags,
            *(column.name for column in self.categories),
        )

    @property
    def inputs(self) -> tuple[Input, ...]:
        sizes = tuple(len(column.categories) + 1 for column in self.categories)
        return (Input("row", (len(self.features),), categories=sizes),)

    @property
    def style(self) -> NumberStyle:
        return NumberStyle(self.decimal, self.thousands)

    def array(self, raw: Mapping[str, Any]) -> np.ndarray:
        """Encodes the cells of one row by column, numbers or texts, as (F,) float32.

        A column that is left out, or None, or a word for nothing is a missing value. Raises
        UserError for a text where a number belongs, and for a gap in a column whose rows with gaps
        are left out.
        """
        if not any(column.name in raw for column in self.columns):
            shown = ", ".join(f"'{column.name}'" for column in self.columns[:5])
            raise UserError(
                "The row has none of the columns that the network reads.", f"It reads {shown} …"
            )

        numbers = [self._number(column, raw.get(column.name)) for column in self.amounts]
        flags = [
            float(math.isnan(number))
            for number, column in zip(numbers, self.amounts, strict=True)
            if column.flagged
        ]
        codes = [float(self.code_of(column, raw.get(column.name))) for column in self.categories]

        return np.array([*numbers, *flags, *codes], np.float32)

    def _number(self, column: RowColumn, value: Any) -> float:
        number = self.number_of(column, value)
        if math.isnan(number) and column.missing == "drop":
            raise UserError(
                f"'{column.name}' has no value, and rows without one are left out.",
                "Enter a value.",
            )

        return number

    def number_of(self, column: RowColumn, value: Any) -> float:
        """Returns a cell as a number, NaN where it has none. Raises UserError for other texts."""
        if value is None:
            return math.nan

        if isinstance(value, (int, float, np.number)):
            number = float(value)
            if column.date.startswith(COMPACT) and number >= FIRST_COMPACT:
                return day_of(f"{number:.0f}", column.date)

            return number if abs(number) <= LARGEST else math.nan

        text = str(value).strip()
        if text.lower() in NO_NUMBER or text.lower() in INFINITE:
            return math.nan

        if column.date:
            number = later_day(text, column.date)
            if not math.isnan(number):
                return number

            raise UserError(
                f"'{text}' is not a date of the form {date_words(column.date)}, but "
                f"'{column.name}' needs one.",
                "Enter such a date, or leave it empty.",
            )

        # As the table was written, else as people write by habit.
        for style in (self.style, NumberStyle("."), NumberStyle(",")):
            parsed = parse_amount(text, style, column.unit)
            if parsed is not None:
                return parsed if abs(parsed) <= LARGEST else math.nan

        seconds = seconds_of(text) if column.unit == "s" else math.nan
        if not math.isnan(seconds):
            return seconds

        raise UserError(
            f"'{text}' is not a number, but '{column.name}' needs one.",
            "Enter a number, or leave it empty.",
        )

    def code_of(self, column: RowColumn, value: Any) -> int:
        """Returns the number of a cell's category, 0 for an unknown one. Raises UserError."""
        if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
            value = plain(float(value))

        text = "" if value is None else str(value).strip()
        if text.lower() in NOTHING:
            if column.missing == "drop":
                raise UserError(
                    f"'{column.name}' has no value, and rows without one are left out.",
                    "Enter a value.",
                )
            text = NO_VALUE

        return column.spellings.find(text, self.style) or 0

    def left_out_note(self, raw: Mapping[str, Any]) -> str:
        """Returns sentences on what stands in a row and was not so in training, "" for none.

        Gaps in columns that had none, numbers far outside of training, and categories that it has
        not seen: the network reads all of these as one.
        """
        amounts = [
            (column, raw.get(column.name), self.number_of(column, raw.get(column.name)))
            for column in self.amounts
        ]
        unseen = {
            column.name: raw.get(column.name)
            for column in self.categories
            if not self.code_of(column, raw.get(column.name))
        }
        told = [*gap_notes(amounts), *far_notes(amounts), unseen_note(unseen)]
        return " ".join(filter(None, told))

    def to_display(self, stored: Any) -> tuple[tuple[str, float | str], ...]:
        """Returns the columns with their values, in the order of the table.

        A value is a number, a category's word, or NO_VALUE.
        """
        values = np.asarray(stored, np.float64).tolist()
        numbers = dict(zip((column.name for column in self.amounts), values, strict=False))
        codes = values[len(values) - len(self.categories) :]
        words = {
            column.name: column.categories[int(code) - 1]
            if 0 < code <= len(column.categories)
            else UNSEEN
            for column, code in zip(self.categories, codes, strict=True)
        }

        def value_of(column: RowColumn) -> float | str:
            if column.role == "category":
                return words[column.name]
            return _displayed_number(column, numbers[column.name])

        return tuple((column.name, value_of(column)) for column in self.columns)

    @functools.cached_property
    def _scale(self) -> dict[str, np.ndarray]:
        """What is done with number columns: fill, mean and standard deviation, float32 each.

        Where columns are bent, also the centre and bend of each (bend 0: it is not), and mean and
        deviation of a bent one are those that it has then.
        """
        columns = self.amounts
        scale = {
            "fill": [column.fill for column in columns],
            "mean": [column.bent_mean if column.bend else column.mean for column in columns],
            "std": [column.bent_std if column.bend else column.std for column in columns],
        }
        if any(column.bend for column in columns):
            scale["centre"] = [column.centre for column in columns]
            scale["bend"] = [column.bend for column in columns]

        return {name: np.array(values, np.float32) for name, values in scale.items()}

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Returns a batch (B, F) standardised and without gaps, on its device."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        count = len(self.amounts)
        if not count:
            return batch.float().clone()

        scale = {
            name: torch.from_numpy(values).to(batch.device) for name, values in self._scale.items()
        }
        numbers = batch[:, :count].float()
        numbers = torch.where(torch.isnan(numbers), scale["fill"], numbers)
        if "bend" in scale:
            # A column that is not bent is divided by nothing, so that no gradient is lost.
            bend = torch.where(scale["bend"] > 0, scale["bend"], 1)
            bent = torch.asinh((numbers - scale["centre"]) / bend)
            numbers = torch.where(scale["bend"] > 0, bent, numbers)

        numbers = (numbers - scale["mean"]) / scale["std"]
        return torch.cat([numbers, batch[:, count:].float()], dim=1)

    # --- outside of this program

    @property
    def raw_inputs(self) -> tuple[RawInput, ...]:
        return raw_inputs_of(self.columns)

    def to_raw(self, *stored: np.ndarray) -> tuple[np.ndarray, ...]:
        (rows,) = stored
        return rows_to_raw(self.columns, rows)

    def of_raw(self, *raw: torch.Tensor) -> torch.Tensor:
        return rows_of_raw(self.columns, raw)

    def in_units(self, values: torch.Tensor) -> torch.Tensor:
        """Flags of gaps, which follow the numbers, have no unit and stay as they are."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        scale = {name: values.new_tensor(statistic) for name, statistic in self._scale.items()}
        count = len(self.amounts)
        numbers = values[:, :count] * scale["std"] + scale["mean"]
        if "bend" in scale:
            far = torch.sinh(numbers.clamp(-MOST_BENT, MOST_BENT)) * scale["bend"] + scale["centre"]
            numbers = torch.where(scale["bend"] > 0, far, numbers)

        return torch.cat([numbers, values[:, count:]], dim=1)

    def code(self) -> PreparationCode:
        count = len(self.amounts)
        return preparation_code(self._scale if count else {}, count, self.features)

    def units_code(self) -> str:
        flagged = any(column.flagged for column in self.amounts)
        return units_code(self._scale, len(self.amounts), flagged)

    def to_plain(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "columns": [
                asdict(column) | {"categories": list(column.categories)} for column in self.columns
            ],
            "decimal": self.decimal,
            "thousands": self.thousands,
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> RowPreparation:
        known = {field.name for field in fields(RowColumn)}
        columns = []
        for item in data["columns"]:
            if unknown := set(item) - known:
                raise ValueError(f"unknown: {unknown}")
            columns.append(RowColumn(**{**item, "categories": tuple(item["categories"])}))

        return cls(tuple(columns), str(data["decimal"]), str(data["thousands"]))


def _displayed_number(column: RowColumn, value: float) -> float | str:
    """Returns a number as a person reads it; days as they were written."""
    if math.isnan(value):
        return NO_VALUE

    if column.date:
        return date_text(value, column.date)

    return plain(value) if column.whole else value


PREPARATION = RowPreparation
