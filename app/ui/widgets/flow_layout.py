"""A layout that puts widgets side by side and breaks the line where they no longer fit."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from app.ui.widgets.layouts import clear


class FlowLayout(QLayout):
    """Puts widgets from left to right, and breaks the line at the right edge.

    gap: pixels between widgets, both ways.
    """

    def __init__(self, parent: QWidget | None = None, gap: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins(0, 0, 0, 0))

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())

        return size

    def clear(self) -> None:
        """Removes and deletes every widget."""
        clear(self)

    def _place(self, rect: QRect, really: bool) -> int:
        x = rect.x()
        y = rect.y()

        line = 0
        for item in self._items:
            if item.isEmpty():
                continue

            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x = rect.x()
                y = y + line + self._gap
                line = 0

            if really:
                item.setGeometry(QRect(QPoint(x, y), size))

            x += size.width() + self._gap
            line = max(line, size.height())

        return y + line - rect.y()
