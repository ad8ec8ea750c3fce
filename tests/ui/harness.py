"""The parts behind a page without the window, for tests of a single page or widget."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent

from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.queue.items import Queue
from app.ui.pages.parts import Parts
from app.ui.state.background import Background
from app.ui.state.beside.queue_state import QueueState
from app.ui.state.collector import Collector
from app.ui.state.data_loader import DataLoader
from app.ui.state.document import Document
from app.ui.state.exports.exporter import Exporter
from app.ui.state.exports.predictions import Predictions
from app.ui.state.network_measurer import NetworkMeasurer
from app.ui.state.preferences import Preferences
from app.ui.state.searches.search_list import SearchList
from app.ui.state.session import Session
from app.ui.style.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QScrollArea, QWidget
    from pytestqt.qtbot import QtBot

    from app.ui.state.action import Action

PATIENCE_MS = 60_000
"""A ceiling, not a measure: the first measurement of a process loads the engine."""


@dataclass
class Harness:
    """The arguments of a page, and what the page requested.

    parts: for the constructor of a page. data_loader: reads the data. actions: those requested.
    pages_opened: names of the pages that were requested.
    """

    parts: Parts
    data_loader: DataLoader
    actions: list[Action] = field(default_factory=list)
    pages_opened: list[str] = field(default_factory=list)

    @property
    def document(self) -> Document:
        return self.parts.document

    def open(self, source: str) -> None:
        """Opens these data in the background, as the window does."""
        self.document.set(Experiment(data=DataSettings(source=source)))


@contextmanager
def open_harness(folder: Path, zoom: float = 1.0) -> Iterator[Harness]:
    """Yields everything behind a page, and closes it in order at the end."""
    theme = Theme(zoom=zoom)
    wear(theme)
    collector = Collector(theme)  # a run out of memory collects, and timers may be in its garbage
    document = Document()
    session = Session()
    background = Background()
    reading = Background()
    measuring = Background()
    data_loader = DataLoader(document, reading)
    exporter = Exporter()
    predictions = Predictions()
    network_measurer = NetworkMeasurer(document, background)
    actions: list[Action] = []
    pages_opened: list[str] = []
    queue = QueueState(Queue(), background)
    searches = SearchList(background)

    parts = Parts(
        document,
        session,
        theme,
        background,
        measuring,
        exporter,
        network_measurer,
        Preferences(folder / "preferences.json"),
        folder / "runs",
        pages_opened.append,
        lambda path: None,
        actions.append,
        queue,
        searches,
        predictions,
    )
    try:
        yield Harness(parts, data_loader, actions, pages_opened)
    finally:
        queue.close()
        searches.close()
        data_loader.close()
        network_measurer.close()
        session.close()
        exporter.close()
        predictions.close()
        background.close()
        measuring.close()
        reading.close()
        collector.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        wear_nothing()


_worn: list[Theme] = []
"""The theme by which widgets are dressed, where there is one."""


def wear(theme: Theme) -> None:
    """Lets widgets be dressed by a theme as soon as qtbot knows them, as a window does."""
    _worn[:] = [theme]
    theme.apply()


def wear_nothing() -> None:
    """Dresses no more widgets, and takes the colours back to the usual ones."""
    _worn.clear()
    Theme().apply()


def dress(widget: QWidget) -> None:
    """Gives a widget the style sheet, if it is the outermost and a theme is worn.

    With the sheet in the application itself, Qt would style all in a widget anew for each layout it
    is put into while it is built.
    """
    if _worn and widget.parentWidget() is None:
        _worn[0].dress(widget)


def picture_folder(folder: Path, counts: dict[str, int], size: tuple[int, int] = (20, 30)) -> Path:
    """Writes a folder of PNG files: so many different colour pictures for each class.

    size: (height, width).
    """
    random = np.random.default_rng(0)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (*size, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")

    return folder


def until_it_fits(qtbot: QtBot, scroller: QScrollArea) -> None:
    """Waits until nothing is cut off sideways: layouts follow a moment after what is in them."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    qtbot.waitUntil(lambda: scroller.horizontalScrollBar().maximum() == 0)
