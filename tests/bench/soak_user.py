"""A person who does things at random in a window, by events of mouse and keys."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QTableView,
    QWidget,
)

from app.ui.plots.base.canvas import PlotCanvas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.ui.shell.main_window import MainWindow

PAGES = ("welcome", "data", "model", "learning", "training", "results", "tryit", "runs")
VIEWS = ("overview", "curves", "inside", "memory", "log", "race")
USUAL_SIZE = (1280, 760)
LARGEST_SIZE = (1580, 980)
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


class User:
    """Does one thing after another. done: action -> times; messages: what problem dialogs said."""

    def __init__(self, frame: MainWindow, folder: Path, seed: int) -> None:
        self.frame = frame
        self.random = random.Random(seed)
        self.done: dict[str, int] = {}
        self.messages: list[str] = []
        self.files = write_files(folder)
        self._tour = iter(self._first_steps())
        self._choices: list[tuple[Callable[[], None], int]] = [
            (self.switch_page, 12),
            (self.open_data, 3),
            (self.train, 5),
            (self.pause, 2),
            (self.stop, 2),
            (self.switch_view, 8),
            (self.zoom_plot, 14),
            (self.hover, 10),
            (self.change_shade, 1),
            (self.change_zoom, 1),
            (self.race, 1),
            (self.find_rate, 1),
            (self.try_it, 6),
            (self.undo, 3),
            (self.choose, 3),
            (self.look_at_run, 3),
            (self.resize, 1),
        ]

    def act(self) -> None:
        """Does one thing; what is in front of the window is answered first."""
        if self._answer_dialog():
            return

        if QApplication.activeWindow() is None:
            self.frame.activateWindow()  # no window manager does it; the next keys will arrive

        actions, weights = zip(*self._choices, strict=True)
        action = next(self._tour, None) or self.random.choices(actions, weights)[0]
        name = getattr(action, "func", action).__name__
        self.done[name] = self.done.get(name, 0) + 1
        action()

    def rest(self) -> None:
        """Comes to the same state each time: nothing runs, the same small data, the first page.

        What is drawn into is as large as the window, and a comparison holds the curves of its runs:
        each comes to ten megabytes between its least and its most.
        """
        self.press("train.stop")
        self.zoom_reset()
        self.frame.resize(*USUAL_SIZE)
        self._compare_one()
        self.drop(self.files[0])
        self.press("rail.welcome")

    def _compare_one(self) -> None:
        """Leaves one run in the comparison, the newest."""
        self.press("rail.runs")
        table = self.frame.findChild(QTableView, "runs.list")
        if table is not None and table.isVisible() and table.model().rowCount():
            at = table.visualRect(table.model().index(0, 0)).center()
            QTest.mouseClick(table.viewport(), LEFT, NONE, at)

    def _first_steps(self) -> Iterator[Callable[[], None]]:
        """Yields what makes use of everything once, with each kind of data.

        What is loaded at its first use is held from then on, and is no growth.
        """
        for path in self.files:
            yield partial(self.drop, path)
            yield from [self.hover] * 10
            yield self.train
            for view in VIEWS[:-1]:
                yield partial(self.look, "rail.training", f"training.view.{view}")
                yield from [self.zoom_plot, self.hover] * 3

            yield self.stop
            for page in PAGES:
                yield partial(self.press, f"rail.{page}")
                yield from [self.choose, self.hover]

            yield from [self.try_it] * 3
            yield from [self.look_at_run, self.find_rate, *[self.hover] * 15]
            yield from [self.race, *[self.hover] * 25, self.stop]
            yield from self._looks()

    def _looks(self) -> Iterator[Callable[[], None]]:
        """Yields every page in dark, enlarged, in the largest window, and many runs compared."""
        yield from [self.change_shade, *[self.zoom_in] * 3]
        yield partial(self.frame.resize, *LARGEST_SIZE)
        for page in PAGES:
            yield partial(self.press, f"rail.{page}")
            yield from [self.choose, self.undo, self.hover]

        yield from [self.look_at_run] * 8
        for view in VIEWS:
            yield partial(self.look, "rail.training", f"training.view.{view}")
            yield from [self.zoom_plot, self.hover]

        yield from [self.train, self.pause, self.hover, self.stop]
        yield from [self.change_shade, self.zoom_reset]

    # --- actions

    def switch_page(self) -> None:
        self.press(f"rail.{self.random.choice(PAGES)}")

    def open_data(self) -> None:
        self.drop(self.random.choice(self.files))

    def drop(self, path: Path) -> None:
        """Drops a file or folder onto the window."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        where = QPointF(self.frame.width() / 2, self.frame.height() / 2)
        enters = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.frame, enters)
        event = QDropEvent(where, Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.frame, event)

    def train(self) -> None:
        self.press("train.start")

    def pause(self) -> None:
        self.press("train.pause")

    def stop(self) -> None:
        self.press("train.stop")

    def switch_view(self) -> None:
        self.look("rail.training", f"training.view.{self.random.choice(VIEWS)}")

    def look(self, page: str, view: str) -> None:
        self.press(page)
        self.press(view)

    def zoom_plot(self) -> None:
        """Turns the wheel over a plot, drags in it, or lets it follow again."""
        plots = [plot for plot in self.frame.findChildren(PlotCanvas) if plot.isVisible()]
        if not plots:
            return

        plot = self.random.choice(plots)
        area = plot.viewport()
        at = self._place(area)
        kind = self.random.randrange(4)
        if kind < 2:
            for _ in range(3):
                self._wheel(area, at, 120 if kind else -120)
        elif kind == 2:
            QTest.mousePress(area, LEFT, NONE, at)
            for _ in range(5):
                QTest.mouseMove(area, self._place(area))
            QTest.mouseRelease(area, LEFT, NONE, self._place(area))
        else:
            self._mouse(plot.findChild(QAbstractButton, "plot.auto"))

    def hover(self) -> None:
        widgets = [plot for plot in self.frame.findChildren(PlotCanvas) if plot.isVisible()]
        area = self.random.choice(widgets).viewport() if widgets else self.frame
        for _ in range(4):
            QTest.mouseMove(area, self._place(area))

    def change_shade(self) -> None:
        self.press("header.dark")

    def change_zoom(self) -> None:
        self._key(self.random.choice((Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0)), CONTROL)

    def zoom_in(self) -> None:
        self._key(Qt.Key.Key_Plus, CONTROL)

    def zoom_reset(self) -> None:
        self._key(Qt.Key.Key_0, CONTROL)

    def race(self) -> None:
        self.press("rail.learning")
        self.press("learning.race")
        if self.random.random() < 0.7:
            self.press("race.why_adam")
            self.press("race.start")

    def find_rate(self) -> None:
        self.press("rail.learning")
        self.press("learning.find_rate")

    def try_it(self) -> None:
        self.press("rail.tryit")
        page = self.frame.findChild(QWidget, "page.tryit")
        if page is None:
            return

        buttons = [
            button
            for button in page.findChildren(QAbstractButton)
            if button.objectName() in ("tryit.random", "tryit.clear", "tryit.usual", "tryit.dark")
        ]
        if buttons:
            self._mouse(self.random.choice(buttons))

        drawing = page.findChild(QWidget, "tryit.picture")
        if drawing is not None and drawing.isVisible():
            QTest.mousePress(drawing, LEFT, NONE, self._place(drawing))
            QTest.mouseMove(drawing, self._place(drawing))
            QTest.mouseRelease(drawing, LEFT, NONE, self._place(drawing))

    def undo(self) -> None:
        self._key(self.random.choice((Qt.Key.Key_Z, Qt.Key.Key_Z, Qt.Key.Key_Y)), CONTROL)

    def choose(self) -> None:
        """Goes one on in a list of choices of the page in front."""
        boxes = [
            box for box in self.frame.findChildren(QComboBox) if box.isVisible() and box.isEnabled()
        ]
        if boxes:
            key = self.random.choice((Qt.Key.Key_Down, Qt.Key.Key_Up))
            QTest.keyClick(self.random.choice(boxes), key)

    def look_at_run(self) -> None:
        self.press("rail.runs")
        table = self.frame.findChild(QTableView, "runs.list")
        if table is None or not table.isVisible() or table.model().rowCount() == 0:
            return

        row = self.random.randrange(min(8, table.model().rowCount()))
        at = table.visualRect(table.model().index(row, 0)).center()
        modifier = self.random.choice((NONE, CONTROL))
        QTest.mouseClick(table.viewport(), LEFT, modifier, at)
        if self.random.random() < 0.3:
            QTest.keyClick(table, Qt.Key.Key_Return)

    def resize(self) -> None:
        width, height = LARGEST_SIZE
        self.frame.resize(self.random.randint(900, width), self.random.randint(640, height))

    # --- events

    def _answer_dialog(self) -> bool:
        """Closes what lies before the window after a while; returns whether there is something."""
        dialog = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        if dialog is None:
            return False

        if dialog.objectName() == "problem.dialog":
            what = getattr(dialog, "what", None)
            self.messages.append(what.text() if what is not None else "a problem")

        if dialog.objectName().startswith("learning.finder") and self.random.random() < 0.8:
            return True  # the search goes on for some of the next turns

        if isinstance(dialog, QDialog):
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
        else:
            dialog.close()
        return True

    def press(self, name: str) -> None:
        for window in (QApplication.activeModalWidget(), self.frame):
            button = window.findChild(QAbstractButton, name) if window is not None else None
            if button is not None:
                self._mouse(button)
                return

    def _mouse(self, button: QAbstractButton | None) -> None:
        if button is not None and button.isVisible() and button.isEnabled():
            QTest.mouseClick(button, LEFT)

    def _key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.frame, key, modifier)

    def _place(self, widget: QWidget) -> QPoint:
        return QPoint(
            self.random.randint(2, max(3, widget.width() - 3)),
            self.random.randint(2, max(3, widget.height() - 3)),
        )

    def _wheel(self, widget: QWidget, at: QPoint, turn: int) -> None:
        event = QWheelEvent(
            QPointF(at),
            QPointF(widget.mapToGlobal(at)),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)


def write_files(folder: Path) -> list[Path]:
    """Writes data of several kinds: a table, pictures as arrays and as files, signals."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(600, 6)).round(3)
    rows = [",".join(map(str, row)) + f",{'abc'[number % 3]}" for number, row in enumerate(values)]
    table = folder / "table.csv"
    table.write_text("\n".join(["a,b,c,d,e,f,class", *rows]) + "\n", encoding="utf-8")

    labels = np.arange(900) % 3
    light = rng.integers(0, 100, (900, 16, 16)) + 50 * labels[:, None, None]
    pictures = folder / "pictures.npz"
    np.savez(pictures, images=light.astype(np.uint8), labels=labels)

    signals = folder / "signals.npz"
    waves = rng.normal(size=(300, 1, 64)) + labels[:300, None, None]
    np.savez(signals, signals=waves.astype(np.float32), labels=labels[:300])

    album = folder / "album"
    for name in ("cats", "dogs"):
        (album / name).mkdir(parents=True)
        for number in range(40):
            pixels = rng.integers(0, 256, (24, 32, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(album / name / f"{number}.png")

    return [table, pictures, signals, album]
