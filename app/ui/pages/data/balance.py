"""The left card of the overview: classes, tags, amounts or lengths of texts, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton

from app.engine.data.dataset import SPLITS, Dataset
from app.engine.data.nouns import noun
from app.engine.errors import UserError
from app.engine.sources.summary import balance
from app.ui.pages.data.histogram import Histogram
from app.ui.style.theme import style
from app.ui.text.words import are_shares
from app.ui.widgets.card import Card
from app.ui.widgets.class_bars import ClassBars, balance_words
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme

MOST = 200_000
"""Most texts whose length is counted."""

ALIKE = 0.95


class BalanceCard(Card):
    """Shows classes as bars, and amounts and lengths of texts as histograms."""

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__("Classes", "how many examples of each")
        self._document = document
        self._dataset: Dataset | None = None
        self.bars = ClassBars(theme)
        self.bars.setObjectName("data.classes")
        self.amounts = Histogram(theme)
        self.lengths = Histogram(theme, "text")
        self.amounts.setObjectName("data.amounts")
        self.amounts.setAccessibleName("How the amounts are spread")
        self.lengths.setObjectName("data.lengths")
        self.lengths.setAccessibleName("How long the texts are")
        self.chooser = QComboBox()
        self.chooser.setObjectName("data.amount")
        self.chooser.setAccessibleName("Which amount is shown")
        self.chooser.setToolTip("Shows how another amount is spread.")
        self.chooser.currentIndexChanged.connect(self._show_amounts)
        self.tools.addWidget(self.chooser)
        self._words = Label()
        self._words.setWordWrap(True)
        style(self._words, "secondary")
        self.balance_button = QPushButton("Balance classes")
        self.balance_button.setObjectName("data.balance")
        self.balance_button.setToolTip("Lets rare classes count more in the loss (class weights).")
        self.balance_button.clicked.connect(
            lambda: document.change({"loss.class_weights": "balanced"})
        )
        self.body.addWidget(self.bars, 1000)
        self.body.addWidget(self.amounts, 1000)
        self.body.addWidget(self._words)
        self.body.addWidget(self.balance_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._length_words = Label("Length of the texts")
        style(self._length_words, "title")
        self.body.addWidget(self._length_words)
        self.body.addWidget(self.lengths, 600)
        self.body.addStretch(1)

    def refresh(self, dataset: Dataset) -> None:
        if dataset is not self._dataset:
            self._dataset = dataset
            self._show_dataset(dataset)
        self._show_words(dataset)

    def _show_dataset(self, dataset: Dataset) -> None:
        description = dataset.description
        many = noun(description.kind)
        tags = dataset.targets.ndim == 2 and bool(description.classes)
        shares = tags and are_shares(dataset.targets)
        self.bars.setVisible(bool(description.classes))
        self.amounts.setVisible(bool(description.amounts))
        self.chooser.setVisible(len(description.amounts) > 1)
        self.chooser.blockSignals(True)
        self.chooser.clear()
        self.chooser.addItems([amount.name for amount in description.amounts])
        self.chooser.blockSignals(False)

        if description.classes:
            self.title.setText("Tags" if tags and not shares else "Classes")
            why = f"how many {many} have each" if tags else f"how many {many} of each"
            self.set_why(f"the sum of their shares in {many}" if shares else why)
            self.bars.show_counts(description.classes, description.counts)
        elif description.amounts:
            self.title.setText("Amounts")
            self.set_why(f"how many {many} have how much")
            self._show_amounts()
        else:
            self.title.setText(many.capitalize())
            self.set_why("each is its own answer")

        self._show_lengths(dataset)

    def _show_amounts(self, *_: object) -> None:
        dataset = self._dataset
        index = max(0, self.chooser.currentIndex())
        if dataset is None or index >= len(dataset.description.amounts):
            return

        amount = dataset.description.amounts[index]
        title = (
            amount.name
            if not amount.unit or amount.unit in amount.name
            else f"{amount.name} ({amount.unit})"
        )

        self.amounts.show_values(
            {split: dataset.targets[dataset.indices[split], index] for split in SPLITS}, title
        )

    def _show_lengths(self, dataset: Dataset) -> None:
        """Shows the lengths of texts in tokens, without padding.

        What is cut into equal pieces has nothing to show.
        """
        inputs = dataset.description.preparation.inputs
        index = next((index for index, part in enumerate(inputs) if part.kind == "text"), None)

        varied: dict[str, np.ndarray] = {}
        if index is not None:
            array = dataset.arrays[index]
            varied = {
                split: np.count_nonzero(array[dataset.indices[split][:MOST]], axis=1)
                for split in SPLITS
                if len(dataset.indices[split])
            }

        shown = bool(varied) and _differ(np.concatenate(list(varied.values())))
        for widget in (self._length_words, self.lengths):
            widget.setVisible(shown)

        if shown:
            self.lengths.show_values(varied, "tokens")

    def _show_words(self, dataset: Dataset) -> None:
        description = dataset.description
        if not description.classes:
            sizes = [
                f"{description.about}{description.size(split):,} {split}"
                for split in SPLITS
                if description.size(split)
            ]
            words = ", ".join(sizes)
            words = f"{words[:1].upper()}{words[1:]}."
            self._words.setText("" if description.amounts else words)
            self._words.setVisible(not description.amounts)
            self.balance_button.hide()

            return

        counts = description.counts["training"]
        tags = dataset.targets.ndim == 2 and not are_shares(dataset.targets)
        words = balance_words(
            description.classes, counts, noun(description.kind, 1), "tag" if tags else "class"
        )
        _, level = balance(description)
        weighted = getattr(self._document.experiment.loss, "class_weights", "none") == "balanced"

        uneven = level != "good"
        if uneven and weighted:
            words += f" Rare {'tags' if tags else 'classes'} count more in the loss."

        self._words.setText(words)
        self._words.show()
        style(self._words, "secondary" if not uneven or weighted else level)
        self.balance_button.setVisible(
            uneven and not weighted and dataset.targets.ndim == 1 and self._has_class_weights()
        )

    def _has_class_weights(self) -> bool:
        """Returns whether the loss in use has weights for classes."""
        try:
            return hasattr(self._document.value("loss"), "class_weights")
        except UserError:
            return False


def _differ(lengths: np.ndarray) -> bool:
    """Returns whether the lengths differ enough to be drawn.

    Pieces of one text all have one length, but for the last.
    """
    _, counts = np.unique(lengths, return_counts=True)
    return int(counts.max()) < ALIKE * len(lengths)
