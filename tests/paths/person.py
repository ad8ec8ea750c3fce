"""A person at the window: looks for things by their names, clicks on them, types, and waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QFileDialog, QScrollArea, QWidget

from tests.paths.x_events import ENTER, XEvents

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.window import OpenWindow

PATIENCE = 180.0
"""Seconds after which what was waited for does not come."""

WHEEL_UP, WHEEL_DOWN = 4, 5


class Person:
    """Uses an open window. clicks, keys, turns: how often; turns are those of the wheel."""

    def __init__(self, opened: OpenWindow, events: XEvents) -> None:
        self.opened = opened
        self.events = events
        self.clicks = 0
        self.keys = 0
        self.turns = 0

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Waits until something is so. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        self.opened.wait(lambda: condition() or time.monotonic() > end)
        if not condition():
            raise TimeoutError(f"Waited for {PATIENCE:.0f} s in vain: {what}.")

    def see(self, name: str) -> QWidget:
        """Waits until there is a widget of this name that can be used, and returns it."""

        def found() -> QWidget | None:
            for widget in QApplication.allWidgets():
                if widget.objectName() == name and widget.isVisible() and widget.isEnabled():
                    return widget
            return None

        self.wait(lambda: found() is not None, f"'{name}' is there and enabled")
        widget = found()
        assert widget is not None
        return widget

    def click(self, name: str) -> QWidget:
        """Clicks on the widget of this name, scrolled to where it can be seen."""
        widget = self.see(name)
        self.click_on(widget)
        return widget

    def click_on(self, widget: QWidget) -> None:
        """Moves the mouse to the middle of what is seen of a widget, and clicks.

        Raises AssertionError where something else is in front of it.
        """
        self._scroll_to(widget)
        place = widget.mapToGlobal(_seen(widget).center())
        self.events.move(place.x(), place.y())
        self._settle()

        hit = QApplication.widgetAt(place)
        assert hit is not None and (hit is widget or widget.isAncestorOf(hit)), (
            f"'{widget.objectName()}' is behind {hit}"
        )
        self.events.press()
        self.clicks += 1
        self._settle()

    def type(self, text: str, enter: bool = False) -> None:
        """Types letters and signs of ASCII, and Enter behind them."""
        for letter in text:
            self.events.key(ord(letter))
            self.keys += 1

        if enter:
            self.press(ENTER)
        self._settle()

    def answer_dialog(self, path: str) -> None:
        """Types a path into the dialog that asks for a file or folder, once it is open."""

        def dialog() -> QFileDialog | None:
            active = QApplication.activeWindow()
            return active if isinstance(active, QFileDialog) else None

        self.wait(lambda: dialog() is not None, "the dialog that asks for a file")
        self.type(path, enter=True)
        self.wait(lambda: dialog() is None, "the end of the dialog")

    def press(self, keysym: int, *held: int) -> None:
        """Presses a key."""
        self.events.key(keysym, *held)
        self.keys += 1
        self._settle()

    def _settle(self) -> None:
        """Waits until the events have come through the display."""
        rest = time.monotonic() + 0.15
        self.opened.wait(lambda: time.monotonic() > rest)

    def _scroll_to(self, widget: QWidget) -> None:
        for _ in range(60):
            area = _area_of(widget)
            seen = _seen(widget)
            if area is None or seen.height() >= min(widget.height(), 12):
                return

            viewport = area.viewport()
            middle = viewport.mapToGlobal(viewport.rect().center())
            below = widget.mapTo(viewport, QPoint(0, 0)).y() > viewport.height() // 2
            self.events.move(middle.x(), middle.y())
            self.events.press(WHEEL_DOWN if below else WHEEL_UP)
            self.turns += 1
            self._settle()


def _area_of(widget: QWidget) -> QScrollArea | None:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()

    return parent


def _seen(widget: QWidget) -> QRect:
    """Returns the part of a widget that is not cut off, in its own pixels."""
    return widget.visibleRegion().boundingRect()
