"""The built-in data as tiles: those of pictures in front, tables and the rest one click away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.engine.learning.tasks import TASKS
from app.engine.sources.samples import SAMPLES, Sample, thumbnails
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label
from app.ui.widgets.tile import Tile

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

FRONT = ("Built-in data", "one click, then Train", ("image",))
GROUPS = (
    ("Tables", "each row is an example, one column is predicted", ("row",)),
    ("Texts, pairs and signals", "", ("text", "pair", "signal")),
)
"""Title of each group, why one looks at it, and the kinds of data in it; FRONT is always seen."""


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
    """Returns what a sample is made for: "Yes or no (binary classification)"."""
    task = TASKS.get(sample.task)
    return task.label if task is not None else ""


class Samples(QWidget):
    """Tiles of the built-in data. One click calls opened("sample:NAME").

    more(): a person asks for data that are too large to be built in.
    """

    def __init__(
        self, theme: Theme, opened: Callable[[str], None], more: Callable[[], None]
    ) -> None:
        super().__init__()
        self._theme = theme
        self._opened = opened
        self.tiles: dict[str, Tile] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._add_group(column, *FRONT)

        self._rest = QWidget()
        inside = QVBoxLayout(self._rest)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        for group in GROUPS:
            self._add_group(inside, *group)

        self._rest.hide()
        column.addLayout(self._links(more))
        column.addWidget(self._rest)

    def _add_group(self, column: QVBoxLayout, title: str, why: str, kinds: tuple[str, ...]) -> None:
        members = [sample for sample in SAMPLES.values() if sample.kind in kinds]
        if not members:
            return

        column.addWidget(heading(title, why))
        row = QHBoxLayout()
        row.setSpacing(12)

        for sample in members:
            row.addWidget(self._tile(sample), 1)

        column.addLayout(row)

    def _links(self, more: Callable[[], None]) -> QHBoxLayout:
        self.others = QPushButton()
        self.others.setObjectName("welcome.more_samples")
        self.others.setToolTip("Shows or hides the other built-in data.")
        self.others.setCheckable(True)
        self.others.toggled.connect(self._unfold)
        self._unfold(False)
        open_data = QPushButton("Get more open data")
        open_data.setObjectName("welcome.fashion")
        open_data.setToolTip("Says what else there is, and copies the command that installs it.")
        open_data.clicked.connect(lambda: more())

        row = QHBoxLayout()
        row.setSpacing(16)
        for button in (self.others, open_data):
            style(button, "link")
            row.addWidget(button)

        row.addStretch(1)
        return row

    def _unfold(self, shown: bool) -> None:
        hidden = sum(sample.kind not in FRONT[2] for sample in SAMPLES.values())
        self._rest.setVisible(shown)
        self.others.setText(
            "Fewer built-in data" if shown else f"{hidden} more: tables, texts, pairs and signals"
        )

    def _tile(self, sample: Sample) -> Tile:
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

        tile.clicked.connect(lambda: self._opened(sample.source))
        self.tiles[sample.name] = tile
        return tile

    def show_previews(self, pictures: dict[str, list[np.ndarray]]) -> None:
        for name, tile in self.tiles.items():
            tile.show_pictures(pictures.get(name, []))


def previews() -> dict[str, list[np.ndarray]]:
    """Returns a few pictures of each sample of pictures: (H, W) or (H, W, 3) uint8."""
    return {name: thumbnails(name) for name, sample in SAMPLES.items() if sample.kind == "image"}
