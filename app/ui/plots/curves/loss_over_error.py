"""The loss over the error: losses for amounts beside each other, the chosen one thick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.text import number_text
from app.ui.plots.base.plot import EMPTY, Plot, Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from app.ui.style.theme import Theme

REACH = 3.0
"""Errors of up to so many standard deviations are drawn."""

ROLES = ("validation", "training", "best")


class LossOverErrorPlot(Plot):
    """Losses by name, over errors in the target's own unit."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, x_whole=False, x_title="error", y_title="loss")
        self.curves = [self.add(Series("", role, dots=False)) for role in ROLES]
        self.unit = ""
        self.setMouseEnabled(x=False, y=False)

    def show_curves(
        self, curves: Mapping[str, np.ndarray], errors: np.ndarray, chosen: str, unit: str
    ) -> None:
        """Draws at most three curves.

        curves: name -> (n,) losses at the (n,) errors. chosen: the name of the thick one.
        """
        self.unit = unit
        self.name_axes(f"error ({unit})" if unit else "error", "loss")
        for series, name in zip(self.curves, [*curves, "", "", ""], strict=False):
            series.name = name
            series.width = 3 if name == chosen else 1
            series.show(*((errors, curves[name]) if name else (EMPTY, EMPTY)))
            series.restyle(self.theme)

        self.span = (float(errors[0]), float(errors[-1]))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, _, high = super().limits()
        return left, right, 0.0, min(high, 5.0)

    def x_text(self, x: float) -> str:
        return f"error {number_text(x)} {self.unit}".strip()
