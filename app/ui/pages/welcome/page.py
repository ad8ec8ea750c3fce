"""The Start page: one's own data, recent work, interrupted runs, and the built-in data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.engine.runs.run import Run, list_runs
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.welcome.samples import Samples, heading, previews
from app.ui.state.action import Action
from app.ui.state.background import Failure
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear
from app.ui.widgets.tile import Tile

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent


SHOWN = 4
"""Most rows of recent work, and of interrupted runs."""


class WelcomePage(Page):
    """The first page: every card is one click to a data set, and Train is the next."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._interrupted: list[Run] = []
        style(self, "page")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        inside = QWidget()
        style(inside, "page")
        scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(8)
        self._heads(column)
        column.addWidget(heading("Your own data", "or drop a folder or a file on this window"))
        column.addLayout(self._own())
        column.addSpacing(4)
        self._lists = QHBoxLayout()
        self._lists.setSpacing(16)
        self._recent = Card("Recent")

        self._left_over = Card("Interrupted", "these can go on where they stopped")
        for card in (self._recent, self._left_over):
            self._lists.addWidget(card, 1, Qt.AlignmentFlag.AlignTop)
            card.hide()

        column.addLayout(self._lists)
        column.addSpacing(4)
        self._samples = Samples(parts.theme, parts.open, lambda: parts.do(Action.FASHION))
        column.addWidget(self._samples)
        column.addStretch(1)
        parts.session.state_changed.connect(self._list_runs)
        parts.background.run(lambda _: previews(), self._samples.show_previews, lambda _: None)

    # --- building

    def _heads(self, column: QVBoxLayout) -> None:
        heading = Label("Train a neural network by sight")
        style(heading, "welcome")
        lead = Label("Pick data, press Train, and watch it learn. Nothing leaves this computer.")
        lead.setWordWrap(True)
        style(lead, "lead")
        column.addWidget(heading)
        column.addWidget(lead)

    def _own(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)

        for action, name, title, text in (
            (
                Action.OPEN_FOLDER,
                "welcome.open_folder",
                "Open a folder",
                "With a sub-folder for each class: pictures, texts or sounds. Or pairs.",
            ),
            (
                Action.OPEN_FILE,
                "welcome.open_file",
                "Open a file",
                "A table (CSV, Excel, Parquet …), a long text, arrays, an experiment.",
            ),
        ):
            tile = Tile(self._parts.theme, name, title, text, tip=title)
            tile.clicked.connect(lambda _=False, action=action: self._parts.do(action))
            row.addWidget(tile, 1)

        return row

    # --- what there is

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list_recent()
        self._list_runs()

    def _list_recent(self) -> None:
        paths = self._parts.preferences.recent()[:SHOWN]
        clear(self._recent.body)

        for path in paths:
            self._row(
                self._recent,
                Path(path).name,
                str(Path(path).parent),
                "Open",
                "welcome.recent",
                lambda path=path: self._parts.open(path),
            )

        self._recent.setVisible(bool(paths))

    def _list_runs(self) -> None:
        if not self.isVisible():
            return

        folder = self._parts.runs_folder
        self._parts.background.run(
            lambda _: interrupted(folder), self._show_runs, lambda _: None, key="welcome.runs"
        )

    def _show_runs(self, runs: list[Run]) -> None:
        self._interrupted = runs
        clear(self._left_over.body)

        for run in runs[:SHOWN]:
            button = self._row(
                self._left_over,
                run.name,
                "it ended without being stopped",
                "Resume",
                "welcome.resume",
                lambda run=run: self._resume(run),
            )
            button.setEnabled(not self._parts.session.active)

        self._left_over.setVisible(bool(runs))
        self.guide_changed.emit()

    def _row(
        self, card: Card, title: str, text: str, action: str, name: str, then: object
    ) -> QPushButton:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        head = ElidedLabel(title, 12)
        rest = ElidedLabel(text, 4)
        button = QPushButton(action)
        style(rest, "secondary")
        style(button, "small")
        button.setObjectName(f"{name}.{title}")
        button.setAccessibleName(f"{action} {title}")
        button.setToolTip(tooltip(f"{action} {title}."))
        button.clicked.connect(lambda: then())  # type: ignore[operator]

        for widget in (head, rest):
            line.addWidget(widget)

        line.addStretch(1)
        line.addWidget(button)
        card.body.addWidget(row)

        return button

    def _resume(self, run: Run) -> None:
        try:
            self._parts.session.go_on(run.path)
        except UserError as error:
            self._parts.background.failed.emit(Failure.of(error))
            return
        self._parts.go("training")

    # --- Guide

    def guide(self) -> list[GuideCard]:
        cards = [
            GuideCard(
                "How it goes",
                "Data, Model, Learning, Training, Results, Try it: the steps on the left, from "
                "top to bottom. Every setting has a good default, so you can press Train at once.",
            ),
            GuideCard(
                "What a network needs",
                "Examples with the right answer (the target) beside each, or hidden in them. From "
                "these it finds out by itself what the answer depends on.",
            ),
        ]
        if self._interrupted:
            run = self._interrupted[0]
            cards.insert(
                0,
                GuideCard(
                    "A run was interrupted",
                    f"'{run.name}' can go on where it was.",
                    "warning",
                    "Resume",
                    lambda: self._resume(run),
                    "guide.resume",
                ),
            )

        return cards


def interrupted(folder: Path) -> list[Run]:
    """Returns the interrupted runs that can go on.

    They say that they are running while no process does it.
    """
    return [
        run
        for run in list_runs(folder)
        if run.status == "interrupted" and (run.path / "checkpoints").is_dir()
    ]
