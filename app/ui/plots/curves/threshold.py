"""What each threshold would do: a curve of two shares, with the one in use as a point on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal

from app.engine.text import percent_text
from app.engine.ticks import SHARES
from app.ui.plots.base.plot import Plot, Series

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from app.ui.style.theme import Theme


class ThresholdPlot(Plot):
    """A curve of two shares over all thresholds, and what guessing would do as a dashed line.

    picked(threshold): the curve was clicked.
    """

    picked = Signal(float)

    def __init__(self, theme: Theme, x_name: str, y_name: str) -> None:
        super().__init__(
            theme,
            x_ticks=SHARES,
            y_ticks=SHARES,
            x_whole=False,
            x_title=x_name,
            room=46,
            y_title=y_name,
        )
        self.curve = self.add(Series(y_name, "training", words=percent_text, dots=False))
        self.thresholds = np.zeros(0)
        self.base = self.add(
            Series("guessing", "secondary", width=1, dash=(4, 3), words=percent_text, dots=False)
        )
        self._point = pg.ScatterPlotItem(symbol="o")
        self._point.setZValue(30)
        self.addItem(self._point, ignoreBounds=True)

        self.point = (0.0, 0.0)
        self.setMouseEnabled(x=False, y=False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.restyle()

    def show_curve(
        self, x: np.ndarray, y: np.ndarray, thresholds: np.ndarray, guess: tuple[float, float]
    ) -> None:
        """Draws the curve.

        x, y: (m,) shares, x ascending. thresholds: (m,). guess: the height of guessing at the left
        and at the right.
        """
        self.thresholds = np.asarray(thresholds, float)
        self.curve.show(np.asarray(x, float), np.asarray(y, float))
        self.base.show(np.array([0.0, 1.0]), np.array(guess))
        self.refresh()

    def show_point(self, x: float | None, y: float | None) -> None:
        """Marks where the threshold in use stands; nowhere if a share is not defined."""
        there = x is not None and y is not None
        self.point = (x or 0.0, y or 0.0)
        self._point.setData([self.point[0]] if there else [], [self.point[1]] if there else [])

    def limits(self) -> tuple[float, float, float, float]:
        return 0.0, 1.0, 0.0, 1.0

    def x_text(self, x: float) -> str:
        return percent_text(min(1.0, max(0.0, x)))

    def threshold_at(self, place: QPointF) -> float | None:
        """Returns the threshold of the point of the curve nearest to a place of the widget."""
        area = self.box.sceneBoundingRect()
        if not len(self.curve.x) or not area.contains(place):
            return None

        (left, right), (low, high) = self.box.viewRange()
        across = area.left() + (self.curve.x - left) / (right - left) * area.width()
        down = area.bottom() - (self.curve.y - low) / (high - low) * area.height()
        nearest = int(np.hypot(across - place.x(), down - place.y()).argmin())

        return float(min(1.0, self.thresholds[nearest]))

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        super().mouseReleaseEvent(ev)
        threshold = self.threshold_at(ev.position())
        if ev.button() is Qt.MouseButton.LeftButton and threshold is not None:
            self.picked.emit(threshold)

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "point"):
            self._point.setBrush(self.theme.color("validation"))
            self._point.setPen(pg.mkPen(self.theme.color("surface"), width=2))
            self._point.setSize(self.theme.plot_px(13))
