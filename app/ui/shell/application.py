"""The one place where the window is put together, and taken apart again in order."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform == "win32":
    # On Windows torch's libraries can only be loaded before Qt's (pytorch issue 166628).
    import torch  # noqa: F401

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QIcon, QPixmapCache
from PySide6.QtWidgets import QApplication

from app.engine import folders, garbage
from app.ui.pages import find_pages
from app.ui.shell.main_window import MainWindow
from app.ui.shell.system.plain_imports import use_plain_imports
from app.ui.shell.system.single_instance import SingleInstance
from app.ui.state.collector import Collector
from app.ui.state.preferences import Preferences
from app.ui.style.assets import PROGRAM_ICON
from app.ui.style.theme import Theme, system_is_dark

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.detached.awake import Awake
    from app.ui.shell.assembly import Assembly

PIXMAPS_KB = 2048
"""Qt keeps drawn icons and borders of each look that was ever shown, up to 10 MB of its own."""

SIGNAL_MS = 200
"""Python's signal handlers run at least this often."""

PAINT_MS = 1500
"""A window that is never painted (minimised at the start) is filled after this time."""

SWITCH_S = 0.001
"""Longest time for which another thread keeps Python from the window's thread.

Python's default of 5 ms comes again for every handler in Python: a change of light and dark, which
computes for 70 ms, took 340 ms beside a thread that computes in Python, and 150 ms with this.
"""

IMPORT_S = 2.0
"""Seconds that leaving waits for the engine's import, which cannot be stopped."""


class Window(QObject):
    """One window and all that lives behind it.

    Two can live in one process, each with folders of its own. It shows the frame; `assemble` fills
    it, a moment after it was painted.
    """

    def __init__(
        self, folder: Path, paths: list[str], train: bool = False, awake: Awake | None = None
    ) -> None:
        super().__init__()
        use_plain_imports()
        sys.setswitchinterval(SWITCH_S)
        garbage.keep_few_arenas()
        QPixmapCache.setCacheLimit(PIXMAPS_KB)
        self._collector = Collector(self)
        self._folder = folder
        self._paths = paths
        self._train = train
        self._awake = awake
        self.preferences = Preferences(folder / "window.json")
        self.theme = Theme(
            self.preferences.get("dark", system_is_dark()), self.preferences.get("zoom", 1.0)
        )
        self.theme.apply()
        self._pages = find_pages()
        self.frame = MainWindow(self.theme, self.preferences, self._pages)
        self.assembly: Assembly | None = None
        self._closed = False
        self.frame.painted.connect(self.assemble)
        self._fallback = QTimer(self, interval=PAINT_MS, singleShot=True)
        self._fallback.timeout.connect(self.assemble)

    def show(self) -> None:
        self.frame.show()
        self._fallback.start()

    def assemble(self) -> None:
        """Loads and connects everything but the engine, which follows on a thread.

        Does nothing the second time.
        """
        self._fallback.stop()
        if self.assembly is None:
            from app.ui.shell.assembly import (  # noqa: PLC0415 - after the window is painted
                Assembly,
            )

            self.assembly = Assembly(
                self.frame,
                self.theme,
                self.preferences,
                self._pages,
                self._folder,
                self._awake,
            )
            self.assembly.begin(self._paths, self._train)

    def open(self, paths: list[str]) -> None:
        """Opens what another start asked for, and comes to the front."""
        self.frame.to_front()
        self.assemble()

        for path in paths[:1]:
            if self.assembly is not None:
                self.assembly.opener.open(path)

    def close(self) -> bool:
        """Takes everything apart, in order.

        Returns whether every thread has ended. Does nothing the second time.
        """
        if self._closed:
            return True

        self._closed = True
        self._fallback.stop()
        assembly = self.assembly
        self.assembly = None
        ended = assembly.close(IMPORT_S) if assembly is not None else True
        self.frame.dismantle()
        self.frame.leave()
        self.frame.deleteLater()
        self.theme.deleteLater()
        self._collector.close()

        return ended


def main(paths: list[str], train: bool = False) -> int:
    """Shows the window until it is closed, and returns the exit code.

    paths: an experiment, a run or data to open first. train: press Train once it is open.

    A second start hands its paths to the first window and ends with 0.
    """
    application = QApplication.instance() or QApplication(
        [sys.argv[0] if sys.argv else "netwright"]
    )
    assert isinstance(application, QApplication)

    application.setApplicationName("netwright")
    application.setApplicationDisplayName("Netwright")
    application.setDesktopFileName("netwright")
    application.setWindowIcon(QIcon(str(PROGRAM_ICON)))
    application.setQuitOnLastWindowClosed(True)
    folder = folders.config()

    single = SingleInstance(folder)
    if not single.first() and single.hand_over([_absolute(path) for path in paths]):
        return 0

    window = Window(folder, paths, train)
    single.asked.connect(window.open)
    window.frame.painted.connect(single.listen)
    restore = _end_on_signals(window)
    window.show()
    code = application.exec()
    restore()
    single.close()
    ended = window.close()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()

    if not ended:
        # Everything is saved, and every thread has ended but the one that imports torch. The
        # interpreter would wait seconds for it, and a daemon thread inside torch would abort the
        # process.
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)

    return code


def _absolute(path: str) -> str:
    return path if path.startswith("sample:") else str(Path(path).expanduser().absolute())


def _end_on_signals(window: Window) -> Callable[[], None]:
    """Lets Ctrl+C and a polite kill end the program as closing it does, without a question.

    Returns what undoes it.
    """
    stops = [signal.SIGINT, signal.SIGTERM]
    before = [(number, signal.getsignal(number)) for number in stops]

    def end(*_: object) -> None:
        QApplication.exit(0)  # quit() would first ask the window, which asks the person

    for number in stops:
        signal.signal(number, end)

    awake = QTimer(window, interval=SIGNAL_MS)  # Python's handlers run only when Python runs
    awake.timeout.connect(_nothing)
    awake.start()

    def restore() -> None:
        awake.stop()
        for number, handler in before:
            signal.signal(number, handler)

    return restore


def _nothing() -> None:
    """Does nothing, to give Python a turn."""
