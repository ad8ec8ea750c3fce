"""A column of a table as a network reads it, with the statistics of its training."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from app.engine.data.values import Spellings


@dataclass(frozen=True)
class RowColumn:
    """A column that is read, with statistics of the training examples in the column's own unit.

    missing: what happens where there is no value. fill: what stands there then. flagged: whether a
    further input says that a value was missing. std is never 0. whole: whether all numbers are
    whole. date: the format, where days are counted. categories: the most frequent first; their
    numbers begin at 1, because 0 is whatever was not seen in training. unit: of the numbers, "" for
    none. bend: above 0 for a column with long tails, which is read as asinh((x - centre) / bend);
    bent_mean and bent_std are of that.
    """

    name: str
    role: Literal["number", "category"]
    missing: str
    fill: float = 0.0
    flagged: bool = False
    mean: float = 0.0
    std: float = 1.0
    low: float = 0.0
    high: float = 0.0
    median: float = 0.0
    whole: bool = False
    date: str = ""
    categories: tuple[str, ...] = ()
    unit: str = ""
    centre: float = 0.0
    bend: float = 0.0
    bent_mean: float = 0.0
    bent_std: float = 1.0

    @functools.cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each category."""
        return {word: number for number, word in enumerate(self.categories, 1)}

    @functools.cached_property
    def spellings(self) -> Spellings:
        """Finds the number of a category also where another program wrote its value."""
        return Spellings(self.numbers)
