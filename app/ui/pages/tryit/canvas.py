"""Drawing with the mouse, a pen or a finger, in the proportions that the network knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

SIDE = 320
"""Pixels of the longer side of the drawing, whatever the size on screen."""

PEN = 0.09
"""Thickness of the pen as a share of the longer side, as in the usual digits."""


class Canvas(QWidget):
    """A sheet to draw on. changed(): something was drawn or wiped; `empty` says which."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.pen = PEN
        self.dark = True
        self.ink: QColor | None = None
        """A colour; None is white on black, or black on white."""
        self.empty = True
        self._last: QPointF | None = None
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_RGB888)
        self._image.fill(self._paper())
        self.setObjectName("tryit.canvas")
        self.setAccessibleName("Drawing")
        self.setAccessibleDescription(
            "Draw with the mouse. Pictures can also be opened, pasted or dropped."
        )
        self.setToolTip("Draw here with the mouse.")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.updateGeometry)

    # --- what is set

    def set_shape(self, height: int, width: int) -> None:
        """Takes the proportions of what the network sees; others begin a new drawing."""
        longer = max(height, width, 1)
        size = QSize(max(1, round(SIDE * width / longer)), max(1, round(SIDE * height / longer)))
        if size != self._image.size():
            self._image = QImage(size, QImage.Format.Format_RGB888)
            self.clear()

    def set_dark(self, dark: bool) -> None:
        """Takes white on black, or black on white; a drawing without colour is inverted."""
        if dark != self.dark:
            self.dark = dark
            if self.ink is None:
                self._image.invertPixels()
            else:
                self._image.fill(self._paper())
                self.empty = True

            self.update()
            self.changed.emit()

    def clear(self) -> None:
        """Wipes the sheet."""
        self._image.fill(self._paper())
        self.empty = True
        self._last = None
        self.update()
        self.changed.emit()

    def picture(self) -> Image.Image:
        """Returns the drawing, RGB."""
        image = self._image
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(
            image.height(), image.bytesPerLine()
        )
        return Image.fromarray(
            pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
        )

    # --- drawing

    def _paper(self) -> QColor:
        return QColor("#000000" if self.dark else "#ffffff")

    def _area(self) -> QRectF:
        """Returns where the drawing lies, as large as fits."""
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width = self._image.width() * scale
        height = self._image.height() * scale

        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _on_paper(self, point: QPointF) -> QPointF:
        area = self._area()
        scale = self._image.width() / max(1.0, area.width())
        return QPointF((point.x() - area.x()) * scale, (point.y() - area.y()) * scale)

    def _stroke(self, start: QPointF, end: QPointF) -> None:
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.ink or QColor("#ffffff" if self.dark else "#000000")
        thick = self.pen * max(self._image.width(), self._image.height())
        painter.setPen(
            QPen(
                ink,
                thick,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )

        if start == end:
            painter.drawPoint(start)
        else:
            painter.drawLine(start, end)

        painter.end()
        self.empty = False
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._last = self._on_paper(event.position())
            self._stroke(self._last, self._last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None and event.buttons() & Qt.MouseButton.LeftButton:
            here = self._on_paper(event.position())
            self._stroke(self._last, here)
            self._last = here

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._last = None

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(240))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(160))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = self._area()
        painter.drawImage(area, self._image)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))

        if self.empty:
            painter.setPen(QColor("#9aa5b4" if self.dark else "#5a6372"))
            painter.setFont(self._theme.font(14))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Draw here")
