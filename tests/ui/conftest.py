"""Real windows for tests, opened on folders of their own and closed in order.

Nothing may be reported that was not expected.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from app.engine.detached.awake import Awake
from app.ui.shell.application import Window
from app.ui.state.collector import collect_due
from app.ui.style.theme import Theme
from tests.ui.harness import Harness, dress, open_harness, wear, wear_nothing
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run

PATIENCE_MS = 60_000
"""A ceiling, not a measure: the first window of a process loads the engine."""

OpenWindow = Callable[..., Window]


@pytest.fixture(scope="session", autouse=True)
def no_collection_elsewhere() -> Iterator[None]:
    """Keeps Python from collecting on the threads of a harness, as a window does."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collects on the main thread, after each test."""
    yield
    collect_due()


@pytest.fixture(autouse=True)
def application(qapp: object) -> object:
    """Makes the application before anything is drawn.

    A picture painted without one breaks Qt for the tests after it.
    """
    return qapp


@pytest.fixture
def qtbot(qtbot: QtBot) -> Iterator[QtBot]:
    """Returns pytest-qt's qtbot, which also dresses and holds the widgets that it will close.

    A plot that is collected with its theme while events are processed takes Qt down with it.
    """
    held: list[QWidget] = []
    add = qtbot.addWidget

    def add_and_hold(widget: QWidget, **options: object) -> None:
        held.append(widget)
        dress(widget)
        add(widget, **options)

    qtbot.addWidget = add_and_hold
    yield qtbot
    del qtbot.addWidget
    held.clear()


@pytest.fixture
def harness(qapp: object, tmp_path: Path) -> Iterator[Harness]:
    """Returns everything behind a page, without the window."""
    with open_harness(tmp_path) as harness:
        yield harness


@pytest.fixture
def run(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a small run, really trained."""
    return trained_run(tmp_path_factory, tmp_path / "runs")


@pytest.fixture
def open_window(qtbot: QtBot, folders: Path) -> Iterator[OpenWindow]:
    """Returns open_window(*paths, awake=None), which opens a window with the engine loaded.

    The window is filled when it returns.
    """
    opened: list[Window] = []

    def open_one(*paths: str, awake: Awake | None = None) -> Window:
        window = Window(folders / "config", list(paths), awake=awake or Awake(lambda: None))
        opened.append(window)
        window.frame.resize(1280, 760)
        window.show()
        qtbot.waitUntil(
            lambda: window.assembly is not None and window.frame.filled,
            timeout=PATIENCE_MS,
        )

        qtbot.waitUntil(lambda: window.assembly.run_bar.engine is not None, timeout=PATIENCE_MS)
        return window

    yield open_one
    while opened:
        close(opened.pop())


def close(window: Window) -> None:
    """Takes a window apart, and lets go of everything that was connected to it."""
    window.close()
    for _ in range(3):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.fixture
def theme(qapp: object) -> Iterator[Theme]:
    """Yields a theme by which every widget is dressed that qtbot gets to know."""
    theme = Theme()
    wear(theme)
    yield theme
    wear_nothing()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
