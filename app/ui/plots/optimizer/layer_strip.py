"""Every layer as a row: a quantity over time as colours, and its size now on a log axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.text import number_text, power_text
from app.ui.plots.matrices.heat_map import decades, heat_image, paint_steps, viridis
from app.ui.plots.optimizer.marks import mark
from app.ui.plots.optimizer.quantities import BY_KEY, HELD, Quantity
from app.ui.text.literal import tooltip
from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

ROW = 20
MOST_ROWS = 22
NAMES = 0.24
NOW = 0.42
"""Pixels of a row at 100 %, rows that get that much at most, and shares of the width: names, and
how it is now.
"""


class LayerStrip(QWidget):
    """A row for every layer.

    Left: `values` over time. Right: the sizes now, a line through the layers for each quantity, so
    that one sees which differ between layers and which do not. chosen(row): a layer was clicked, or
    walked to with the arrow keys.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.names: tuple[str, ...] = ()
        self.values = np.empty((0, 0))
        self.steps = np.empty(0)
        self.now: dict[str, np.ndarray] = {}
        self.quantity = "gradient"
        self.row = 0
        self.low = -6.0
        self.high = 0.0
        self._image = QImage()
        self.setObjectName("inside.layers")
        self.setAccessibleName("Layers over time")
        self.setToolTip("")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    def show_layers(
        self,
        names: tuple[str, ...],
        values: np.ndarray,
        steps: np.ndarray,
        now: dict[str, np.ndarray],
        quantity: str,
        row: int,
    ) -> None:
        """Draws the layers.

        values: (L, T) sizes of `quantity` at (T,) steps, NaN where there is none. now: quantity ->
        (L,) sizes. row: the chosen layer.
        """
        grown = len(names) != len(self.names)
        self.names = names
        self.steps = steps
        self.now = now
        self.quantity = quantity
        self.row = row

        with np.errstate(divide="ignore", invalid="ignore"):
            self.values = np.where(values > 0, np.log10(values), np.nan)

        self.low, self.high = span_of(self.values)
        self._colour()

        if grown:
            self.updateGeometry()

        self.setAccessibleDescription(self.words(row))
        self.update()

    def words(self, row: int, column: int = -1) -> str:
        """Returns one row as it is now, or one place of the picture, as a sentence."""
        if not 0 <= row < len(self.names):
            return ""

        if column >= 0:
            size = self.values[row, column]
            value = 10**size if np.isfinite(size) else math.nan
            name = BY_KEY[self.quantity].name
            step = number_text(self.steps[column])
            return f"{self.names[row]}, step {step}: {name} {number_text(value, 2)}"

        sizes = [
            f"{quantity.sign} {number_text(float(self.now[quantity.key][row]), 2)}"
            for quantity in HELD
            if quantity.key in self.now
        ]
        return f"{self.names[row]} now: {', '.join(sizes)}"

    def _colour(self) -> None:
        if self.values.size:
            unknown = self._theme.color("track")
            self._image = heat_image(self.values, self.low, self.high, viridis(), unknown)

    def _restyle(self) -> None:
        self._colour()
        self.updateGeometry()
        self.update()

    # --- geometry

    @property
    def _rows(self) -> int:
        return max(1, len(self.names))

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(px(480), px(ROW) * min(self._rows, MOST_ROWS) + px(22 + 20))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(300), self.sizeHint().height())

    def _areas(self) -> tuple[QRectF, QRectF]:
        """Returns the areas of the picture, and of the sizes now."""
        px = self._theme.px
        metrics = QFontMetricsF(self._theme.font(12))
        names = max((metrics.horizontalAdvance(name) for name in self.names), default=0.0) + px(10)
        left = min(names, NAMES * self.width())
        top = float(px(20))
        height = max(8.0, self.height() - top - px(22))
        now = (self.width() - left) * NOW
        heat = QRectF(left, top, max(8.0, self.width() - left - now - px(20)), height)

        return heat, QRectF(heat.right() + px(20), top, max(8.0, now - px(12)), height)

    def _at(self, place: QPointF) -> tuple[int, int]:
        """Returns the row and the column under a place, -1 for none."""
        heat, _ = self._areas()
        if not self.names or not heat.top() <= place.y() < heat.bottom():
            return -1, -1

        row = min(self._rows - 1, int((place.y() - heat.top()) / heat.height() * self._rows))
        columns = self.values.shape[1]
        if not columns or not heat.left() <= place.x() < heat.right():
            return row, -1

        return row, min(columns - 1, int((place.x() - heat.left()) / heat.width() * columns))

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.names:
            return

        painter = QPainter(self)
        theme = self._theme
        heat, now = self._areas()
        height = heat.height() / self._rows
        tint = QRectF(0, heat.top() + self.row * height, self.width(), height)
        painter.fillRect(tint, theme.color("accent_tint"))

        if self.values.size:
            painter.drawImage(heat, self._image)

        self._paint_names(painter, heat, height)
        self._paint_steps(painter, heat)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_now(painter, now, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRectF(heat.left(), tint.top(), heat.width(), tint.height()).adjusted(-1, 0, 1, 0)
        )
        painter.end()

    def _paint_names(self, painter: QPainter, heat: QRectF, height: float) -> None:
        """Paints as many names as there is room for; that of the chosen layer always."""
        theme = self._theme
        room = self._theme.px(15)

        every = max(1, math.ceil(room / height))
        for row, name in enumerate(self.names):
            mine = row == self.row
            if not mine and (row % every or abs(row - self.row) * height < room):
                continue

            painter.setFont(theme.font(12, bold=mine))
            painter.setPen(theme.color("text" if mine else "secondary"))
            metrics = QFontMetricsF(painter.font())
            width = heat.left() - theme.px(8)
            middle = heat.top() + (row + 0.5) * height
            where = QRectF(0, middle - room / 2, width, room)
            text = alike(self.names).short(name, metrics, width)
            painter.drawText(
                where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text
            )

    def _paint_steps(self, painter: QPainter, heat: QRectF) -> None:
        theme = self._theme
        painter.setFont(theme.font(11))
        painter.setPen(theme.color("secondary"))
        room = self._legend_left() - theme.px(8) - heat.left()
        top = QRectF(heat.left(), 0, max(0.0, min(heat.width(), room)), heat.top() - 3)
        title = f"{BY_KEY[self.quantity].name} over time"
        painter.drawText(
            top,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom,
            painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(top.width())),
        )

        below = QRectF(heat.left(), heat.bottom() + 3, heat.width(), theme.px(16))
        paint_steps(painter, below, self.steps)

    def _paint_now(self, painter: QPainter, area: QRectF, height: float) -> None:
        shown = [quantity for quantity in HELD if quantity.key in self.now]
        columns = [self.now[quantity.key] for quantity in shown]
        sizes = [values[np.isfinite(values) & (values > 0)] for values in columns]
        if not any(len(values) for values in sizes):
            return

        low, high = (fn(np.log10(np.concatenate(sizes))) for fn in (np.min, np.max))
        low = math.floor(low - 0.15)
        high = math.ceil(high + 0.15)
        self._paint_axis(painter, area, low, high)
        self._paint_legend(painter, area)

        for quantity, values in zip(shown, columns, strict=True):
            strong = quantity.key == self.quantity or (
                self.quantity == "ratio" and quantity.key in ("step", "weight")
            )
            size = min(self._theme.px(8 if strong else 6), max(2.0, height))
            colour = self._theme.color(quantity.role)

            before = None
            for row, value in enumerate(values):
                if not (np.isfinite(value) and value > 0):
                    before = None  # this layer has none
                    continue

                x = area.left() + (math.log10(value) - low) / (high - low) * area.width()
                here = QPointF(x, area.top() + (row + 0.5) * height)
                if before is not None:
                    painter.setPen(QPen(colour, 2 if strong else 1))
                    painter.drawLine(before, here)

                mark(painter, quantity.form, here, size, colour)
                before = here

    def _paint_axis(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        theme = self._theme
        painter.setFont(theme.font(11))

        metrics = QFontMetricsF(painter.font())
        for exponent in decades(low, high, int(area.width() / theme.px(34))):
            x = area.left() + (exponent - low) / (high - low) * area.width()
            painter.setPen(QPen(theme.color("border"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.color("secondary"))
            text = power_text(exponent)
            half = metrics.horizontalAdvance(text) / 2 + 1
            where = QRectF(x - half, area.bottom() + 3, 2 * half, theme.px(16))
            painter.drawText(where, Qt.AlignmentFlag.AlignHCenter, text)

    def _legend(self) -> list[tuple[Quantity, str, float]]:
        """Returns the quantities with their words, and the pixels that each takes."""
        metrics = QFontMetricsF(self._theme.font(11))
        shown = [quantity for quantity in HELD if quantity.key in self.now]

        def measured(words: list[str]) -> list[tuple[Quantity, str, float]]:
            widths = [metrics.horizontalAdvance(text) + self._theme.px(21) for text in words]
            return list(zip(shown, words, widths, strict=True))

        _, area = self._areas()
        full = measured([quantity.short_name for quantity in shown])
        fits = sum(width for *_, width in full) <= area.width()
        return full if fits else measured([quantity.sign for quantity in shown])

    def _legend_left(self) -> float:
        """Returns where the legend begins: over the sizes, or further left if it is wider."""
        _, area = self._areas()
        total = sum(width for *_, width in self._legend())
        return min(area.left(), self.width() - total)

    def _paint_legend(self, painter: QPainter, area: QRectF) -> None:
        theme = self._theme
        painter.setFont(theme.font(11))
        x = self._legend_left()
        middle = (area.top() - 3) / 2 + 2

        for quantity, text, width in self._legend():
            at = QPointF(x + theme.px(4), middle)
            mark(painter, quantity.form, at, theme.px(7), theme.color(quantity.role))
            painter.setPen(theme.color("text"))
            words = QRectF(x + theme.px(11), 0, width - theme.px(11), area.top() - 3)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)
            x += width

    # --- Qt

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row, column = self._at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), tooltip(self.words(row, column)), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        QToolTip.hideText()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row, _ = self._at(event.position())
        if row >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Home: -(10**6),
            Qt.Key.Key_End: 10**6,
        }
        key = Qt.Key(event.key())
        if key in moves and self.names:
            self.chosen.emit(min(max(0, self.row + moves[key]), len(self.names) - 1))
        else:
            super().keyPressEvent(event)


def span_of(values: np.ndarray, least: float = 3.0) -> tuple[float, float]:
    """Returns the limits of the colours for (L, T) log10 sizes.

    They span at least three decades, so that what differs little looks alike.
    """
    there = values[np.isfinite(values)]
    if not len(there):
        return -6.0, 0.0

    low = float(there.min())
    high = float(there.max())
    missing = max(0.0, least - (high - low)) / 2

    return low - missing, high + missing
