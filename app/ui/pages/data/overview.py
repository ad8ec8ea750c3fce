"""Overview: how many of what, how they look, and what the network gets first."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.engine.data.dataset import Dataset
from app.engine.data.summary import balance
from app.engine.errors import UserError
from app.ui.background import Failure
from app.ui.pages.data.states import scrolled
from app.ui.parts import Parts
from app.ui.remedies import change
from app.ui.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.class_bars import ClassBars, balance_words
from app.ui.widgets.thumbnails import Row, ThumbnailGrid

SIDE, MIXED, SHOWN = 44, 400, 64
"""Side of a thumbnail at 100 %; pictures of the mixed view; pictures of the first batch."""


class Overview(QWidget):
    """Three cards. `refresh` shows the dataset of the document; the first batch comes from the background."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._dataset: Dataset | None = None
        self._asked: tuple[Any, ...] = ()
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addWidget(self._classes_card(), 0, 0, 2, 1)
        self._grid.addWidget(self._pictures_card(), 0, 1)
        self._grid.addWidget(self._batch_card(), 1, 1)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        self._grid.setRowStretch(0, 1)
        self._grid.setRowStretch(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside))
        parts.theme.changed.connect(self._restyle)
        self._restyle()

    # --- building

    def _classes_card(self) -> Card:
        card = Card("Classes", "how many pictures of each")
        self.bars = ClassBars(self._parts.theme)
        self.bars.setObjectName("data.classes")
        self._balance = QLabel()
        self._balance.setWordWrap(True)
        style(self._balance, "secondary")
        self.balance_button = QPushButton("Balance classes")
        self.balance_button.setObjectName("data.balance")
        self.balance_button.setToolTip("Lets the pictures of rare classes count more in the loss (class weights).")
        self.balance_button.clicked.connect(self._balance_classes)
        card.body.addWidget(self.bars, 1000)
        card.body.addWidget(self._balance)
        card.body.addWidget(self.balance_button, 0, Qt.AlignmentFlag.AlignLeft)
        card.body.addStretch(1)
        return card

    def _pictures_card(self) -> Card:
        card = Card("Pictures", "by class")
        self.chooser = QComboBox()
        self.chooser.setObjectName("data.class")
        self.chooser.setAccessibleName("Class whose pictures are shown")
        self.chooser.setToolTip("Shows the pictures of one class.")
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.setMaximumWidth(self._parts.theme.px(220))
        self.chooser.currentIndexChanged.connect(self._show_pictures)
        card.tools.addWidget(self.chooser)
        self.pictures = ThumbnailGrid(self._parts.theme, SIDE)
        self.pictures.setObjectName("data.pictures")
        self.pictures.clickable = False
        card.body.addWidget(self.pictures, 1)
        return card

    def _batch_card(self) -> Card:
        self._batch_card_ = card = Card("First batch", "as the network sees it")
        self.batch = ThumbnailGrid(self._parts.theme, SIDE)
        self.batch.setObjectName("data.batch")
        self.batch.setAccessibleName("The first batch as the network sees it")
        self.batch.clickable = False
        self._batch_words = QLabel()
        self._batch_words.setWordWrap(True)
        style(self._batch_words, "secondary")
        card.body.addWidget(self.batch, 1)
        card.body.addWidget(self._batch_words)
        return card

    # --- showing

    def refresh(self) -> None:
        """Show what the document holds now."""
        dataset = self._parts.document.dataset
        if dataset is None:
            return
        if dataset is not self._dataset:
            self._dataset = dataset
            about = dataset.description
            self.bars.show_counts(about.classes, about.counts)
            self._fill_chooser(dataset)
        self._show_balance(dataset)
        self._ask_for_batch(dataset)

    def _fill_chooser(self, dataset: Dataset) -> None:
        chosen = self.chooser.currentData()
        self.chooser.blockSignals(True)
        self.chooser.clear()
        self.chooser.addItem("All classes", "")
        for name, total in zip(dataset.description.classes, self.bars.totals, strict=True):
            self.chooser.addItem(f"{name} ({total:,})", name)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(chosen)))
        self.chooser.blockSignals(False)
        self._show_pictures()

    def _show_pictures(self) -> None:
        if self._dataset is None:
            return
        dataset, place = self._dataset, self.chooser.currentIndex() - 1
        if place < 0:
            rows, classes = mixed(dataset.targets, MIXED), dataset.description.classes
            self.pictures.show_rows([(dataset.inputs[row], classes[dataset.targets[row]], "quiet") for row in rows])
        else:
            rows = np.flatnonzero(dataset.targets == place)
            self.pictures.show_rows([(dataset.inputs[row], "", "normal") for row in rows])

    def _show_balance(self, dataset: Dataset) -> None:
        about = dataset.description
        words = balance_words(about.classes, about.counts["training"])
        _, level = balance(about)
        weighted = getattr(self._parts.document.experiment.loss, "class_weights", "none") == "balanced"
        uneven = level != "good"
        if uneven and weighted:
            words += " Rare classes count more in the loss."
        self._balance.setText(words)
        style(self._balance, "secondary" if not uneven or weighted else level)
        self.balance_button.setVisible(uneven and not weighted)

    def _balance_classes(self) -> None:
        change(self._parts.document, {"loss.class_weights": "balanced"})

    # --- the first batch

    def _ask_for_batch(self, dataset: Dataset) -> None:
        """Another batch is only asked for when something it depends on has changed."""
        document = self._parts.document
        try:
            training = document.effective().training
        except UserError:
            training = document.experiment.training
        augmentation, size, seed = document.experiment.augmentation, training.batch_size or 128, training.seed
        asked = (id(dataset), augmentation, size, seed)
        if asked == self._asked:
            return
        self._asked = asked
        if not self.batch.rows:
            loaded = "torch" in sys.modules
            self._batch_words.setText("Preparing the first batch …" if loaded else "Loading engine …")

        def make(control: object) -> Any:
            from app.engine.data.preview import first_batch

            return first_batch(dataset, augmentation, size, seed, SHOWN)

        self._parts.background.run(make, self._show_batch, self._batch_failed, key="data.batch")

    def _show_batch(self, batch: Any) -> None:
        if self._dataset is None:
            return
        about, targets = self._dataset.description, self._dataset.targets
        rows: list[Row] = [
            (picture, about.classes[targets[row]], "quiet")
            for picture, row in zip(batch.pictures, batch.rows, strict=True)
        ]
        self.batch.show_rows(rows)
        shown = "" if len(rows) == batch.size else f"; the first {len(rows)} are shown"
        varied = "not varied" if batch.augmentation == "none" else f"varied: {batch.augmentation}"
        self._batch_words.setText(f"{batch.size:,} pictures, shuffled, {varied}{shown}.")

    def _batch_failed(self, failure: Failure) -> None:
        self._asked = ()
        self._batch_words.setText(f"{failure.what} {failure.remedy}".strip())

    def _restyle(self) -> None:
        theme = self._parts.theme
        self._grid.setSpacing(theme.px(16))
        for row in (0, 1):
            self._grid.setRowMinimumHeight(row, theme.px(176))
        self.chooser.setMaximumWidth(theme.px(220))


def mixed(targets: np.ndarray, most: int) -> np.ndarray:
    """Rows of all classes in turn: the first of each, the second of each, and so on."""
    order = np.argsort(targets, kind="stable")
    sorted_targets = targets[order]
    starts = np.searchsorted(sorted_targets, sorted_targets)
    turn = np.arange(len(order)) - starts
    return order[np.lexsort((sorted_targets, turn))][:most]
