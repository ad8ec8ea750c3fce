"""An axis with few ticks at round values and a quiet grid, linear or logarithmic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QFont, QFontMetricsF

from app.engine.ticks import NUMBERS, Ticks, log_ticks

if TYPE_CHECKING:
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
        self.corner = False
        """Its name stands left of the labels, so these may not reach there."""
        self.widening = False
        """Room for longer labels will be made in a moment."""
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
        self._pixels = theme.plot_px(11)
        left = self.orientation == "left"
        self.setTickFont(theme.plot_font(11))
        self.setTextPen(theme.color("secondary"))
        self.setPen(None)
        self.setTickPen(pg.mkPen(theme.color("grid"), width=theme.line_width(1)))
        self.setGrid(255 if left else False)
        self.setStyle(
            tickTextOffset=theme.plot_px(6),
            tickTextWidth=theme.plot_px(30),
            tickTextHeight=theme.plot_px(14),
        )

        if left:
            self.setWidth(theme.plot_px(self._room))
        else:
            self.setHeight(theme.plot_px(22))

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
        if self.orientation == "left":
            return [self._level(low, high, count)]

        spacing, ticks = self._level(low, high, count)
        while len(ticks) > 2 and not self._apart(ticks, spacing, size / (high - low)):
            count = min(count, len(ticks)) - 1
            spacing, ticks = self._level(low, high, count)

        return [(spacing, self._within(ticks, spacing, (low, high), size / (high - low)))]

    def _level(self, low: float, high: float, count: int) -> tuple[float, list[float]]:
        """Returns the spacing and the places of about `count` round values."""
        return (0.0, log_ticks(low, high, count)) if self.log else self._round(low, high, count)

    def _apart(self, ticks: list[float], spacing: float, scale: float) -> bool:
        """Returns whether labels have a gap between them. scale: pixels of one unit."""
        halves = [self._width_of([text]) / 2 for text in self._texts(ticks, spacing)]
        return all(
            (after - before) * scale >= half + other - 0.5 * self._pixels
            for before, after, half, other in zip(
                ticks, ticks[1:], halves, halves[1:], strict=False
            )
        )

    def _within(
        self, ticks: list[float], spacing: float, ends: tuple[float, float], scale: float
    ) -> list[float]:
        """Returns the ticks whose labels are not cut at the edge, nor lie on the axis' name."""
        halves = [
            (self._width_of([text]) - 1.5 * self._pixels) / 2
            for text in self._texts(ticks, spacing)
        ]
        if len(ticks) > 1 and halves[-1] > (ends[1] - ticks[-1]) * scale + 1.1 * self._pixels:
            ticks = ticks[:-1]

        if self.corner and len(ticks) > 2:
            reaches = halves[0] - (ticks[0] - ends[0]) * scale
            ticks = ticks[1:] if reaches > 0.25 * self._pixels else ticks

        return ticks

    def _round(self, low: float, high: float, count: int) -> tuple[float, list[float]]:
        """Returns the spacing and the places of about `count` round values."""
        spacing = self.ticks.round((high - low) / count)
        if self.whole and high - low > 2:
            spacing = max(1.0, float(math.ceil(spacing)))

        first = math.ceil(low / spacing - 1e-9)
        return spacing, [n * spacing for n in range(first, math.floor(high / spacing + 1e-9) + 1)]

    def _texts(self, ticks: list[float], spacing: float) -> list[str]:
        if self.log:
            return self.ticks.texts([10.0**tick for tick in ticks], 0.0)

        return self.ticks.texts(ticks, spacing)

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """Returns ticks as text (see pyqtgraph's AxisItem)."""
        texts = self._texts(values, spacing)
        if self.orientation == "left" and self._width_of(texts) > self.width():
            self.widening = True
            QTimer.singleShot(0, self, lambda: self._widen(texts))  # not while it is painted

        return texts

    def label_band(self) -> QRectF:
        """Returns where the labels of a bottom axis lie in the scene."""
        top = float(self.style["tickTextOffset"][1])
        height = QFontMetricsF(self.style["tickFont"] or QFont()).height()
        band: QRectF = self.mapRectToScene(QRectF(0, top, self.width(), height))
        return band

    def _widen(self, texts: list[str]) -> None:
        """Makes room for long labels; it stays, so that the plot does not shake."""
        self.widening = False
        self.setWidth(max(self.width(), self._width_of(texts)))

    def _width_of(self, texts: list[str]) -> float:
        metrics = QFontMetricsF(self.style["tickFont"] or QFont())
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=0.0)
        return math.ceil(widest + 1.5 * self._pixels)
