"""Gives the style sheet to the parts of the window: what is seen at once, the rest in its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import shiboken6
from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


class Dresser(QObject):
    """Keeps the style sheet of each part as it is now.

    When the sheet of the application itself changes, Qt styles every widget anew in one go, seen or
    not: a second of processor time for 2,400 widgets, in which the window answers nothing. Parts
    with sheets of their own take a fifth of it, and the hidden ones wait for a free moment.

    style_sheet: returns the sheet of now; it is asked once for each change. Parts lie beside each
    other, none in another.
    """

    def __init__(self, style_sheet: Callable[[], str]) -> None:
        super().__init__()
        self._style_sheet = style_sheet
        self._sheet = style_sheet()
        self._parts: WeakKeyDictionary[QWidget, bool] = WeakKeyDictionary()
        """Each part, and whether it wears the sheet of now."""
        self._moment = QTimer(self, interval=0, singleShot=True)
        self._moment.timeout.connect(self._dress_next)

    def dress(self, part: QWidget) -> None:
        """Gives a part the sheet of now, if it does not wear it already."""
        if not self._parts.get(part, False):
            self._parts[part] = True
            part.setStyleSheet(self._sheet)

    def dress_later(self, part: QWidget) -> None:
        """Gives a part the sheet when nothing else is to be done."""
        self._parts.setdefault(part, False)
        self._moment.start()

    def renew(self) -> None:
        """Takes the new sheet: at once where it is seen, soon where it is hidden."""
        self._sheet = self._style_sheet()
        parts = self._living()
        self._parts.update(dict.fromkeys(parts, False))
        for part in parts:
            if part.isVisible():
                self.dress(part)

        self._moment.start()

    def _dress_next(self) -> None:
        waiting = next((part for part in self._living() if not self._parts[part]), None)
        if waiting is not None:
            self.dress(waiting)
            self._moment.start()

    def _living(self) -> list[QWidget]:
        """Returns the parts that Qt has not deleted."""
        return [part for part in list(self._parts) if shiboken6.isValid(part)]
