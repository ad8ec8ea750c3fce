"""Sentences on the cells of a row that are not as they were in training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dates import date_text
from app.engine.data.numbers import NO_NUMBER, NOTHING, plain
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.kinds.row.column import RowColumn

    Amount = tuple[RowColumn, Any, float]
    """A column of numbers, a cell of it, and the number of the cell."""

MOST_SHOWN = 40
"""Characters of a cell that stand in a sentence."""

MOST_NAMED = 3
"""At most so many columns are named for one reason."""

DIGITS = 6
"""Significant digits of a number in a sentence."""


def gap_notes(amounts: Sequence[Amount]) -> list[str]:
    """Returns sentences on gaps in columns that had none in training, and what is taken there."""
    gaps = [_gap(column, value) for column, value, number in amounts if math.isnan(number)]
    return _first(list(filter(None, gaps)), "gaps")


def far_notes(amounts: Sequence[Amount]) -> list[str]:
    """Returns sentences on numbers far outside of training."""
    far = [
        f"'{column.name}' is {amount_text(column, number)}, far from training, which had "
        f"{range_text(column)}."
        for column, _, number in amounts
        if is_far(column, number)
    ]
    return _first(far, "such numbers")


def unseen_note(unseen: Mapping[str, Any]) -> str:
    """Returns a sentence on cells by column whose categories training has not seen, "" for none."""
    if not unseen:
        return ""

    shown = [f"'{name}' {_shown(value)}" for name, value in unseen.items()]
    more = f" and {len(shown) - MOST_NAMED:,} more" if len(shown) > MOST_NAMED else ""
    return f"{', '.join(shown[:MOST_NAMED])}{more}, which training has not seen."


def is_far(column: RowColumn, numbers: Any) -> Any:
    """Returns whether numbers lie beyond the range of training by more than the range itself.

    numbers: one, or an array; NaN are not far. Numbers that never changed have no range.
    """
    width = column.high - column.low
    if not width > 0:
        return np.zeros(np.shape(numbers), bool) if np.ndim(numbers) else False

    return (numbers < column.low - width) | (numbers > column.high + width)


def range_text(column: RowColumn) -> str:
    """Returns the range of a column's numbers in training: "1 to 20"."""
    return f"{amount_text(column, column.low)} to {amount_text(column, column.high)}"


def amount_text(column: RowColumn, number: float) -> str:
    """Returns a number of a column for a sentence, days as a date of its form."""
    return date_text(number, column.date) if column.date else number_text(number, DIGITS)


def _gap(column: RowColumn, value: Any) -> str:
    """Returns what is taken for a cell that has no number, "" for a gap as training had them."""
    text = "" if value is None or value != value else str(value).strip()
    blank = text.lower() in NO_NUMBER
    if blank and column.flagged:
        return ""

    if column.missing == "zero":
        taken = "0 is taken"
    else:
        taken = f"the {column.missing} of training, {amount_text(column, column.fill)}, is taken"

    return f"'{column.name}' {'has no value' if blank else 'is infinite'}; {taken}."


def _first(sentences: list[str], what: str) -> list[str]:
    """Returns the first sentences, and one on how many more there are."""
    if len(sentences) <= MOST_NAMED:
        return sentences

    more = len(sentences) - MOST_NAMED
    return [*sentences[:MOST_NAMED], f"There are {more:,} more {what}."]


def _shown(value: Any) -> str:
    """Returns what a cell is, for a sentence; cut where it is long."""
    text = plain(float(value)) if isinstance(value, float) else str(value or "").strip()
    if text.lower() in NOTHING:
        return "has no value"

    return f"is '{text if len(text) <= MOST_SHOWN else f'{text[: MOST_SHOWN - 1]}…'}'"
