"""Gives the style sheet to the parts of the window: to what is seen at once, the rest soon."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

STEADY_MS = 400
"""How long the sheet stays the same before what is hidden takes it."""

BETWEEN_MS = 20
"""Time between two hidden parts, in which the window answers."""


class Dresser(QObject):
    """Keeps the style sheet of each part as it is now.

    When the sheet of the application itself changes, Qt styles every widget anew in one go, seen or
    not: a second of processor time for 2,400 widgets, in which the window answers nothing. Parts
    with sheets of their own take a fifth of it. The hidden ones follow one at a time, when the
    sheet has been the same for a moment, or at once when they are shown: a page that was hidden
    would else take a tenth of a second longer to appear.

    style_sheet: returns the sheet of now; it is asked once for each change. Parts lie beside each
    other, none in another.
    """

    def __init__(self, style_sheet: Callable[[], str]) -> None:
        super().__init__()
        self._style_sheet = style_sheet
        self._sheet = style_sheet()
        self._parts: WeakKeyDictionary[QWidget, bool] = WeakKeyDictionary()
        """Each part, and whether it wears the sheet of now."""
        self._waiting: list[QWidget] = []
        """Parts that wait for their sheet."""
        self._moment = QTimer(self, singleShot=True)
        self._moment.timeout.connect(self._dress_next)

    def dress(self, part: QWidget) -> None:
        """Gives a part the sheet of now, if it does not wear it already."""
        self._watch(part)
        if not self._parts[part]:
            self._parts[part] = True
            part.setStyleSheet(self._sheet)

    def dress_later(self, part: QWidget) -> None:
        """Gives a part its first sheet when nothing else is to be done."""
        self._watch(part)
        self._waiting.append(part)
        self._moment.start(0)

    def renew(self) -> None:
        """Takes the new sheet: at once where it is seen, soon where it is hidden."""
        self._sheet = self._style_sheet()
        parts = self._living()
        self._parts.update(dict.fromkeys(parts, False))
        for part in parts:
            # What is scrolled out of sight is visible to Qt, and has no region.
            if part.isVisible() and not part.visibleRegion().isEmpty():
                self.dress(part)

        self._waiting = [part for part in parts if not self._parts[part]]
        self._moment.start(STEADY_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            self.dress(watched)

        return super().eventFilter(watched, event)

    def _watch(self, part: QWidget) -> None:
        if part not in self._parts:
            self._parts[part] = False
            part.installEventFilter(self)

    def _dress_next(self) -> None:
        if self._waiting:
            part = self._waiting.pop(0)
            if shiboken6.isValid(part):
                self.dress(part)

            self._moment.start(BETWEEN_MS)

    def _living(self) -> list[QWidget]:
        """Returns the parts that Qt has not deleted."""
        return [part for part in list(self._parts) if shiboken6.isValid(part)]


def parts_of(whole: QWidget, *stacks: QWidget) -> list[QWidget]:
    """Returns the parts of a widget: each page of the stacks in it, and what stands beside them.

    The widgets that hold the stacks are no parts, and take no style of their own.
    """
    if whole not in stacks and not any(whole.isAncestorOf(stack) for stack in stacks):
        return [whole]

    children = [child for child in whole.children() if isinstance(child, QWidget)]
    return [part for child in children for part in parts_of(child, *stacks)]
