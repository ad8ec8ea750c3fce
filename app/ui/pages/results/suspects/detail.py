"""What is said of the chosen suspects, and what can be done with them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.engine.data.nouns import counted
from app.engine.experiment.revision import ACTIONS
from app.engine.sources.revised import new_label_words
from app.ui.pages.results.suspects.label_box import LabelBox
from app.ui.pages.results.suspects.label_targets import LabelTargets
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.experiment.revision import Change
    from app.engine.suspects.suspects import Suspect

NOTHING = "Choose one example or several: click, hold Ctrl or Shift, or draw a frame around them."

DRAG = "Drag what you chose onto its label, or click the label:"


class SuspectDetail(Card):
    """Shows one suspect, or how many are chosen.

    asked(action): "exclude", "confirm" or "forget" them. The label box gives other labels, and so
    do the labels onto which they are dragged.
    """

    asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__("Nothing is chosen")
        self.setObjectName("results.suspects.detail")
        self.view = ExampleView(theme)
        self.answer = Label(NOTHING)
        self.answer.setObjectName("results.suspects.reason")
        self.answer.setTextFormat(Qt.TextFormat.RichText)
        self.answer.setWordWrap(True)
        style(self.answer, "row")
        self.name = ElidedLabel()
        style(self.name, "secondary")
        self.labels = LabelBox()
        self.targets = LabelTargets(theme)
        note = Label(DRAG)
        note.setWordWrap(True)
        style(note, "secondary")
        self.offered = QWidget()
        """The labels with what can be done with them; it may stand elsewhere."""

        column = QVBoxLayout(self.offered)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(note)
        column.addWidget(self.targets, 100)  # all room that it needs before any is left free
        column.addStretch(1)
        self.buttons = {
            "exclude": _button("Leave out", "exclude", "Nothing is learned from them (key X)."),
            "confirm": _button("It is right", "confirm", "The label stays; it is settled (key C)."),
            "forget": _button("Take back", "forget", "What was done with them is taken back."),
        }
        style(self.labels.button, "small")
        for action, button in self.buttons.items():
            style(button, "small")
            button.clicked.connect(lambda _=False, action=action: self.asked.emit(action))

        row = self.buttons_row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.labels)
        for button in self.buttons.values():
            row.addWidget(button)

        row.addStretch(1)
        self.body.addWidget(self.view, 0, Qt.AlignmentFlag.AlignHCenter)
        self.body.addWidget(self.answer)
        self.body.addWidget(self.name)
        self.body.addLayout(row)
        self.take_labels()
        self.body.addStretch(1)
        self.show_none()

    def offer(self, description: Description) -> None:
        """Offers the labels of these data."""
        self.labels.offer(description)
        self.targets.offer(description.classes)
        self.offered.setVisible(bool(description.classes))

    def take_labels(self) -> None:
        """Puts the labels below the buttons, if they stand elsewhere."""
        place = self.body.indexOf(self.buttons_row) + 1
        self.body.insertWidget(place, self.offered, 100)

    def show_none(self) -> None:
        """Shows that nothing is chosen."""
        self.title.setText("Nothing is chosen")
        self.answer.setText(NOTHING)
        self.view.hide()
        self.name.hide()
        self._allow(False, False)

    def show_one(self, dataset: Dataset, suspect: Suspect, change: Change | None) -> None:
        """Shows one example in full. change: what is done with it."""
        rather = suspect.likely if suspect.likely != suspect.label else ""
        self.title.setText("One example")
        label = f"Labelled <b>{escape(suspect.label)}</b>" if suspect.label else ""
        label += f", rather <b>{escape(rather)}</b>?" if rather else "."
        words = [label if suspect.label else "", escape(suspect.reason)]
        words.append(f"<b>{escape(change_words(change))}</b>" if change is not None else "")
        self.answer.setText("<br>".join(word for word in words if word))
        self.view.show_example(example_of(dataset, suspect.row))
        self.view.show()
        self.name.setText(suspect.name)
        self.name.show()
        self._allow(True, change is not None)

    def show_many(self, kind: str, count: int, changed: int) -> None:
        """Shows that several are chosen. changed: how many of them something is done with."""
        self.title.setText(counted(kind, count))
        settled = f" Something is done with {changed:,} of them." if changed else ""
        self.answer.setText(f"What you choose here is done with all of them.{settled}")
        self.view.hide()
        self.name.hide()
        self._allow(True, changed > 0)

    def _allow(self, any_chosen: bool, any_changed: bool) -> None:
        self.labels.setEnabled(any_chosen)
        self.targets.setEnabled(any_chosen)
        self.buttons["exclude"].setEnabled(any_chosen)
        self.buttons["confirm"].setEnabled(any_chosen)
        self.buttons["forget"].setEnabled(any_changed)


def short_change(change: Change) -> str:
    """Returns what is done with an example, for a caption: "now dog", "left out", "right"."""
    if change.action == "relabel" and change.label is not None:
        return f"now {new_label_words(change.label)}"

    return "left out" if change.action == "exclude" else "right"


def change_words(change: Change) -> str:
    """Returns what is done with an example, in a few words: "relabelled: dog"."""
    word = ACTIONS[change.action].capitalize()
    if change.label is None:
        return f"{word}."

    return f"{word}: {new_label_words(change.label)}."


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(f"results.suspects.{name}")
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    return button
