"""The line in a plot of accuracy that says what one reaches without learning."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from app.engine.text import percent_text
from app.ui.plots.base.plot import EMPTY, Series

if TYPE_CHECKING:
    from app.engine.learning.metrics import Metric
    from app.ui.state.record import Record

FAR = 0.75
"""Where the lowest value has come so much of the way from the line to 1, the line is out of sight:
it would squeeze the curves.
"""

STEPS = 20
"""The axis begins at a multiple of 1 / STEPS, and at most at HIGHEST."""

HIGHEST = 0.9


def chance_of(record: Record, metric: Metric, usual: int | None = None) -> float | None:
    """Returns the accuracy of always giving one class, on validation.

    usual: the class that is most frequent in training, as in the results; where it is not known,
    that of validation. None for another metric, and before the first validation.
    """
    counts = record.epochs[-1].confusion if record.epochs else None
    if metric.name != "accuracy" or counts is None or not counts.sum():
        return None

    of_class = counts.sum(axis=1)
    often = of_class[usual] if usual is not None and usual < len(of_class) else of_class.max()
    return float(often / counts.sum())


class Chance(Series):
    """A dashed line across the plot, with its value in its name."""

    def __init__(self) -> None:
        super().__init__(
            "", "secondary", 1, smooth=False, dash=(4, 3), dots=False, words=percent_text
        )

    def show_level(
        self, chance: float | None, values: np.ndarray, span: tuple[float, float]
    ) -> None:
        """Shows the line across the span; None for no line.

        values: (n,) of the curves beside it. If all are far above, the legend alone tells.
        """
        if chance is None or not np.isfinite(values).any():
            self.show(EMPTY, EMPTY)
            return

        below = far(float(np.nanmin(values)), chance)
        self.name = f"guessing: {percent_text(chance)}{', below' if below else ''}"
        self.show(np.array(span), np.array([chance, chance]))

    def floor(self, values: np.ndarray) -> float:
        """Returns where the axis begins: below (n,) values, and below the line where it is near.

        At least one value is finite.
        """
        lowest = float(np.nanmin(values))
        floor = lowest - 0.25 * (1.0 - lowest)
        if len(self.y) and not far(lowest, float(self.y[0])):
            floor = min(floor, float(self.y[0]) - 1 / STEPS)

        return min(HIGHEST, math.floor(max(0.0, floor) * STEPS) / STEPS)


def far(lowest: float, chance: float) -> bool:
    """Returns whether the line would squeeze curves of which this is the lowest value."""
    return lowest - chance > FAR * (1.0 - chance)
