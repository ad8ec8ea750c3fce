"""The weights of a layer as a histogram, on an axis that is the same in every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import number_text

if TYPE_CHECKING:
    from app.engine.runs.looks.epoch_looks import WeightSpread
    from app.ui.style.theme import Theme

HEIGHT = 110
"""In pixels at 100 %."""

FOOT = 18
"""Below the bars, for the ends of the axis, in pixels at 100 %."""


class SpreadView(QWidget):
    """Paints one spread between `low` and `high`, with a line at zero."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.spread: WeightSpread | None = None
        self._ends = (0.0, 1.0)
        self.setObjectName("epochs.spread")
        self.setAccessibleName("How the weights of the layer spread")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_spread(self, spread: WeightSpread | None, low: float, high: float) -> None:
        """Shows how weights spread. low, high: the ends of the axis."""
        self.spread = spread
        self._ends = (low, high) if high > low else (low - 1.0, low + 1.0)
        self.setAccessibleDescription(
            f"From {number_text(spread.low)} to {number_text(spread.high)}" if spread else ""
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        spread = self.spread
        if spread is None:
            return

        theme = self._theme
        low, high = self._ends
        width, height = self.width(), self.height() - theme.px(FOOT)
        across = width / (high - low)
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("training"))
        edges = (np.linspace(spread.low, spread.high, len(spread.counts) + 1) - low) * across
        tall = spread.counts / max(1, int(spread.counts.max(initial=0))) * height
        for left, right, top in zip(edges[:-1], edges[1:], tall, strict=True):
            painter.drawRect(QRectF(left, height - top, max(1.0, right - left - 0.5), top))

        painter.setPen(theme.color("line"))
        painter.drawLine(QPointF(0, height), QPointF(width, height))
        if low < 0 < high:
            painter.drawLine(QPointF(-low * across, 0), QPointF(-low * across, height))

        painter.setPen(theme.color("secondary"))
        painter.setFont(theme.label_font())
        foot = QRectF(0, height, width, theme.px(FOOT))
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, number_text(low))
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, number_text(high))
