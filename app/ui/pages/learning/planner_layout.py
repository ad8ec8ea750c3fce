"""The layout of the planner: its widgets and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.pages.learning.planner_rows import HEADS
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.memory.memory_bar import MemoryBar

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

WIDTH = 1000
HEIGHT = 660
TIPS = {
    "Memory": "At the peak of a step, on top of what is in use now; in brackets, how much less or "
    "more than with the present settings.",
    "Does it fit?": "Whether the free memory is enough. Barely: it would use what is left for "
    "other programs.",
    "Time an epoch": "From real steps, measured here; without the judging after each epoch.",
}
SHARES = (6, 3, 2, 2, 0)
"""How the columns share the width."""


class PlannerLayout(QDialog):
    """The empty window of the planner: a line on the device, a table without rows, buttons."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName("planner")
        self.setWindowTitle("What would fit?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()

    def _build(self) -> None:
        px = self.theme.px
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(16), px(20), px(16))
        outer.setSpacing(px(8))
        heading = Label("What would fit, and what would it cost?")
        style(heading, "heading")
        self.budget = Label()
        self.notice = Label()
        self.budget.setObjectName("planner.budget")
        self.notice.setObjectName("planner.notice")
        self.bar = MemoryBar(self.theme)
        self.bar.setAccessibleName("Memory of the device with this training in it")
        style(self.budget, "secondary")

        for label in (self.budget, self.notice):
            label.setWordWrap(True)

        self.notice.hide()
        for widget in (heading, self.budget, self.bar, self.notice):
            outer.addWidget(widget)

        inside = QWidget()
        self.grid = QGridLayout(inside)
        self.grid.setContentsMargins(px(12), px(8), px(12), px(12))
        self.grid.setHorizontalSpacing(px(16))
        self.grid.setVerticalSpacing(px(7))

        for column, (text, share) in enumerate(zip(HEADS, SHARES, strict=True)):
            head = Label(text)
            style(head, "secondary")
            head.setToolTip(tooltip(TIPS.get(text, "")))
            self.grid.addWidget(head, 0, column)
            self.grid.setColumnStretch(column, share)

        self.grid.setRowStretch(999, 1)
        style(inside, "page")
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(inside)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer.addWidget(self.area, 1)
        outer.addLayout(self._build_foot())
        around = self.parentWidget()
        room = around.size() if around is not None else QSize(WIDTH, HEIGHT)
        self.resize(
            min(px(WIDTH), max(320, room.width() - 32)),
            min(px(HEIGHT), max(240, room.height() - 32)),
        )

    def _build_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.fit = _button(
            "Fit to memory",
            "planner.fit",
            "Takes the largest batch that fits and keeps the examples of a step by adding up "
            "gradients.",
        )

        self.measure = _button(
            "Measure times", "planner.measure", "Takes some real steps for every row, on a copy."
        )
        self.undo = _button("Undo", "planner.undo", "Brings the previous settings back.")
        self.closing = _button(
            "Close", "planner.close", "Closes this table; what was applied stays."
        )
        style(self.fit, "primary")

        for button in (self.fit, self.measure, self.undo):
            row.addWidget(button)

        row.addStretch(1)
        row.addWidget(self.closing)
        return row


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    button.setAutoDefault(False)

    return button
