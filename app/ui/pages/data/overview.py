"""The overview: how many of what, how they look, and what the network gets first."""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QGridLayout, QVBoxLayout, QWidget

from app.engine.data.nouns import noun
from app.engine.errors import UserError
from app.ui.pages.data.balance import BalanceCard
from app.ui.pages.data.cutting import TokenView
from app.ui.pages.data.scrolled import scrolled
from app.ui.pages.data.tables.target_card import TargetCard
from app.ui.style.theme import style
from app.ui.text.words import are_shares, target_words
from app.ui.widgets.card import Card
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow, LazyRows
from app.ui.widgets.examples.thumbnails import Row, ThumbnailGrid
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme

SIDE = 44
"""Side of a thumbnail in pixels at 100 %."""

MIXED = 400
"""Most pictures of all classes together."""

SHOWN = 64
"""Pictures of the first batch that are shown."""

ORDERS = (("Mixed", ""), ("Lowest first", "low"), ("Highest first", "high"))


class Overview(QWidget):
    """Three cards: the balance, examples, and what the network gets first.

    Of a table what is predicted stands above them. The last is a batch of pictures, or the tokens
    of a text. `refresh` shows the dataset of the document; the first batch comes from the
    background.
    """

    def __init__(self, document: Document, background: Background, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self._theme = theme
        self._dataset: Dataset | None = None
        self._requested: tuple[Any, ...] = ()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        self.target = TargetCard(document, theme)
        self._grid = QGridLayout()
        column.addWidget(self.target)
        column.addLayout(self._grid, 1)
        self._column = column
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.balance = BalanceCard(document, theme)
        self.bars = self.balance.bars
        self.balance_button = self.balance.balance_button
        self._grid.addWidget(self.balance, 0, 0, 3, 1)
        self._grid.addWidget(self._examples_card(), 0, 1)
        self._grid.addWidget(self._batch_card(), 1, 1)
        self._grid.addWidget(self._tokens_card(), 2, 1)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside))
        theme.changed.connect(self._restyle)
        self._restyle()

    # --- building

    def _examples_card(self) -> Card:
        self._examples_card_ = card = Card("Pictures", "by class")
        self.chooser = QComboBox()
        self.chooser.setObjectName("data.class")
        self.chooser.setAccessibleName("Which examples are shown")
        self.chooser.setToolTip("Shows the examples of one class, or in another order.")
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.setMaximumWidth(self._theme.px(220))
        self.chooser.currentIndexChanged.connect(self._show_examples)
        card.tools.addWidget(self.chooser)
        self.pictures = ThumbnailGrid(self._theme, SIDE)
        self.examples = ExampleGrid(self._theme, SIDE)
        self.pictures.setObjectName("data.pictures")
        self.examples.setObjectName("data.examples")

        for grid in (self.pictures, self.examples):
            grid.clickable = False
            card.body.addWidget(grid, 1)

        return card

    def _batch_card(self) -> Card:
        self._batch_card_ = card = Card("First batch", "as the network sees it")
        self.batch = ThumbnailGrid(self._theme, SIDE)
        self.batch.setObjectName("data.batch")
        self.batch.setAccessibleName("The first batch as the network sees it")
        self.batch.clickable = False
        self._batch_words = Label()
        self._batch_words.setWordWrap(True)
        style(self._batch_words, "secondary")
        card.body.addWidget(self.batch, 1)
        card.body.addWidget(self._batch_words)

        return card

    def _tokens_card(self) -> Card:
        self._tokens_card_ = card = Card("Tokens", "the pieces in which the network reads a text")
        self.tokens = TokenView(self._theme)
        self.tokens.setObjectName("data.tokens.shown")
        self._token_words = Label()
        self._token_words.setWordWrap(True)
        style(self._token_words, "secondary")
        card.body.addWidget(self.tokens, 1)
        card.body.addWidget(self._token_words)

        return card

    # --- showing

    def refresh(self) -> None:
        """Shows what the document holds now."""
        dataset = self._document.dataset
        if dataset is None:
            return

        if dataset is not self._dataset:
            self._background.forget("data.batch")
            before, self._dataset = self._dataset, dataset
            if before is not None and before.description.source != dataset.description.source:
                self.batch.show_rows([])  # pictures of other data; prepared anew, they may stay

            self._show_dataset(dataset)

        self.balance.refresh(dataset)
        if dataset.description.kind == "image":
            self._ask_for_batch(dataset)

    def _show_dataset(self, dataset: Dataset) -> None:
        description = dataset.description
        pictures = description.kind == "image"
        texts = _text_of(dataset) is not None
        self.balance.refresh(dataset)
        self.pictures.setVisible(pictures)
        self.examples.setVisible(not pictures)
        self._batch_card_.setVisible(pictures)
        self._tokens_card_.setVisible(texts)

        for row, used in enumerate((True, pictures, texts)):
            self._grid.setRowStretch(row, (3 if row == 0 and texts else 2) if used else 0)
            self._grid.setRowMinimumHeight(row, self._theme.px(176) if used else 0)

        self._examples_card_.title.setText(noun(description.kind).capitalize())
        self._fill_chooser(dataset)
        self._show_tokens(dataset)

    def _fill_chooser(self, dataset: Dataset) -> None:
        description = dataset.description
        chosen = self.chooser.currentData()
        self.chooser.blockSignals(True)
        self.chooser.clear()

        if description.classes:
            tags = dataset.targets.ndim == 2 and not are_shares(dataset.targets)
            self.chooser.addItem("All tags" if tags else "All classes", "")
            for name, total in zip(description.classes, self.bars.totals, strict=True):
                self.chooser.addItem(f"{name} ({total:,})", name)
        elif description.amounts:
            for words, key in ORDERS:
                self.chooser.addItem(words, key)

        self.chooser.setVisible(self.chooser.count() > 0)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(chosen)))
        self.chooser.blockSignals(False)
        why = "with their amounts" if description.amounts else "some of them"
        tags = dataset.targets.ndim == 2 and not are_shares(dataset.targets)
        by_class = "by tag" if tags else "by class"
        self._examples_card_.set_why(by_class if description.classes else why)
        self._show_examples()

    def _show_examples(self, *_: object) -> None:
        dataset = self._dataset
        if dataset is None:
            return

        description = dataset.description
        one_class = dataset.targets.ndim == 1 and self.chooser.currentIndex() > 0
        rows = self._chosen_rows(dataset)

        def caption(row: int) -> str:
            return (
                ""
                if one_class and description.classes
                else target_words(description, dataset.targets[row])
            )

        tone = "normal" if one_class else "quiet"
        if description.kind == "image":
            show = description.preparation.to_display
            self.pictures.show_rows(
                [(show(dataset.inputs[row]), caption(row), tone) for row in rows]
            )
            return

        def make(number: int) -> ExampleRow:
            row = int(rows[number])
            return example_of(dataset, row), caption(row), tone

        self.examples.show_rows(LazyRows(len(rows), make))

    def _chosen_rows(self, dataset: Dataset) -> np.ndarray:
        """Returns the rows of the chosen class, or some of all in the chosen order."""
        description = dataset.description
        targets = dataset.targets

        chosen = self.chooser.currentIndex() - 1
        if description.classes and targets.ndim == 2 and are_shares(targets):
            targets = targets.argmax(axis=1)
        if description.classes and targets.ndim == 1:
            return mixed(targets, MIXED) if chosen < 0 else np.flatnonzero(targets == chosen)
        if description.classes:
            return (
                np.arange(min(MIXED, len(targets)))
                if chosen < 0
                else np.flatnonzero(targets[:, chosen] > 0)
            )

        if description.amounts and self.chooser.currentData():
            order = np.argsort(targets[:, 0], kind="stable")
            return (order if self.chooser.currentData() == "low" else order[::-1])[:MIXED]

        return np.unique(np.linspace(0, len(targets) - 1, min(MIXED, len(targets))).astype(int))

    def _show_tokens(self, dataset: Dataset) -> None:
        """Shows the first text of some length, cut as the network reads it."""
        index = _text_of(dataset)
        if index is None:
            return

        preparation = dataset.description.preparation
        half: Any = getattr(preparation, "halves", (preparation,))[index]
        array = dataset.arrays[index]
        rows = dataset.indices["training"][:200]
        row = int(rows[np.argmax(np.count_nonzero(array[rows], axis=1))])
        self.tokens.show_pieces(half.pieces(half.to_display(array[row])))
        kind = (
            "parts of words, learned from the training texts"
            if half.saved_tokenizer
            else "single bytes"
        )
        self._token_words.setText(
            f"{half.vocabulary - 1:,} different tokens: {kind}. A dot is a space."
        )

    # --- the first batch

    def _ask_for_batch(self, dataset: Dataset) -> None:
        """Asks for another batch, if something on which it depends has changed."""
        document = self._document
        try:
            size = document.resolved().training.step_size
        except UserError:
            training = document.experiment.training
            size = training.step_size if training.batch_size else 128

        augmentation = document.experiment.augmentation
        seed = document.experiment.training.seed

        requested = (weakref.ref(dataset), augmentation, size, seed)
        if requested == self._requested:
            return

        self._requested = requested
        if not self.batch.rows:
            loaded = "torch" in sys.modules
            self._batch_words.setText(
                "Preparing the first batch …" if loaded else "Loading engine …"
            )

        def make(_: object) -> Any:
            from app.engine.compute.first_batch import first_batch  # noqa: PLC0415 - loads torch

            return first_batch(dataset, augmentation, size, seed, SHOWN)

        self._background.run(make, self._show_batch, self._batch_failed, key="data.batch")

    def _show_batch(self, batch: Any) -> None:
        if self._dataset is None:
            return

        description = self._dataset.description
        targets = self._dataset.targets
        rows: list[Row] = [
            (picture, target_words(description, targets[row]), "quiet")
            for picture, row in zip(batch.pictures, batch.rows, strict=True)
        ]

        self.batch.show_rows(rows)
        shown = "" if len(rows) == batch.size else f"; the first {len(rows)} are shown"
        varied = "not varied" if batch.augmentation == "none" else f"varied: {batch.augmentation}"
        self._batch_words.setText(f"{batch.size:,} pictures, shuffled, {varied}{shown}.")

    def _batch_failed(self, failure: Failure) -> None:
        self._requested = ()
        self._batch_words.setText(failure.message)

    def _restyle(self) -> None:
        theme = self._theme
        self._grid.setSpacing(theme.px(16))
        self._column.setSpacing(theme.px(16))

        for row in range(self._grid.rowCount()):
            if self._grid.rowStretch(row):
                self._grid.setRowMinimumHeight(row, theme.px(176))

        self.chooser.setMaximumWidth(theme.px(220))


def _text_of(dataset: Dataset) -> int | None:
    """Returns which of the inputs is a text, 0 or 1; None where none is."""
    inputs = dataset.description.preparation.inputs
    return next((index for index, part in enumerate(inputs) if part.kind == "text"), None)


def mixed(targets: np.ndarray, most: int) -> np.ndarray:
    """Returns rows of all classes in turn: the first of each, the second of each, and so on."""
    order = np.argsort(targets, kind="stable")
    sorted_targets = targets[order]
    starts = np.searchsorted(sorted_targets, sorted_targets)
    turn = np.arange(len(order)) - starts

    return order[np.lexsort((sorted_targets, turn))][:most]
