"""A histogram: how many values lie where, with a line at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from app.engine.text import number_text
from app.ui.plots.base.plot import Plot

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

MOST = 40


class HistogramPlot(Plot):
    """A histogram of values. both: they may lie below zero."""

    def __init__(self, theme: Theme, both: bool = True) -> None:
        self._both = both
        super().__init__(theme, x_whole=False, x_title="error", room=40, y_title="examples")
        self.counts = np.zeros(0, np.int64)
        self.edges = np.zeros(1)
        self.bars = pg.BarGraphItem(x0=[], x1=[], height=[])

        self.zero = pg.InfiniteLine(pos=0.0, angle=90)
        for depth, item in enumerate((self.bars, self.zero)):
            item.setZValue(depth)
            self.addItem(item, ignoreBounds=True)

        self.setMouseEnabled(x=False, y=False)
        self.restyle()

    def show_values(self, values: np.ndarray, words: str) -> None:
        """Draws (n,) values; NaN and infinity are left out.

        words: what the values are, with their unit. The width of the bars follows the spread of the
        values (Freedman and Diaconis 1981); one edge is at zero.
        """
        values = np.asarray(values, float)
        values = values[np.isfinite(values)]
        self.edges = edges_of(values)
        self.counts = np.histogram(values, self.edges)[0]
        self.bars.setOpts(
            x0=self.edges[:-1], x1=self.edges[1:], y0=np.zeros(len(self.counts)), height=self.counts
        )
        self.name_axes(words, "examples")
        self.setAccessibleDescription(
            f"{words}: from {number_text(self.edges[0])} to {number_text(self.edges[-1])}"
            if len(values)
            else ""
        )

        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        if not len(self.counts):
            return -1.0, 1.0, 0.0, 1.0
        if not self._both:
            return 0.0, float(self.edges[-1]) or 1.0, 0.0, float(max(1, self.counts.max()))

        reach = max(abs(float(self.edges[0])), abs(float(self.edges[-1])), 1e-9)
        return -reach, reach, 0.0, float(max(1, self.counts.max()))

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "zero"):
            self.bars.setOpts(
                brush=self.theme.color("training"),
                pen=pg.mkPen(self.theme.color("surface"), width=1),
            )
            self.zero.setPen(pg.mkPen(self.theme.color("text"), width=self.theme.line_width(1)))

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Returns a line a bar: from, to, how many."""
        rows = [
            [repr(float(low)), repr(float(high)), str(int(count))]
            for low, high, count in zip(self.edges[:-1], self.edges[1:], self.counts, strict=True)
        ]
        return ["from", "to", "count"], rows


def edges_of(values: np.ndarray) -> np.ndarray:
    """Returns the edges of the bars of (n,) finite values, one of them at zero."""
    if not len(values) or not np.ptp(values):
        middle = float(values[0]) if len(values) else 0.0
        reach = abs(middle) or 1.0
        return np.array([-reach, 0.0, reach])

    spread = float(np.subtract(*np.percentile(values, [75, 25])))
    width = max(2 * spread / len(values) ** (1 / 3), float(np.ptp(values)) / MOST)
    first = np.floor(values.min() / width)
    last = np.ceil(values.max() / width)

    edges: np.ndarray = np.arange(first, max(last, first + 1) + 1) * width
    return edges
