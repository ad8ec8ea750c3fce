"""A note on the drawn network: a small sheet with text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

if TYPE_CHECKING:
    from app.ui.canvas.look import Look

# Sizes in pixels at 100 %.
WIDTH = 200

PADDING = 10

LEAST = 36
"""Least height."""

WRAP = int(
    Qt.TextFlag.TextWordWrap
    | Qt.TextFlag.TextWrapAnywhere
    | Qt.AlignmentFlag.AlignLeft
    | Qt.AlignmentFlag.AlignTop
)


class NoteItem(QGraphicsItem):
    """A note; number: its place among the notes of the drawing."""

    def __init__(self, number: int, text: str, look: Look) -> None:
        super().__init__()
        self.number = number
        self.text = text
        self._look = look
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self._size = _size(text, look)
        self.setZValue(1)

    def show_note(self, text: str, look: Look) -> None:
        """Shows another text, or the same in other colours."""
        if text != self.text or look is not self._look:
            self.prepareGeometryChange()
            self.text = text
            self._look = look
            self._size = _size(text, look)
            self.update()

    @property
    def rect(self) -> QRectF:
        """The note on the scene."""
        return QRectF(self.pos(), self._size)

    def boundingRect(self) -> QRectF:
        return QRectF(-2, -2, self._size.width() + 4, self._size.height() + 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self._size.width(), self._size.height()))
        return path

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        look = self._look
        chosen = self.isSelected()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.color("accent" if chosen else "warning"), 2 if chosen else 1))
        painter.setBrush(look.color("warning_tint"))
        sheet = QRectF(0.5, 0.5, self._size.width() - 1, self._size.height() - 1)
        painter.drawRoundedRect(sheet, look.px(4), look.px(4))
        padding = look.px(PADDING)
        painter.setFont(look.small)
        painter.setPen(look.color("text"))
        painter.drawText(sheet.adjusted(padding, padding, -padding, -padding), WRAP, self.text)


def _size(text: str, look: Look) -> QSizeF:
    width = look.px(WIDTH)
    padding = look.px(PADDING)
    metrics: QFontMetricsF = look.small_metrics
    room = QRectF(0, 0, width - 2 * padding - 4, 10_000)  # no wider than when it is painted
    needed = metrics.boundingRect(room, WRAP, text).height()
    return QSizeF(width, max(look.px(LEAST), needed + 2 * padding + 2))
