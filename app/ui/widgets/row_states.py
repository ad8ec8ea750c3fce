"""How a row of a table looks: chosen, under the mouse, or with the focus of the keyboard.

A choice is a tint with a bar in front, the mouse a grey, the focus a frame: any two of them, and
all three, can be told apart where they meet in one row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QObject, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtWidgets import QTableView

    from app.ui.style.theme import Theme

BAR = 3
"""Width in pixels at 100 % of the bar in front of a chosen row."""

FOCUS = 2
"""Width in pixels of the frame of the focus, at every zoom."""


class RowStates(QObject):
    """Knows the row under the mouse, and paints the ground and the frame of each cell."""

    def __init__(self, theme: Theme, table: QTableView) -> None:
        super().__init__(table)
        self._theme = theme
        self._table = table
        self._hovered = -1
        table.viewport().setMouseTracking(True)
        table.viewport().installEventFilter(self)
        # Qt paints the cells anew that had the focus and have it, not their rows.
        table.selectionModel().currentRowChanged.connect(lambda *_: table.viewport().update())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._hover(self._table.rowAt(round(event.position().y())))
        elif kind in (QEvent.Type.Leave, QEvent.Type.Wheel):
            self._hover(-1)

        return super().eventFilter(watched, event)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self._table.viewport().update()

    def paint_ground(
        self, painter: QPainter, box: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paints what lies behind the content of a cell."""
        chosen = self._table.selectionModel().isSelected(index)
        role = "accent_tint" if chosen else "surface"
        if index.row() == self._hovered:
            role = "accent_hover_tint" if chosen else "hover"

        painter.fillRect(box, self._theme.color(role))
        if chosen and self._is_end(index, 0):
            bar = QRectF(box.left(), box.top(), self._theme.px(BAR), box.height())
            painter.fillRect(bar, self._theme.color("accent"))

    def paint_focus(
        self, painter: QPainter, box: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paints this cell's part of the frame around the row with the focus."""
        if not self._table.hasFocus() or index.row() != self._table.currentIndex().row():
            return

        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("focus"), FOCUS, c=Qt.PenCapStyle.FlatCap))
        frame = QRectF(box).adjusted(0, FOCUS / 2, 0, -FOCUS / 2)
        painter.drawLine(QLineF(frame.topLeft(), frame.topRight()))
        painter.drawLine(QLineF(frame.bottomLeft(), frame.bottomRight()))

        for is_end, x in (
            (self._is_end(index, 0), box.left() + FOCUS / 2),
            (self._is_end(index, -1), box.right() + 1 - FOCUS / 2),
        ):
            if is_end:
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom() + 1))

    def _is_end(self, index: QModelIndex | QPersistentModelIndex, end: int) -> bool:
        """Returns whether a cell is the first (0) or the last (-1) that is seen of its row."""
        header = self._table.horizontalHeader()
        shown = [
            column
            for column in map(header.logicalIndex, range(header.count()))
            if not header.isSectionHidden(column)
        ]
        return bool(shown) and shown[end] == index.column()
