"""An axis with few ticks at round values and a quiet grid, linear or logarithmic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont, QFontMetricsF

from app.engine.ticks import NUMBERS, Ticks, log_ticks

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF

    from app.ui.style.theme import Theme

MOST = {"left": 7, "bottom": 14}
"""Ticks, however large the plot is."""


class Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A left or bottom axis.

    log: its coordinate is log10 of the value. ticks: what kind of values it has. whole: only whole
    numbers are marked, as long as two of them are in view (epochs). room: pixels for the labels on
    the left, at least.
    """

    def __init__(
        self,
        orientation: str,
        ticks: Ticks = NUMBERS,
        whole: bool = False,
        room: int = 44,
    ) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.ticks = ticks
        self.whole = whole
        self.log = False
        self._room = room
        self.setStyle(tickLength=0, tickAlpha=255, maxTickLevel=0, hideOverlappingLabels=False)
        self._pixels = 12.0

    def boundingRect(self) -> QRectF:
        """Adds a little to pyqtgraph's rectangle, which cuts labels at the very ends."""
        extra = self._pixels
        box: QRectF = super().boundingRect()
        return box.adjusted(-extra, -extra, extra, extra)

    def restyle(self, theme: Theme) -> None:
        """Takes colours and sizes from the theme. Only the left axis has grid lines."""
        self._pixels = theme.px(11)
        left = self.orientation == "left"
        self.setTickFont(theme.font(11))
        self.setTextPen(theme.color("secondary"))
        self.setPen(None)
        self.setTickPen(pg.mkPen(theme.color("grid"), width=1))
        self.setGrid(255 if left else False)
        self.setStyle(
            tickTextOffset=theme.px(6), tickTextWidth=theme.px(30), tickTextHeight=theme.px(14)
        )

        if left:
            self.setWidth(theme.px(self._room))
        else:
            self.setHeight(theme.px(22))

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        """Returns one level of round values (see pyqtgraph's AxisItem)."""
        low = max(min(minVal, maxVal), self.ticks.low)
        high = min(max(minVal, maxVal), self.ticks.high)
        if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
            return []

        room = self._pixels * (2.6 if self.orientation == "left" else 3.6)
        count = max(2, min(MOST[self.orientation], int(size / room)))
        if self.log:
            return [(1.0, log_ticks(low, high, count))]

        spacing, ticks = self._round(low, high, count)
        while (
            self.orientation == "bottom"
            and len(ticks) > 2
            and self._widest(ticks, spacing) * len(ticks) > size
        ):
            count = min(count, len(ticks)) - 1
            spacing, ticks = self._round(low, high, count)

        if self.orientation == "bottom" and len(ticks) > 2:
            half = (self._widest(ticks[-1:], spacing) - self._pixels) / 2
            room = (high - ticks[-1]) / (high - low) * size + 1.1 * self._pixels
            if half > room:  # the last label would be cut at the edge
                ticks.pop()

        return [(spacing, ticks)]

    def _round(self, low: float, high: float, count: int) -> tuple[float, list[float]]:
        """Returns the spacing and the places of about `count` round values."""
        spacing = self.ticks.round((high - low) / count)
        if self.whole and high - low > 2:
            spacing = max(1.0, float(math.ceil(spacing)))

        first = math.ceil(low / spacing - 1e-9)
        return spacing, [n * spacing for n in range(first, math.floor(high / spacing + 1e-9) + 1)]

    def _widest(self, ticks: list[float], spacing: float) -> float:
        """Returns the pixels that the longest label needs, with a gap to its neighbour."""
        return self._width_of(self.ticks.texts(ticks, spacing)) - 0.5 * self._pixels

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """Returns ticks as text (see pyqtgraph's AxisItem)."""
        texts = (
            self.ticks.texts([10.0**value for value in values], 0.0)
            if self.log
            else self.ticks.texts(values, spacing)
        )
        if self.orientation == "left" and self._width_of(texts) > self.width():
            QTimer.singleShot(0, self, lambda: self._widen(texts))  # not while it is painted

        return texts

    def _widen(self, texts: list[str]) -> None:
        """Makes room for long labels; it stays, so that the plot does not shake."""
        self.setWidth(max(self.width(), self._width_of(texts)))

    def _width_of(self, texts: list[str]) -> float:
        metrics = QFontMetricsF(self.style["tickFont"] or QFont())
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=0.0)
        return math.ceil(widest + 1.5 * self._pixels)
