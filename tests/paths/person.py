"""A person at the window: looks for things by their names, clicks on them, types, and waits.

The person has a thread of their own, as a dialog that asks for a file holds up what opened it. The
window is looked at on its own thread alone.
"""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QScrollArea, QWidget

from tests.paths.x_events import CONTROL, ENTER, XEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.ui.state.session import Session

PATIENCE = 180.0
"""Seconds after which what was waited for does not come."""

SETTLED = 0.15
"""Seconds in which events come through the display."""

STEPS = 12
"""Moves of the mouse in a drag."""

LAYOUTS = 12
"""Turns of the event loop in which what was changed is laid out."""

WHEEL_UP, WHEEL_DOWN = 4, 5


class OnWindow(QObject):
    """Calls functions on the thread of the window, where it is made."""

    _wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Any] = []
        self._wanted.connect(self._call, Qt.ConnectionType.BlockingQueuedConnection)

    def __call__(self, function: Callable[[], Any]) -> Any:
        """Returns what a function returns, from another thread."""
        self._wanted.emit(function)
        return self._found.pop()

    def _call(self, function: Callable[[], Any]) -> None:
        self._found.append(function())


class Person:
    """Uses the open windows, and photographs the screen into a folder.

    clicks, drags, keys, turns: how often; turns are those of the wheel.
    """

    def __init__(
        self, session: Session, events: XEvents, on_window: OnWindow, pictures: Path
    ) -> None:
        self.session = session
        self.events = events
        self.on_window = on_window
        self.clicks = 0
        self.drags = 0
        self.keys = 0
        self.turns = 0
        self._pictures = pictures

    @property
    def effort(self) -> str:
        """What it took so far, in words."""
        drags = f"{self.drags} drags, " if self.drags else ""
        return f"{self.clicks} clicks, {drags}{self.keys} keys and {self.turns} turns of the wheel"

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Waits until something is so. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while not self.on_window(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"Waited for {PATIENCE:.0f} s in vain: {what}.")
            time.sleep(0.05)

    def see(self, name: str) -> QWidget:
        """Waits until there is a widget of this name that can be used, and returns it."""

        def found() -> QWidget | None:
            for widget in QApplication.allWidgets():
                if widget.objectName() == name and widget.isVisible() and widget.isEnabled():
                    return widget
            return None

        self.wait(lambda: found() is not None, f"'{name}' is there and enabled")
        widget = self.on_window(found)
        assert isinstance(widget, QWidget)
        return widget

    def click(self, name: str) -> QWidget:
        """Clicks on the middle of what is seen of a widget, scrolled to where it can be seen.

        Raises AssertionError where something else is in front of it.
        """
        widget = self.see(name)
        self._scroll_to(widget)
        place: QPoint = self.on_window(lambda: widget.mapToGlobal(_seen(widget).center()))
        self.events.move(place.x(), place.y())
        time.sleep(SETTLED)

        assert self.on_window(lambda: _is_hit(widget, place)), f"something is before '{name}'"
        self.events.press()
        self.clicks += 1
        time.sleep(SETTLED)
        return widget

    def click_at(self, place: QPoint) -> None:
        """Clicks on a pixel of the screen."""
        self.events.move(place.x(), place.y())
        time.sleep(SETTLED)
        self.events.press()
        self.clicks += 1
        time.sleep(SETTLED)

    @contextmanager
    def holding(self, keysym: int) -> Iterator[None]:
        """Keeps a key down meanwhile."""
        self.events.hold_key(keysym, True)
        self.keys += 1
        try:
            yield
        finally:
            self.events.hold_key(keysym, False)

    def drag(self, start: QPoint, end: QPoint, shown: Callable[[], bool]) -> None:
        """Presses the left button at a pixel of the screen and lets it go at another one.

        shown: whether it is seen there what would happen; the button is kept down until it is.
        """
        self.events.move(start.x(), start.y())
        time.sleep(SETTLED)
        self.events.hold()
        for step in range(1, STEPS + 1):
            way = (end - start) * (step / STEPS)
            self.events.move(start.x() + way.x(), start.y() + way.y())
            time.sleep(SETTLED / STEPS)

        self._hover(end, shown)
        self.events.release()
        self.drags += 1
        time.sleep(SETTLED)

    def _hover(self, place: QPoint, shown: Callable[[], bool]) -> None:
        """Waits at a pixel with a hand that never rests: a drag of Qt tells of moves only."""
        until = time.monotonic() + PATIENCE
        beside = itertools.cycle((0, 1))
        while not self.on_window(shown):
            if time.monotonic() > until:
                raise TimeoutError("It is not seen what letting go would do.")

            self.events.move(place.x() + next(beside), place.y())
            time.sleep(SETTLED)

        self.events.move(place.x(), place.y())

    def photograph(self, name: str) -> None:
        """Takes a picture of the screen, once everything is laid out: level by level, in turns."""
        for _ in range(LAYOUTS):
            self.on_window(lambda: None)

        time.sleep(SETTLED)
        path = str(self._pictures / f"{name}.png")
        self.on_window(lambda: QApplication.primaryScreen().grabWindow(0).save(path))

    def type(self, text: str, enter: bool = False) -> None:
        """Types letters and signs of ASCII, and Enter behind them."""
        for letter in text:
            self.events.key(ord(letter))
            self.keys += 1

        if enter:
            self.press(ENTER)
        time.sleep(SETTLED)

    def answer_dialog(self, path: str) -> None:
        """Types a path into the dialog that asks for a file or folder, once it is open."""

        def is_open() -> bool:
            return isinstance(QApplication.activeWindow(), QFileDialog)

        self.wait(is_open, "the dialog that asks for a file")
        self.press(ord("a"), CONTROL)
        self.type(path, enter=True)
        self.wait(lambda: not is_open(), "the end of the dialog")
        self.on_window(_activate)

    def press(self, keysym: int, *held: int) -> None:
        """Presses a key."""
        self.events.key(keysym, *held)
        self.keys += 1
        time.sleep(SETTLED)

    def _scroll_to(self, widget: QWidget) -> None:
        for _ in range(60):
            turn = self.on_window(lambda: _turn_to(widget))
            if turn is None:
                return

            middle, button = turn
            self.events.move(middle.x(), middle.y())
            self.events.press(button)
            self.turns += 1
            time.sleep(SETTLED)


def _activate() -> None:
    """Gives the keyboard back to the window, as a window manager does; the display has none."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMainWindow):
            widget.activateWindow()


def _turn_to(widget: QWidget) -> tuple[QPoint, int] | None:
    """Returns where the wheel must be turned, and how, to see a widget; None where it is seen."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if area is None or _seen(widget).height() >= min(widget.height(), 12):
        return None

    viewport = area.viewport()
    below = widget.mapTo(viewport, QPoint(0, 0)).y() > viewport.height() // 2
    middle = viewport.mapToGlobal(viewport.rect().center())
    return middle, WHEEL_DOWN if below else WHEEL_UP


def _seen(widget: QWidget) -> QRect:
    """Returns the part of a widget that is not cut off, in its own pixels."""
    return widget.visibleRegion().boundingRect()


def _is_hit(widget: QWidget, place: QPoint) -> bool:
    """Returns whether a click at a place of the screen goes to a widget."""
    hit = QApplication.widgetAt(place)
    return hit is not None and (hit is widget or widget.isAncestorOf(hit))
