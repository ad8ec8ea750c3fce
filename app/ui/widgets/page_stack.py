"""A stack of pages that is as tall as the page in front."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget


class PageStack(QWidget):
    """Shows one of its pages; the hidden ones take no room.

    In a QStackedWidget, a layout asks all pages for their height.
    """

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._pages: list[QWidget] = []
        self._current = 0

    def add(self, page: QWidget) -> None:
        """Adds a page; the first one is in front."""
        page.setVisible(not self._pages)
        self._pages.append(page)
        self._column.addWidget(page)

    def show_page(self, number: int) -> None:
        """Brings a page to the front, counted in the order in which they were added."""
        if number == self._current:
            return

        self._pages[self._current].hide()
        self._current = number
        self._pages[number].show()
