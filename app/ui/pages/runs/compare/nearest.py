"""The readout of many curves: of the one nearest to the mouse, in numbers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from app.ui.plots.base.readout import Readout

if TYPE_CHECKING:
    from app.ui.plots.base.series import Series

REACH = 28
"""Pixels at 100 % within which a curve is found."""

OTHERS = 3
"""Curves beside the nearest one that are told, where they are as near."""


class NearestReadout(Readout):
    """Tells the curve under the mouse, and those that lie on it."""

    def text(self, x: float) -> str:
        plot = self._plot
        if self._at is None:
            return ""

        wanted = plot.box.mapSceneToView(self._at).y()
        _, (low, high) = plot.box.viewRange()
        reach = REACH * plot.theme.zoom * (high - low) / max(1.0, plot.box.height())
        near: list[tuple[float, Series, int]] = []
        for series in plot.series:
            if not series.visible or not len(series.x) or not series.x[0] <= x <= series.x[-1]:
                continue

            row = series.nearest(x)
            value = float(series.y[row])
            if plot.log:
                value = float(np.log10(value)) if value > 0 else float("nan")
            if np.isfinite(value) and abs(value - wanted) <= reach:
                near.append((abs(value - wanted), series, row))

        near.sort(key=lambda each: each[0])
        lines = [
            f"{escape(series.name)} <b>{escape(series.words(plot.value_at(series, row)))}</b>"
            for _, series, row in near[: 1 + OTHERS]
        ]
        lines += [escape(words) for words in self._marks.near(x)]
        return "<br>".join([f"{plot.x_title} {plot.x_text(x)}", *lines]) if lines else ""
