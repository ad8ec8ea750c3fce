"""Histograms over time: how the numbers of a layer spread over sizes, a column a measurement.

The deeper the colour, the more numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.runs.optimizer_figures import EDGES, PER_DECADE
from app.engine.text import number_text, percent_text, power_text
from app.ui.plots.matrices.heat_map import between, decades, heat_image, paint_steps
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from app.ui.style.theme import Theme


class HistogramOverTime(QWidget):
    """Histograms over time; the line is the root mean square."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.shares = np.empty((0, 0))
        self.steps = np.empty(0)
        self.sizes = np.empty(0)
        self.role = "text"
        self.first = 0
        self.last = len(EDGES) - 1
        self._image = QImage()
        self.setObjectName("inside.spectrum")
        self.setAccessibleName("Sizes over time")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._restyle)

    def show_histograms(
        self, shares: np.ndarray, steps: np.ndarray, sizes: np.ndarray, role: str
    ) -> None:
        """Draws histograms.

        shares: (BINS, T) of the numbers in each bin of optimizer_probe.EDGES. sizes: (T,) root mean
        squares, NaN where there is none. role: the colour in the theme.
        """
        self.shares = shares
        self.steps = steps
        self.sizes = sizes
        self.role = role

        used = np.flatnonzero(shares.max(axis=1) > 0.002) if shares.size else np.empty(0, int)
        if len(used):
            self.first = max(0, int(used[0]) // PER_DECADE * PER_DECADE)
            self.last = min(len(EDGES) - 1, -(-(int(used[-1]) + 1) // PER_DECADE) * PER_DECADE)

        self._colour()
        self.update()

    def _colour(self) -> None:
        if not self.shares.size:
            self._image = QImage()
            return

        shown = self.shares[self.first : self.last][::-1]
        colours = between(self._theme.color("surface"), self._theme.color(self.role))
        self._image = heat_image(
            np.sqrt(shown), 0.0, float(np.sqrt(shown.max())), colours, self._theme.color("track")
        )

    def _restyle(self) -> None:
        self._colour()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(170))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(140))

    def _area(self) -> QRectF:
        px = self._theme.px
        return QRectF(
            px(44), px(6), max(8.0, self.width() - px(56)), max(8.0, self.height() - px(28))
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._image.isNull():
            return

        painter = QPainter(self)
        theme = self._theme
        area = self._area()
        painter.drawImage(area, self._image)
        low = EDGES[self.first]
        high = EDGES[self.last]
        painter.setFont(theme.font(11))

        metrics = QFontMetricsF(painter.font())
        for exponent in decades(low, high, max(2, int(area.height() / theme.px(26)))):
            y = area.bottom() - (exponent - low) / (high - low) * area.height()
            painter.setPen(QPen(theme.color("grid"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("secondary"))
            where = QRectF(0, y - metrics.height() / 2, area.left() - theme.px(6), metrics.height())
            painter.drawText(
                where,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                power_text(exponent),
            )

        below = QRectF(area.left(), area.bottom() + 3, area.width(), theme.px(16))
        paint_steps(painter, below, self.steps)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent"), 2))
        self._paint_line(painter, area, low, high)
        painter.end()

    def _paint_line(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        count = len(self.sizes)
        before: QPointF | None = None
        for column in range(count):
            size = self.sizes[column]
            if not (np.isfinite(size) and size > 0):
                before = None
                continue

            share = min(1.0, max(0.0, (np.log10(size) - low) / (high - low)))
            here = QPointF(
                area.left() + (column + 0.5) / count * area.width(),
                area.bottom() - share * area.height(),
            )
            if before is not None:
                painter.drawLine(before, here)

            before = here

    def words(self, place: QPointF) -> str:
        """Returns what lies under a place of the widget."""
        area = self._area()
        if not self.shares.size or not area.contains(place):
            return ""

        columns = self.shares.shape[1]
        rows = self.last - self.first
        column = min(columns - 1, int((place.x() - area.left()) / area.width() * columns))
        row = self.first + min(rows - 1, int((area.bottom() - place.y()) / area.height() * rows))

        return (
            f"step {number_text(self.steps[column])}: {percent_text(self.shares[row, column])} of "
            f"the numbers are between {10 ** EDGES[row]:.1e} and {10 ** EDGES[row + 1]:.1e}"
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        QToolTip.showText(
            event.globalPosition().toPoint(), tooltip(self.words(event.position())), self
        )

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        QToolTip.hideText()
