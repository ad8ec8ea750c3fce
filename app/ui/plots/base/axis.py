"""An axis with few ticks at round values and a quiet grid, linear or logarithmic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtGui import QFont, QFontMetricsF

from app.engine.text import tick_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QRectF

    from app.ui.style.theme import Theme

MOST = {"left": 7, "bottom": 14}
"""Ticks, however large the plot is."""


class Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A left or bottom axis.

    log: its coordinate is log10 of the value. words: returns a value as text, given the spacing.
    whole: only whole numbers are marked, as long as two of them are in view (epochs). room: pixels
    for the labels on the left.
    """

    def __init__(
        self,
        orientation: str,
        words: Callable[[float, float], str] | None = None,
        whole: bool = False,
        room: int = 44,
    ) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.words = words or tick_text
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
        low = min(minVal, maxVal)
        high = max(minVal, maxVal)
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
        spacing = round_spacing((high - low) / count)
        if self.whole and high - low > 2:
            spacing = max(1.0, float(math.ceil(spacing)))

        first = math.ceil(low / spacing - 1e-9)
        return spacing, [n * spacing for n in range(first, math.floor(high / spacing + 1e-9) + 1)]

    def _widest(self, ticks: list[float], spacing: float) -> float:
        """Returns the pixels that the longest label needs, with a gap to its neighbour."""
        metrics = QFontMetricsF(self.style["tickFont"] or QFont())
        return (
            max(metrics.horizontalAdvance(self.words(tick, spacing)) for tick in ticks)
            + self._pixels
        )

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """Returns ticks as text (see pyqtgraph's AxisItem)."""
        if self.log:
            return [self.words(10.0**value, 10.0**value) for value in values]

        return [self.words(value, spacing) for value in values]


def round_spacing(rough: float) -> float:
    """Returns the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(rough, 1e-300)))
    return next(
        step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= rough * (1 - 1e-9)
    )


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Returns log10 of round values between the log10 limits.

    These are decades, and 2 and 5 between them while there is room.
    """
    decades = range(math.floor(low), math.ceil(high) + 1)
    for steps in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        ticks = [d + math.log10(step) for d in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= count:
            break
    else:
        every = math.ceil(len(inside) / count)
        inside = inside[::every]

    if len(inside) >= 2:
        return inside

    # Less than a decade is in view: round values, unevenly spaced.
    spacing = round_spacing((10**high - 10**low) / count)
    first = math.ceil(10**low / spacing)
    return [
        math.log10(n * spacing) for n in range(first, math.floor(10**high / spacing) + 1) if n > 0
    ]
