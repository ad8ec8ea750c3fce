"""The range of values that curves of several runs are shown in: one flattens no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USUAL = (1.0, 99.0)
"""Percentiles between which the usual values of a curve lie."""

MOST_SAMPLED = 2000
"""Values of a curve by which its usual range is found."""

SPREADS = 3.0
"""Values further out than so many heights of the usual curve are cut off."""


@dataclass(frozen=True)
class Extent:
    """Where the values of a curve lie: all of them, and the usual ones."""

    low: float
    high: float
    usual_low: float
    usual_high: float

    @classmethod
    def of(cls, y: np.ndarray) -> Extent | None:
        """Returns the extent of (n,) values; None where none is finite."""
        known = y[np.isfinite(y)]
        if not len(known):
            return None

        sample = known[:: max(1, len(known) // MOST_SAMPLED)]
        usual = np.percentile(sample, USUAL)
        return cls(float(known.min()), float(known.max()), float(usual[0]), float(usual[1]))


def robust_range(extents: Sequence[Extent], show_all: bool = False) -> tuple[float, float, int]:
    """Returns the lowest and the highest value to show, and how many curves go beyond them.

    The usual curve is the one in the middle of the half that varies less. What lies further from it
    than SPREADS times its height is cut off, unless all is to be shown; its height counts as no
    less than the size of its values, and than what lies between it and half of the others.
    """
    if not extents:
        return 0.0, 1.0, 0

    low = min(extent.low for extent in extents)
    high = max(extent.high for extent in extents)
    if show_all:
        return low, high, 0

    narrow = sorted(extents, key=lambda extent: extent.usual_high - extent.usual_low)
    narrow = narrow[: (len(narrow) + 1) // 2]
    top = _middle(extent.usual_high for extent in narrow)
    bottom = _middle(extent.usual_low for extent in narrow)
    between = _middle(abs(extent.usual_high - top) for extent in extents)
    spread = max(top - bottom, between, abs(top), 1e-12)
    high = min(high, top + SPREADS * spread)
    low = max(low, bottom - SPREADS * spread)

    # The limits are those of the curves within: nobody needs the room above them.
    inside = [extent for extent in extents if extent.high <= high and extent.low >= low]
    beyond = len(extents) - len(inside)
    if inside and beyond:
        high = min(high, max(extent.high for extent in inside) + 0.5 * spread)
        low = max(low, min(extent.low for extent in inside) - 0.5 * spread)

    return low, high, beyond


def _middle(values: Iterable[float]) -> float:
    """Returns the value in the middle; of two, the lower one."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]
