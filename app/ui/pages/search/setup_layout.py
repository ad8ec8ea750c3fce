"""The layout of the dialog that sets a search up: its widgets and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments
from app.ui.widgets.settings.number_box import NumberBox

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

WIDTH = 820
HEIGHT = 620
WHY = (
    "Trains this experiment several times with other values of some settings. Each run is judged "
    "on the validation examples; the test examples never choose."
)
STRATEGIES = (
    (
        "tpe",
        "Learn from each run",
        "Looks where runs were good, and ends hopeless ones early (TPE). The usual choice.",
    ),
    ("random", "Random", "Draws all values at random, evenly. Good for a first overview."),
    (
        "grid",
        "Every combination",
        "Goes through all combinations; of a range it takes five values. Good for few settings.",
    ),
)
"""Strategy, its name on screen, and what it does."""

MOST_TRIALS = 10_000
MOST_PARALLEL = 64


class SetupLayout(QDialog):
    """The empty dialog: a table without rows, how to search, and buttons."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName("search.setup")
        self.setWindowTitle("Search")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()

    def _build(self) -> None:
        px = self.theme.px
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(16), px(20), px(16))
        outer.setSpacing(px(10))
        heading = Label("Search for good settings")
        style(heading, "heading")
        outer.addWidget(heading)
        outer.addWidget(_words(WHY))
        outer.addWidget(self._build_table(), 1)
        outer.addWidget(self._build_how())
        self.cost = _words("")
        self.cost.setObjectName("search.cost")
        self.problem = _words("", "problem")
        self.problem.setObjectName("search.problem")
        outer.addWidget(self.cost)
        outer.addWidget(self.problem)
        outer.addLayout(self._build_foot())
        around = self.parentWidget()
        room = around.size() if around is not None else QSize(WIDTH, HEIGHT)
        self.resize(min(px(WIDTH), room.width() - 32), min(px(HEIGHT), room.height() - 32))

    def _build_table(self) -> QWidget:
        card = Card("What is tried", "everything else stays as it is")
        self.adding = QPushButton("Add a setting")
        self.adding.setObjectName("search.add")
        self.adding.setAccessibleName("Add a setting that is tried")
        self.adding.setToolTip("Chooses another setting of which several values are tried.")
        self.adding.setAutoDefault(False)
        style(self.adding, "small")
        self.menu = QMenu(self.adding)
        self.menu.setToolTipsVisible(True)
        self.adding.setMenu(self.menu)
        card.tools.addWidget(self.adding)
        inside = QWidget()
        self.rows = QVBoxLayout(inside)
        self.rows.setContentsMargins(0, 0, self.theme.px(8), 0)
        self.rows.setSpacing(self.theme.px(12))
        self.nothing = _words("Nothing yet. Add a setting, such as the learning rate.")
        self.rows.addWidget(self.nothing)
        self.rows.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        style(area, "plain")
        card.body.addWidget(area)
        return card

    def _build_how(self) -> QWidget:
        card = Card("How", "")
        self.strategy = Segments(self.theme, "search.strategy", STRATEGIES)
        self.strategy_words = _words("")
        self.trials = self._number("search.trials", "Runs", MOST_TRIALS)
        self.parallel = self._number("search.parallel", "At a time", MOST_PARALLEL)
        self.parallel.setToolTip(
            "So many runs are trained at once, each in a process of its own with one thread."
        )
        self.trials.setToolTip("How many runs are trained, at most.")
        numbers = QHBoxLayout()
        numbers.setSpacing(self.theme.px(8))
        for words, box in (("Runs", self.trials), ("at a time", self.parallel)):
            label = Label(words)
            label.setBuddy(box)
            numbers.addWidget(label)
            numbers.addWidget(box)
            numbers.addSpacing(self.theme.px(12))

        numbers.addStretch(1)
        card.body.addWidget(self.strategy, 0, Qt.AlignmentFlag.AlignLeft)
        card.body.addWidget(self.strategy_words)
        card.body.addLayout(numbers)
        return card

    def _number(self, name: str, words: str, most: int) -> NumberBox:
        box = NumberBox(True)
        box.setRange(1, most)
        box.setObjectName(name)
        box.setAccessibleName(words)
        return box

    def _build_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        self.cancel = _button("Cancel", "search.cancel", "Closes this without a search.")
        self.queue = _button(
            "Add to the queue",
            "search.queue",
            "Keeps the search, to be made after what waits already.",
        )
        self.start = _button("Search", "search.start", "")
        style(self.start, "primary")
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.queue)
        row.addWidget(self.start)
        return row


def _words(text: str, role: str = "secondary") -> Label:
    label = Label(text)
    label.setWordWrap(True)
    style(label, role)
    return label


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    button.setAutoDefault(False)
    return button
