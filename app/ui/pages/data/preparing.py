"""Preparation: the size and colours of pictures, and how the data are divided."""

from __future__ import annotations

import weakref
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.engine.sources.formats.boxes import Boxes
from app.engine.sources.formats.image_folder import ImageFolder
from app.engine.sources.formats.image_list import ImageList
from app.engine.sources.formats.sound_folder import SoundFolder
from app.engine.sources.formats.table import TableFormat
from app.engine.sources.formats.text_folder import TextFolder
from app.ui.pages.data.range_card import RangeCard, has_values
from app.ui.pages.data.scrolled import scrolled
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.examples.thumbnails import ThumbnailGrid
from app.ui.widgets.label import Label
from app.ui.widgets.settings.form import Form

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.runs.control import Control
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document
    from app.ui.state.preferences import Preferences
    from app.ui.style.theme import Theme

SIDE = 88
"""Side of a picture in pixels at 100 %."""

SAMPLES = 10
"""Pictures that are shown before and after."""

FORM_WIDTH = 316

SETTINGS = (
    ("Classes", "of files in folders", ["labels"]),
    ("Size and colours", "of the pictures", ["height", "width", "fit", "colour"]),
    ("Values and pages", "of the files", ["values", "pages"]),
    ("Texts", "in which pieces they are read", ["tokens", "vocabulary", "context"]),
    ("Rows", "of numbers", ["rows_are"]),
    ("Tags", "in one cell", ["separator"]),
    ("Damage", "what is to be restored", ["damage", "damage_share"]),
)
FOLDERS = (Boxes.label, ImageFolder.label, ImageList.label, SoundFolder.label, TextFolder.label)
"""The formats in which files may have their classes from several places."""

SPLIT_WORDS = {
    "training": "to learn from",
    "validation": "to judge every epoch",
    "test": "for the final figure, and nothing else",
}


