"""A long curve that can be drawn at any zoom at once: its extremes, in ever longer stretches.

For each stretch of 8, 32, 128 ... values the rows of the least and of the greatest are kept, so
that a picture of any part of the curve takes a few hundred points and no peak is lost.
"""

from __future__ import annotations

import numpy as np

FIRST = 8
"""Values of the shortest stretch."""

FACTOR = 4
"""How many stretches make one of the next level."""

Level = tuple[np.ndarray, np.ndarray]
"""Rows of the least and of the greatest value of each stretch: (m,) each."""


class Pyramid:
    """A curve: x (n,) ascending and y (n,), NaN for a hole. It keeps both as they are."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x = x
        self.y = y
        self._levels: list[Level] = []
        if len(y) <= FIRST:
            return

        finite = np.isfinite(y)
        low = np.where(finite, y, np.inf)
        high = np.where(finite, -y, np.inf)
        every = np.arange(len(y))
        least = _rows(low, every, FIRST)
        greatest = _rows(high, every, FIRST)
        self._levels.append((least, greatest))
        while len(least) > FACTOR:
            least = _rows(low, least, FACTOR)
            greatest = _rows(high, greatest, FACTOR)
            self._levels.append((least, greatest))

    def __len__(self) -> int:
        return len(self.x)

    def part(self, left: float, right: float, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns at most `most` points between two places of x, in their order, or a few more.

        The first point beyond either end is among them, so that a line reaches the edge. Of a
        stretch the least and the greatest value come, in their order.
        """
        first, last = np.searchsorted(self.x, (left, right))
        first = max(0, int(first) - 1)
        last = min(len(self.x), int(last) + 1)
        count = last - first
        if count <= most:
            return self.x[first:last], self.y[first:last]

        stretch = FIRST
        chosen = self._levels[0]
        for level in self._levels[1:]:
            if 2 * count <= most * stretch:
                break

            stretch *= FACTOR
            chosen = level

        least, greatest = (rows[first // stretch : -(-last // stretch)] for rows in chosen)
        rows = np.empty(2 * len(least), np.int64)
        np.minimum(least, greatest, out=rows[::2])
        np.maximum(least, greatest, out=rows[1::2])
        return self.x[rows], self.y[rows]


def _rows(values: np.ndarray, rows: np.ndarray, factor: int) -> np.ndarray:
    """Returns the row of the least value of each stretch, of (m,) rows `factor` at a time."""
    stretches = -(-len(rows) // factor)
    padded = np.full(stretches * factor, rows[-1])
    padded[: len(rows)] = rows
    table = padded.reshape(stretches, factor)
    least = values[table].argmin(axis=1)
    return np.asarray(table[np.arange(stretches), least])
