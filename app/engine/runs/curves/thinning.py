"""From many measured values to few drawn points: decimation, smoothing, logarithms.

No peak is hidden. Arrays in, arrays out; no Qt.
"""

from __future__ import annotations

import numpy as np

LIMIT = 2000
"""Points drawn per curve, at most."""

STEEPEST = 14.0
"""The weights within a stretch of `smoothed` differ by e to the power of this, at most."""


def decimate(x: np.ndarray, y: np.ndarray, limit: int = LIMIT) -> tuple[np.ndarray, np.ndarray]:
    """Returns at most `limit` points of (n,) x and y: the extremes of each stretch, in their order.

    Peaks survive. NaN is no extreme, but a stretch of nothing else stays NaN, so that a hole stays
    a hole.
    """
    count = len(x)
    if count <= limit:
        return x, y

    stretches = limit // 2
    edges = np.linspace(0, count, stretches + 1).astype(int)
    starts = edges[:-1]
    hole = np.isnan(y)
    low = np.where(hole, np.inf, y)
    high = np.where(hole, -np.inf, y)
    least = np.minimum.reduceat(low, starts)
    greatest = np.maximum.reduceat(high, starts)
    which = np.repeat(np.arange(stretches), np.diff(edges))
    at_least = _first(low == least[which], starts, count)
    at_greatest = _first(high == greatest[which], starts, count)
    rows = np.unique(np.concatenate([at_least, at_greatest]))

    return x[rows], y[rows]


def with_lone_points(x: np.ndarray, y: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns (n,) x and y in which every value between two holes is a line of this length.

    A line is drawn between two values; of a value that has none beside it nothing would be seen.
    """
    hole = np.concatenate([[True], np.isnan(y), [True]])
    lone = np.flatnonzero(~hole[1:-1] & hole[:-2] & hole[2:])
    if not len(lone):
        return x, y

    left = x.astype(float)
    left[lone] -= length / 2

    return np.insert(left, lone + 1, x[lone] + length / 2), np.insert(y, lone + 1, y[lone])


def thin(x: np.ndarray, y: np.ndarray, limit: int = LIMIT) -> tuple[np.ndarray, np.ndarray]:
    """Returns at most `limit` points: the mean of each stretch, and the last value.

    For a curve that is an average already.
    """
    count = len(x)
    if count <= limit:
        return x, y

    starts = np.linspace(0, count, limit).astype(int)[:-1]
    known = np.isfinite(y)
    numbers = np.add.reduceat(known.astype(float), starts)
    sums = np.add.reduceat(np.where(known, y, 0.0), starts)
    means = np.divide(sums, numbers, out=np.full(len(starts), np.nan), where=numbers > 0)
    widths = np.diff(np.append(starts, count))
    places = np.add.reduceat(x, starts) / widths

    return np.append(places, x[-1]), np.append(means, y[-1])


def _first(hit: np.ndarray, starts: np.ndarray, count: int) -> np.ndarray:
    """Returns the row of the first hit of each stretch."""
    return np.minimum.reduceat(np.where(hit, np.arange(count), count - 1), starts)


def for_log(y: np.ndarray) -> np.ndarray:
    """Returns log10 of y, NaN where y is zero, negative or not finite."""
    fine = np.isfinite(y) & (y > 0)
    return np.log10(np.where(fine, y, 1.0), where=fine, out=np.full(len(y), np.nan))


def finite(y: np.ndarray) -> np.ndarray:
    """Returns y with NaN for infinities: a hole instead of a picture without scale."""
    return np.where(np.isfinite(y), y, np.nan)


class Smoother:
    """An exponential moving average: each value weighs `factor` times the next.

    Unbiased at the start (Kingma & Ba 2015, section 3), so that the first points are not drawn
    towards zero. NaN and infinity are skipped.
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._sum = 0.0
        self._weight = 0.0

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Returns the average after each of the (n,) values; NaN until there was one.

        May be called again with the values that follow.
        """
        out = np.empty(len(values))
        keep = self.factor
        take = 1.0 - self.factor
        total = self._sum

        weight = self._weight
        for row, value in enumerate(values.tolist()):
            if value - value == 0.0:  # finite
                total = keep * total + take * value
                weight = keep * weight + take
            out[row] = total / weight if weight else np.nan

        self._sum = total
        self._weight = weight
        return out


def smoothed(values: np.ndarray, factor: float) -> np.ndarray:
    """Returns the average of `Smoother` after each of (n,) values at once: NaN before there is one.

    A hundred thousand values take some milliseconds, where one by one they take ten times as long.
    """
    known = np.isfinite(values)
    averages = _averages(values[known], factor)
    places = np.cumsum(known) - 1
    if len(averages) == len(values):
        return averages

    return np.asarray(np.append(averages, np.nan)[places])


def _averages(values: np.ndarray, factor: float) -> np.ndarray:
    """Returns the unbiased running average after each of (n,) finite values.

    In a stretch the sum of older values is weighed down in one go; between stretches it is carried
    over. A stretch is as long as the weights in it stay far from the limits of float64.
    """
    count = len(values)
    if not count or factor <= 0:
        return values.astype(float)

    length = max(1, min(count, int(STEEPEST / -np.log(factor))))
    stretches = -(-count // length)
    padded = np.zeros(stretches * length)
    padded[:count] = values
    rows = padded.reshape(stretches, length)
    powers = factor ** np.arange(1, length + 1)
    inside = (1.0 - factor) * powers * np.cumsum(rows * (1.0 / powers), axis=1)

    carried = np.empty(stretches)
    total = 0.0
    for number, last in enumerate(inside[:, -1].tolist()):
        carried[number] = total
        total = last + powers[-1] * total

    sums = (inside + carried[:, None] * powers).reshape(-1)[:count]
    return np.asarray(sums / -np.expm1(np.log(factor) * np.arange(1, count + 1)))