class Preparing(QWidget):
    """Settings on the left, real pictures before and after on the right, the splits below."""

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
        self._preferences = preferences
        self._requested: tuple[Any, ...] = ()
        self._source = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._left = self._settings()
        self._row.addWidget(self._left)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self._pictures_card())
        self.range = RangeCard(self._theme)
        column.addWidget(self.range)
        column.addWidget(self._splits_card())
        column.addStretch(1)
        self._row.addWidget(scrolled(right), 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _settings(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(16)
        self._cards: list[tuple[Card, Form]] = []
        self._columns = self._card("Columns", "of the table", ["target"])
        column.addWidget(self._columns)

        for title, why, names in SETTINGS:
            card = self._card(title, why, names)
            column.addWidget(card)

            if "rows_are" in names:
                self._rows = card
            if "values" in names:
                self._values = card
            if "labels" in names:
                self._classes = card

        division = Card("Splits")
        names = ["validation_share", "test_share", "group", "split_seed"]
        division.body.addWidget(Form(self._document, "data", names, self._theme, self._preferences))
        column.addWidget(division)
        column.addStretch(1)

        return scrolled(inside)

    def _card(self, title: str, why: str, names: list[str]) -> Card:
        """Returns a card of settings of [data], hidden where none of them concerns these data."""
        card = Card(title, why)
        form = Form(self._document, "data", names, self._theme, flat=True)
        form.rebuilt.connect(lambda: card.setVisible(bool(form.fields)))
        card.body.addWidget(form)
        self._cards.append((card, form))

        return card

    def _pictures_card(self) -> Card:
        self._pairs = card = Card("Before and after", "some of your pictures")
        self.before = ThumbnailGrid(self._theme, SIDE, rows_visible=1)
        self.after = ThumbnailGrid(self._theme, SIDE, rows_visible=1)
        self._words = Label()
        self._words.setWordWrap(True)
        style(self._words, "secondary")

        for grid, name, title in (
            (self.before, "data.before", "In the data"),
            (self.after, "data.after", "As the network gets them"),
        ):
            grid.setObjectName(name)
            grid.setAccessibleName(title)
            grid.clickable = False
            grid.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            label = Label(title)
            style(label, "secondary")
            card.body.addWidget(label)
            card.body.addWidget(grid)

        card.body.addWidget(self._words)
        return card

    def _splits_card(self) -> Card:
        card = Card("How they are divided", "seeded, alike in every split")
        self._splits = Label()
        self._splits.setObjectName("data.splits")
        self._splits.setWordWrap(True)
        self._splits.setTextFormat(Qt.TextFormat.RichText)
        style(self._splits, "row")
        card.body.addWidget(self._splits)

        return card

    # --- showing

    def refresh(self) -> None:
        dataset = self._document.dataset
        if dataset is not None:
            for card, form in self._cards:
                card.setVisible(bool(form.fields))

            if dataset.description.format != TableFormat.label:
                self._rows.hide()  # only in a table the numbers of a row can be taken otherwise
            if dataset.description.format not in FOLDERS:
                self._classes.hide()

            self._columns.setVisible(dataset.description.format == ImageList.label)
            self._show_splits(dataset)
            pictures = dataset.description.kind == "image"
            self._pairs.setVisible(pictures)
            self.range.refresh(dataset)
            self._values.setVisible(has_values(dataset))

            if pictures:
                self._ask_for_pairs(dataset)

    def _show_splits(self, dataset: Dataset) -> None:
        description = dataset.description
        lines = [
            f"<b>{description.size(split):,}</b> {split}, {words}"
            for split, words in SPLIT_WORDS.items()
            if description.size(split)
        ]
        if description.split_reason:
            reason = description.split_reason.rstrip(".")
            lines.append(escape(f"{reason[0].upper()}{reason[1:]}."))

        self._splits.setText("<br>".join(lines))

    def _ask_for_pairs(self, dataset: Dataset) -> None:
        data = self._document.experiment.data
        requested = (weakref.ref(dataset), data.height, data.width, data.fit, data.colour)
        if requested == self._requested:
            return

        if dataset.description.source != self._source:
            self._source = dataset.description.source
            self._background.forget("data.pairs")
            self.before.show_rows([])
            self.after.show_rows([])

        self._requested = requested
        rows = sample_rows(dataset, SAMPLES)

        def make(control: Control) -> Any:
            from app.engine.sources.originals import (  # noqa: PLC0415 - it loads the readers
                before_and_after,
            )

            return before_and_after(dataset, data, rows, control.check)

        self._background.run(make, self._show_pairs, self._failed, key="data.pairs")

    def _show_pairs(self, pairs: list[Any]) -> None:
        self.before.show_rows(
            [(pair.before, f"{pair.size[1]} × {pair.size[0]}", "quiet") for pair in pairs]
        )
        self.after.show_rows(
            [
                (pair.after, f"{pair.after.shape[2]} × {pair.after.shape[1]}", "quiet")
                for pair in pairs
            ]
        )

        same = pairs and all(pair.size == pair.after.shape[1:] for pair in pairs)
        words = (
            "Nothing is changed: the pictures have this size."
            if same
            else "Width × height in pixels."
        )

        self._words.setText(
            words if pairs else "The pictures could not be read again from their files."
        )

    def _failed(self, failure: Failure) -> None:
        self._requested = ()
        self._words.setText(failure.message)

    def _restyle(self) -> None:
        self._row.setSpacing(self._theme.px(8))
        self._left.setFixedWidth(self._theme.px(FORM_WIDTH))


def sample_rows(dataset: Dataset, most: int) -> list[int]:
    """Returns training rows of different classes, or from all over the split.

    They are the same every time.
    """
    rows = dataset.indices["training"]
    if dataset.targets.ndim > 1 or not dataset.description.classes:
        return [
            int(row)
            for row in rows[
                np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))
            ]
        ]

    _, firsts = np.unique(dataset.targets[rows], return_index=True)
    chosen = list(rows[firsts][:most])
    for row in rows:
        if len(chosen) >= min(most, len(rows)):
            break
        if row not in chosen:
            chosen.append(row)

    return [int(row) for row in chosen]
