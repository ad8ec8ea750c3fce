"""Columns of numbers with long tails, such as incomes: far-out numbers are brought near.

Standardised alone, a few giant numbers would press all others together at one place. Such a column
is read as asinh((x - centre) / bend), which is linear near the centre and a logarithm far from it.
It can be undone, unlike clipping.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LONG = 30.0
"""Deviations from the median beyond which a column has a long tail; normal ones reach about 5.

A deviation is a robust one here: the distance of the quartiles / 1.35.
"""

ONE_SIDED = 5.0
"""Times as long as the other a tail is of columns that are bent from their end."""

FEWEST_DIFFERENT = 20
"""Of fewer different numbers a column is a scale, not an amount with tails."""

FAR = 0.01
"""The share of the numbers that lie beyond where the lengths of both tails are compared."""

NEAR = 0.1
"""The share of the numbers between the end of a column and where the logarithm begins."""

LOOKED_AT = 10_000
"""Of more numbers about so many are looked at, evenly taken: to sort a million takes long."""


class Bend(NamedTuple):
    """How a column is bent, and the statistics of asinh((x - centre) / scale) in training."""

    centre: float
    scale: float
    mean: float
    std: float


def bend_of(values: np.ndarray) -> Bend | None:
    """Returns how a column is bent; None for one without long tails.

    values: (N,) float64 of the training rows, gaps filled.
    """
    some = values[:: max(1, len(values) // LOOKED_AT)]
    lowest, near_low, first, median, third, near_high, highest = np.quantile(
        some, (FAR, NEAR, 0.25, 0.5, 0.75, 1 - NEAR, 1 - FAR)
    ).tolist()
    low, high = float(values.min()), float(values.max())
    deviation = (third - first) / 1.35
    reach = max(high - median, median - low)
    if not deviation > 0 or reach < LONG * deviation:
        return None
    if len(np.unique(some)) < FEWEST_DIFFERENT:
        return None

    centre, scale = median, deviation
    if highest - median > ONE_SIDED * (median - lowest) and near_low > low:
        centre, scale = low, near_low - low
    elif median - lowest > ONE_SIDED * (highest - median) and near_high < high:
        centre, scale = high, high - near_high

    bent = np.arcsinh((values - centre) / scale)
    return Bend(centre, scale, float(bent.mean()), float(bent.std()))
