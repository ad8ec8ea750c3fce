"""The similarity of every first half of a pair with every second; partners are on the diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import number_text

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

MARGIN = 20


class SimilarityMatrix(QWidget):
    """A similarity matrix; the deeper the colour, the nearer.

    A row in which another cell is nearer than the diagonal has it framed. Keys: arrows walk, Enter
    picks. picked(row, column): a cell was clicked, or Enter pressed on it. pointed(text): what the
    cell under the mouse, or the current one, says.
    """

    picked = Signal(int, int)
    pointed = Signal(str)

    def __init__(self, theme: Theme, small: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._small = small
        self.values = np.zeros((0, 0), np.float32)
        self._names = ("first", "second")
        self._image = QImage()
        self._hover: tuple[int, int] | None = None
        self.current: tuple[int, int] | None = None
        self.setObjectName("results.similarity")
        self.setAccessibleName("Similarity matrix")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

        if not small:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)

        theme.changed.connect(self._colour)

    def show_matrix(self, values: np.ndarray, first: str, second: str) -> None:
        """Draws (k, k) similarities, -1 to 1. first, second: what the halves are called."""
        self.values = np.asarray(values, np.float32)
        self._names = (first, second)

        count = len(self.values)
        if self.current is not None and max(self.current) >= count:
            self.current = None

        self._hover = None
        self.setAccessibleDescription(f"{self.won} of {count} lie nearest to their own {second}.")
        self._colour()

    @property
    def won(self) -> int:
        """The number of rows whose own partner is nearer than all others shown."""
        if not self.values.size:
            return 0

        rest = self.values.copy()
        np.fill_diagonal(rest, -np.inf)
        return int((np.diag(self.values) > rest.max(axis=1)).sum())

    def words(self, row: int, column: int) -> str:
        """Returns a cell as a sentence."""
        first, second = self._names
        near = f"similarity {number_text(float(self.values[row, column]))}"
        if row == column:
            return f"{first} {row + 1} and its own {second}: {near}"

        return f"{first} {row + 1} and the {second} of {column + 1}: {near}"

    def _colour(self) -> None:
        """Makes the picture, one pixel a cell; it is scaled when painted."""
        count = len(self.values)
        if count:
            low = float(self.values.min())
            high = float(self.values.max())
            share = (self.values - low) / ((high - low) or 1.0)
            pale, deep = (_rgb(self._theme.color(role)) for role in ("track", "training"))
            pixels = np.rint(pale + share[..., None] ** 1.5 * (deep - pale)).astype(np.uint8)
            self._image = QImage(
                pixels.tobytes(), count, count, 3 * count, QImage.Format.Format_RGB888
            ).copy()

        self.update()

    # --- geometry

    def _area(self) -> QRectF:
        """Returns the square of the cells."""
        edge = 0 if self._small else self._theme.px(MARGIN)
        side = max(8.0, min(self.width() - edge, self.height() - edge) - 2.0)
        return QRectF(edge + max(0.0, (self.width() - edge - side) / 2), edge, side, side)

    def _cell(self, row: int, column: int) -> QRectF:
        area = self._area()
        count = max(1, len(self.values))
        step = area.width() / count

        return QRectF(area.left() + column * step, area.top() + row * step, step, step)

    def _at(self, place: QPointF) -> tuple[int, int] | None:
        area = self._area()
        count = len(self.values)
        if not count or not area.contains(place):
            return None

        step = area.width() / count
        row = int((place.y() - area.top()) / step)
        column = int((place.x() - area.left()) / step)

        return min(row, count - 1), min(column, count - 1)

    def sizeHint(self) -> QSize:
        side = self._theme.px(110 if self._small else 260)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        side = self._theme.px(80 if self._small else 200)
        return QSize(side, side)

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        count = len(self.values)
        if not count:
            return

        theme = self._theme
        area = self._area()
        painter = QPainter(self)
        painter.drawImage(area, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._frames(painter)

        if not self._small:
            painter.setFont(theme.font(11))
            painter.setPen(theme.color("secondary"))
            metrics = QFontMetricsF(painter.font())
            painter.drawText(QPointF(area.left(), area.top() - theme.px(6)), f"{self._names[1]} →")
            painter.save()
            painter.translate(
                area.left() - theme.px(6),
                area.top() + metrics.horizontalAdvance(f"← {self._names[0]}"),
            )

            painter.rotate(-90)
            painter.drawText(QPointF(0, 0), f"← {self._names[0]}")
            painter.restore()

        for cell, role, width in ((self.current, "accent", 3), (self._hover, "text", 1.5)):
            if cell is not None:
                painter.setPen(QPen(theme.color(role), width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self._cell(*cell))

        if self.hasFocus() and self.current is None:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(area)

        painter.end()

    def _frames(self, painter: QPainter) -> None:
        """Frames the nearest of a row, where that is not the diagonal."""
        painter.setPen(QPen(self._theme.color("validation"), 1.2 if len(self.values) > 24 else 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)

        for row, column in enumerate(self.values.argmax(axis=1).tolist()):
            if row != column:
                painter.drawRect(self._cell(row, column).adjusted(0.5, 0.5, -0.5, -0.5))

    # --- Qt

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._at(event.position())
        if cell != self._hover:
            self._hover = cell
            self._tell()

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover = None
        self._tell()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._at(event.position())
        if cell is not None and event.button() is Qt.MouseButton.LeftButton:
            self.go(*cell)
            self.picked.emit(*cell)

    def go(self, row: int, column: int) -> None:
        """Makes a cell the current one, without emitting `picked`."""
        self.current = (row, column)
        self._hover = None
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        last = len(self.values) - 1
        if key in steps and last >= 0:
            row, column = self.current or (0, -steps[key][1])
            down, across = steps[key]
            self.go(min(max(0, row + down), last), min(max(0, column + across), last))
        elif (
            key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
            and self.current is not None
        ):
            self.picked.emit(*self.current)
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        cell = self._hover or self.current
        text = self.words(*cell) if cell is not None and self.values.size else ""
        self.pointed.emit(text)
        self.update()


def _rgb(color: QColor) -> np.ndarray:
    return np.array([color.red(), color.green(), color.blue()], dtype=float)
