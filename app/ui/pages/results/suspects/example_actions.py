"""What can be done with one example that is looked at: another label, or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.ui.pages.results.suspects.detail import change_words
from app.ui.pages.results.suspects.label_box import LabelBox
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.revision import Action, Label
    from app.ui.state.revisions.draft import RevisionDraft

TIP = "It goes into your changes, which stand under Suspects; no file of yours is touched."


class ExampleActions(QWidget):
    """A row of buttons for one example: show_example(dataset, row)."""

    def __init__(self, draft: RevisionDraft) -> None:
        super().__init__()
        self._draft = draft
        self._dataset: Dataset | None = None
        self._row = 0
        self.labels = LabelBox()
        self.labels.chosen.connect(self._relabel)
        self.labels.typed.connect(self._set_amounts)
        self.exclude = QPushButton("Leave out")
        self.exclude.setObjectName("results.example.exclude")
        self.exclude.setAccessibleName("Leave this example out")
        self.exclude.setToolTip(tooltip(TIP))
        self.exclude.clicked.connect(lambda: self._change("exclude"))
        self.words = ElidedLabel()
        self.words.setObjectName("results.example.change")
        style(self.words, "secondary")
        for button in (self.labels.button, self.exclude):
            style(button, "small")

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.labels)
        row.addWidget(self.exclude)
        row.addWidget(self.words, 1)
        draft.changed.connect(self._say)
        self.hide()

    def show_example(self, dataset: Dataset, row: int) -> None:
        """Offers what can be done with a row of the data set."""
        self._dataset = dataset
        self._row = row
        self.labels.offer(dataset.description)
        self.setVisible(dataset.fingerprints is not None and self._draft.is_open)
        self._say()

    def _say(self) -> None:
        if self._dataset is None or self._dataset.fingerprints is None:
            return

        change = self._draft.of(self._dataset, self._row)
        self.words.setText(change_words(change) if change is not None else "")

    def _relabel(self, number: int) -> None:
        if self._dataset is None:
            return

        self._draft.give(self._dataset, [self._row], number)

    def _set_amounts(self, amounts: list[float]) -> None:
        if self._dataset is not None and len(amounts) == len(self._dataset.description.amounts):
            self._change("relabel", amounts if len(amounts) > 1 else amounts[0])

    def _change(self, action: Action, label: Label | None = None) -> None:
        if self._dataset is not None:
            self._draft.change(self._dataset, [self._row], action, label)
