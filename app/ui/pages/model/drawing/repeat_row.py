"""How often the chosen blocks stand in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.label import Label
from models.edits.several import MOST_REPEATS

if TYPE_CHECKING:
    from collections.abc import Sequence


class RepeatRow(QWidget):
    """Asks for a number. asked(times): the blocks shall stand so often in a row, in all."""

    asked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        label = Label("How often in a row, in all")
        self.times = QSpinBox()
        self.times.setObjectName("repeat.times")
        self.times.setRange(2, MOST_REPEATS)
        self.times.setSuffix(" times")
        self.times.setAccessibleName("How often the blocks stand in a row")
        self.times.lineEdit().setAcceptDrops(False)  # the window takes files
        self.times.lineEdit().setTextMargins(6, 0, 0, 0)
        label.setBuddy(self.times)
        button = QPushButton(button_text("Repeat"))
        button.setObjectName("repeat.do")
        button.setToolTip(tooltip("Puts copies of the chosen blocks behind them."))
        button.clicked.connect(lambda: self.asked.emit(self.times.value()))
        style(button, "small")
        self.trouble = Label()
        self.trouble.setObjectName("repeat.problem")
        self.trouble.setWordWrap(True)
        style(self.trouble, "problem")
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addWidget(self.times, 1)
        row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        column.addWidget(label)
        column.addLayout(row)
        column.addWidget(self.trouble)
        self.hide()

    def show_for(self, names: Sequence[str]) -> None:
        """Is there for one block or more."""
        self.setVisible(bool(names))
        self.tell("")

    def tell(self, sentence: str) -> None:
        """Shows why the blocks cannot be repeated; "" for nothing."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    def open(self) -> None:
        """Takes the keyboard."""
        self.times.setFocus()
        self.times.selectAll()
