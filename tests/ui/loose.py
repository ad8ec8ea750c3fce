"""The live parts of a window without the window: for tests of a single page or widget."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent

from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.ui.pages.parts import Parts
from app.ui.state.background import Background
from app.ui.state.data_loader import DataLoader
from app.ui.state.document import Document
from app.ui.state.network_measurer import NetworkMeasurer
from app.ui.state.preferences import Preferences
from app.ui.state.session import Session
from app.ui.style.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.ui.state.action import Action

PATIENCE_MS = 60_000
"""A ceiling, not a measure: the first measurement of a process loads the engine."""


@dataclass
class Loose:
    """What a page is made with, and what it asked for.

    parts: for the constructor of a page. data_loader: reads the data. done, gone: the actions and
    pages that the page asked for.
    """

    parts: Parts
    data_loader: DataLoader
    done: list[Action] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def document(self) -> Document:
        return self.parts.document

    def open(self, source: str) -> None:
        """Read these data in the background, as the window does."""
        self.document.set(Experiment(data=DataSettings(source=source)))


@contextmanager
def loose_parts(folder: Path, zoom: float = 1.0) -> Iterator[Loose]:
    """Everything behind a page, closed in order at the end."""
    theme = Theme(zoom=zoom)
    theme.apply()
    document = Document()
    session = Session()
    background = Background()
    reading = Background()
    data_loader = DataLoader(document, reading)
    network_measurer = NetworkMeasurer(document, background)
    done: list[Action] = []
    gone: list[str] = []

    parts = Parts(
        document,
        session,
        theme,
        background,
        network_measurer,
        Preferences(folder / "preferences.json"),
        folder / "runs",
        gone.append,
        lambda path: None,
        done.append,
    )
    try:
        yield Loose(parts, data_loader, done, gone)
    finally:
        data_loader.close()
        network_measurer.close()
        session.close()
        background.close()
        reading.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        Theme().apply()


def picture_folder(folder: Path, counts: dict[str, int], size: tuple[int, int] = (20, 30)) -> Path:
    """A folder of real PNG files: so many colour pictures per class, of (height, width), each
    different.
    """
    random = np.random.default_rng(0)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (*size, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")

    return folder
