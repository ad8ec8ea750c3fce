"""Augmentation: how training pictures are varied, shown on real ones."""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.engine.data.augmentation import Augmentation, resolve_augmentation
from app.ui.pages.data.preparing import FORM_WIDTH, sample_rows
from app.ui.pages.data.scrolled import scrolled
from app.ui.pages.data.states import button
from app.ui.style.theme import style
from app.ui.text.words import target_words
from app.ui.widgets.card import Card
from app.ui.widgets.examples.thumbnails import Row, ThumbnailGrid
from app.ui.widgets.label import Label
from app.ui.widgets.settings.form import Form

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document
    from app.ui.state.preferences import Preferences
    from app.ui.style.theme import Theme

SIDE = 64
"""Side of a picture in pixels at 100 %."""

PICTURES = 6

TIMES = 16
"""How often each picture is varied."""


class Varying(QWidget):
    """Settings on the left; on the right a few pictures, each as it is, then varied.

    "Again" varies them with another seed.
    """

    def __init__(
        self,
        document: Document,
        background: Background,
        theme: Theme,
        preferences: Preferences,
    ) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self._theme = theme
        self._variation = 0
        self._requested: tuple[Any, ...] = ()
        self._source = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        settings = Card("Augmentation", "new in every epoch")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(Form(document, "augmentation", None, theme, preferences))
        column.addStretch(1)
        settings.body.addWidget(scrolled(inside), 1)
        self._settings = settings
        self._row.addWidget(settings)
        self._row.addWidget(self._preview_card(), 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _preview_card(self) -> Card:
        card = Card("The same pictures, varied", "the first of each row is the original")
        card.tools.addWidget(
            button("Again", "data.again", "Varies the pictures once more.", self.again, "small")
        )
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)

        self.strips = []
        for number in range(PICTURES):
            strip = ThumbnailGrid(self._theme, SIDE, rows_visible=1)
            strip.setObjectName(f"data.varied.{number}")
            strip.setAccessibleName(f"Picture {number + 1} and its variations")
            strip.clickable = False
            strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.strips.append(strip)
            column.addWidget(strip)

        column.addStretch(1)
        self._words = Label()
        self._words.setObjectName("data.varied.words")
        self._words.setWordWrap(True)
        style(self._words, "secondary")
        card.body.addWidget(scrolled(inside), 1)
        card.body.addWidget(self._words)

        return card

    def again(self) -> None:
        """Varies the same pictures with another seed."""
        self._variation += 1
        self.refresh()

    def refresh(self) -> None:
        dataset = self._document.dataset
        if dataset is None:
            return

        settings = self._document.experiment.augmentation
        requested = (weakref.ref(dataset), settings, self._variation)
        if requested == self._requested:
            return

        if dataset.description.source != self._source:
            self._source = dataset.description.source
            self._background.forget("data.varied")
            for strip in self.strips:
                strip.show_rows([])

        self._requested = requested
        if not self.strips[0].rows:
            self._words.setText(
                "Varying the pictures …" if "torch" in sys.modules else "Loading engine …"
            )

        rows = sample_rows(dataset, PICTURES)
        variation = self._variation

        def make(_: object) -> Any:
            from app.engine.compute.first_batch import varied  # noqa: PLC0415 - loads torch

            words = Augmentation(resolve_augmentation(settings, dataset.description)).words
            return dataset, varied(dataset, rows, settings, TIMES, variation), words

        self._background.run(make, self._show, self._failed, key="data.varied")

    def _show(self, result: tuple[Dataset, list[Any], str]) -> None:
        dataset, pictures, words = result
        description = dataset.description

        captions = [
            target_words(description, dataset.targets[row])
            for row in sample_rows(dataset, PICTURES)
        ]
        for number, strip in enumerate(self.strips):
            strip.setVisible(number < len(pictures))
            if number < len(pictures):
                first: list[Row] = [(pictures[number][0], captions[number], "normal")]
                strip.show_rows(
                    first + [(picture, "", "quiet") for picture in pictures[number][1:]]
                )

        self._words.setText(
            "Nothing is varied." if words == "none" else f"{words[0].upper()}{words[1:]}."
        )

    def _failed(self, failure: Failure) -> None:
        self._requested = ()
        self._words.setText(failure.message)

    def _restyle(self) -> None:
        self._row.setSpacing(self._theme.px(16))
        self._settings.setFixedWidth(self._theme.px(FORM_WIDTH))
