"""Mean, spread and difference of figures over seeds, with 95 % intervals of Student's t.

The mean of n figures is m ± t(n - 1) s / √n, with s their standard deviation (n - 1 in its
denominator) and t(n - 1) the value that Student's t with n - 1 degrees of freedom stays within with
a probability of 95 % ("Student" 1908, Biometrika 6). Two trainings with the same seeds on the same
splits are compared pair by pair: the same interval of the n differences. Without pairs it is
Welch's (1947, Biometrika 34), with the degrees of freedom of Satterthwaite (1946).

Only seeds vary here: initial weights, the order of examples, dropout and augmentation. The
intervals say what other seeds would do, not what other data would (Bouthillier et al. 2021,
arXiv:2103.03098).
"""

from __future__ import annotations

import functools
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVEL = 0.95
"""The probability of the intervals."""

ENOUGH = 1e-15
"""The relative error at which the continued fraction ends; double precision has no more."""

MOST_TERMS = 10_000


@dataclass(frozen=True)
class Spread:
    """Figures of one training over several seeds.

    deviation: the standard deviation. low, high: the 95 % interval of the mean. All three are None
    for a single figure.
    """

    count: int
    mean: float
    least: float
    most: float
    deviation: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """By how much the second of two trainings is above the first, on average.

    count: pairs, or the figures of the smaller side. low, high: the 95 % interval; None where there
    are too few figures, or where all differences are equal, so that they say nothing of chance.
    paired: by seed.
    """

    mean: float
    count: int
    paired: bool
    low: float | None = None
    high: float | None = None

    @property
    def shown(self) -> bool:
        """Whether the interval is on one side of 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def spread(figures: Sequence[float]) -> Spread | None:
    """Returns mean and spread; None without figures."""
    if not figures:
        return None

    mean = statistics.fmean(figures)
    ends = min(figures), max(figures)
    if len(figures) < 2:
        return Spread(1, mean, *ends)

    deviation = statistics.stdev(figures)
    reach = t_reach(len(figures) - 1) * deviation / math.sqrt(len(figures))
    return Spread(len(figures), mean, *ends, deviation, mean - reach, mean + reach)


def difference(
    first: Mapping[int, float], second: Mapping[int, float], same_splits: bool
) -> Difference | None:
    """Compares two trainings, each seed -> figure; None where one has none.

    same_splits: both were judged on the same examples, so that equal seeds are pairs.
    """
    if not first or not second:
        return None

    seeds = sorted(first.keys() & second.keys())
    if same_splits and len(seeds) >= min(2, len(first), len(second)) and seeds:
        return _paired([second[seed] - first[seed] for seed in seeds])

    return _unpaired(list(first.values()), list(second.values()))


def _paired(differences: list[float]) -> Difference:
    found = spread(differences)
    assert found is not None
    if not found.deviation:
        return Difference(found.mean, found.count, True)

    return Difference(found.mean, found.count, True, found.low, found.high)


def _unpaired(first: list[float], second: list[float]) -> Difference:
    mean = statistics.fmean(second) - statistics.fmean(first)
    count = min(len(first), len(second))
    if count < 2:
        return Difference(mean, count, False)

    squares = [statistics.variance(side) / len(side) for side in (first, second)]
    square = sum(squares)
    if not square:
        return Difference(mean, count, False)

    freedom = square**2 / sum(
        each**2 / (len(side) - 1) for each, side in zip(squares, (first, second), strict=True)
    )
    reach = t_reach(freedom) * math.sqrt(square)
    return Difference(mean, count, False, mean - reach, mean + reach)


@functools.lru_cache(maxsize=256)
def t_reach(freedom: float, level: float = LEVEL) -> float:
    """Returns how far from 0 Student's t stays with a probability of `level`.

    freedom: degrees of freedom, above 0, not always whole.
    """
    low = 0.0
    high = 1.0
    while _t_beyond(high, freedom) > 1 - level:
        low = high
        high *= 2

    while (middle := (low + high) / 2) not in (low, high):
        if _t_beyond(middle, freedom) > 1 - level:
            low = middle
        else:
            high = middle

    return high


def _t_beyond(reach: float, freedom: float) -> float:
    """Returns the probability that Student's t is further from 0 than `reach`.

    It is the regularized incomplete beta function I_x(freedom / 2, 1 / 2) with
    x = freedom / (freedom + reach²): DLMF 8.17, Abramowitz & Stegun 26.7.1.
    """
    return _beta(freedom / (freedom + reach * reach), freedom / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """Returns the regularized incomplete beta function I_x(a, b), 0 < x <= 1."""
    if x >= 1:
        return 1.0

    factor = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast on one side of the mean of the distribution.
    if x < (a + 1) / (a + b + 2):
        return factor * _fraction(x, a, b) / a

    return 1 - factor * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Returns the continued fraction of the incomplete beta function, by Lentz's method.

    DLMF 8.17.22, as in Numerical Recipes (3rd edition, 6.4).
    """
    above = 1.0
    below = 1 / (1 - (a + b) * x / (a + 1))
    value = below
    for term in range(1, MOST_TERMS):
        before = value
        for factor in (
            term * (b - term) * x / ((a + 2 * term - 1) * (a + 2 * term)),
            -(a + term) * (a + b + term) * x / ((a + 2 * term) * (a + 2 * term + 1)),
        ):
            below = 1 / (1 + factor * below)
            above = 1 + factor / above
            value *= below * above

        if abs(value - before) <= ENOUGH * abs(value):
            break

    return value
