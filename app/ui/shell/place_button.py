"""The button beside Train that says where the next run trains."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.ui.style.theme import style
from app.ui.text.literal import tooltip

PLACES = (
    (False, "Here", "Train here, in this window", "It ends with the window."),
    (
        True,
        "Beside",
        "Train beside the window, in a process of its own",
        "It goes on when the window is closed, and is found again when it is opened.",
    ),
)
"""Whether it is beside the window, the word on the button, the line of the menu, its tip."""


class PlaceButton(QPushButton):
    """Shows the place and changes it by a menu. chosen(bool): whether it is beside the window.

    queued(): the experiment is to be trained later, in the queue.
    """

    chosen = Signal(bool)
    queued = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.place")
        style(self, "place")
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        self.choices = {}
        for beside, word, line, tip in PLACES:
            action = menu.addAction(line)
            action.setObjectName(f"train.place.{word.lower()}")
            action.setToolTip(tooltip(tip))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, beside=beside: self._choose(beside))
            group.addAction(action)
            self.choices[beside] = action

        menu.addSeparator()
        later = menu.addAction("Add to the queue")
        later.setObjectName("train.queue")
        later.setToolTip("Keeps a copy of these settings, to be trained after what waits already.")
        later.triggered.connect(lambda: self.queued.emit())
        self.setMenu(menu)
        self.show_place(False)

    def show_place(self, beside: bool) -> None:
        """Shows the place; nothing is told."""
        _, word, line, tip = PLACES[beside]
        self.choices[beside].setChecked(True)
        self.setText(word)
        self.setAccessibleName(f"Where it trains: {word.lower()}")
        self.setToolTip(tooltip(f"{line}. {tip}"))

    def _choose(self, beside: bool) -> None:
        self.show_place(beside)
        self.chosen.emit(beside)
