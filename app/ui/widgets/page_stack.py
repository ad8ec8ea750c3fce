"""A stack of pages that is as tall as the page in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = TypeVar("Kind", bound=QWidget)


class _Later(NamedTuple):
    """A page that is not made yet."""

    kind: type[QWidget]
    make: Callable[[], QWidget]


class PageStack(QWidget):
    """Shows one of its pages; the hidden ones take no room.

    In a QStackedWidget, a layout asks all pages for their height.
    """

    def __init__(self, dress: Callable[[QWidget], None]) -> None:
        """dress: gives its look to a page that is made later, before it is shown."""
        super().__init__()
        self._dress = dress
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._pages: list[QWidget | _Later] = []
        self._current = 0

    def add(self, page: QWidget) -> None:
        """Adds a page; the first one is in front."""
        page.setVisible(not self._pages)
        self._pages.append(page)
        self._column.addWidget(page)

    def add_later(self, kind: type[Kind], make: Callable[[], Kind]) -> None:
        """Adds a page of this class behind the others; it is made when it is first asked for."""
        self._pages.append(_Later(kind, make))

    def page(self, kind: type[Kind]) -> Kind:
        """Returns the page of this class. Raises KeyError where there is none."""
        for number, page in enumerate(self._pages):
            if isinstance(page, _Later) and page.kind is kind:
                page = self._at(number)
            if isinstance(page, kind):
                return page

        raise KeyError(kind)

    @property
    def made(self) -> list[QWidget]:
        """The pages that are made, in order."""
        return [page for page in self._pages if isinstance(page, QWidget)]

    def show_page(self, number: int) -> None:
        """Brings a page to the front, counted in the order in which they were added."""
        if number == self._current:
            return

        self._at(self._current).hide()
        self._current = number
        self._at(number).show()

    def _at(self, number: int) -> QWidget:
        """Returns a page; makes it where it is not there yet."""
        page = self._pages[number]
        if isinstance(page, _Later):
            page = page.make()
            page.hide()
            self._pages[number] = page
            self._column.addWidget(page)
            self._dress(page)

        return page
