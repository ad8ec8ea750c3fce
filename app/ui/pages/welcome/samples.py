"""The built-in data as tiles in groups: pictures, tables, and the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.engine.learning.tasks import TASKS
from app.engine.sources.samples import SAMPLES, Sample, thumbnails
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label
from app.ui.widgets.tile import Tile

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

GROUPS = (
    ("Pictures", "one click, then Train", ("image",)),
    ("Tables", "a row an example, one column is predicted", ("row",)),
    ("Texts, pairs and signals", "", ("text", "pair", "signal")),
)
"""Title of each group, why one looks at it, and the kinds of data in it."""


def heading(text: str, why: str) -> QWidget:
    """Returns a title with a grey half-sentence."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(6)

    for role, words in (("title", text), ("why", why)):
        label = Label(words)
        style(label, role)
        line.addWidget(label)

    line.addStretch(1)
    return row


def amount_of(sample: Sample) -> str:
    """Returns the first words of a sample's summary: "569 rows"."""
    return re.split(r"[:;]| of ", sample.summary.rstrip("."))[0]


def task_words(sample: Sample) -> str:
    """Returns what a sample is made for, without the term of the field: "Yes or no"."""
    task = TASKS.get(sample.task)
    return task.label.split(" (")[0] if task is not None else ""


class Samples(QWidget):
    """Tiles of the built-in data. One click calls opened("sample:NAME")."""

    def __init__(self, theme: Theme, opened: Callable[[str], None]) -> None:
        super().__init__()
        self._theme = theme
        self.tiles: dict[str, Tile] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)

        for title, why, kinds in GROUPS:
            members = [sample for sample in SAMPLES.values() if sample.kind in kinds]
            if not members:
                continue

            column.addWidget(heading(title, why))
            row = QHBoxLayout()
            row.setSpacing(12)

            for sample in members:
                row.addWidget(self._tile(sample, opened), 1)

            column.addLayout(row)

    def _tile(self, sample: Sample, opened: Callable[[str], None]) -> Tile:
        tile = Tile(
            self._theme,
            f"welcome.sample.{sample.name}",
            sample.label,
            amount_of(sample),
            task_words(sample),
            tip=f"{sample.summary} {sample.expectation} {sample.source_note} Licence: "
            f"{sample.licence}.",
        )
        if sample.kind == "image":
            tile.reserve_pictures()

        tile.clicked.connect(lambda: opened(sample.source))
        self.tiles[sample.name] = tile
        return tile

    def show_previews(self, pictures: dict[str, list[np.ndarray]]) -> None:
        for name, tile in self.tiles.items():
            tile.show_pictures(pictures.get(name, []))


def previews() -> dict[str, list[np.ndarray]]:
    """Returns a few pictures of each sample of pictures: (H, W) or (H, W, 3) uint8."""
    return {name: thumbnails(name) for name, sample in SAMPLES.items() if sample.kind == "image"}
