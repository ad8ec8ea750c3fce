"""What shuffled columns cost, as values; see permutation."""

from __future__ import annotations

from dataclasses import dataclass

REPEATS = 5
"""Shuffles of each column."""


@dataclass(frozen=True)
class Importance:
    """By how much the figure gets worse without what a column says.

    drop: the mean over REPEATS shuffles; below 0 the figure got better. least, most: of them.
    """

    column: str
    drop: float
    least: float
    most: float


@dataclass(frozen=True)
class Importances:
    """metric: of the figure. figure: with all columns. examples: judged, of `split`."""

    metric: str
    figure: float
    split: str
    examples: int
    columns: tuple[Importance, ...]
