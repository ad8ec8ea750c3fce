"""What is wrong with the network, above its drawing, with the repairs that one click applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.engine.errors import with_remedy
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from models.repairs import Mistake


PADDING = 10
"""Pixels at 100 % between the edge and what is inside."""


MOST_OF_CARD = 0.4
"""Share of the card's height that the buttons may take."""


class MistakeStrip(QFrame):
    """One sentence on the block at fault, and a button for each repair; hidden while all is well.

    `repaired(graph)`: the person took a repair.
    """

    repaired = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._mistake: Mistake | None = None
        self._theme = theme
        self._repairs: list[QPushButton] = []
        style(self, "banner")
        self.sentence = Label()
        self.sentence.setObjectName("model.mistake")
        self.sentence.setWordWrap(True)
        style(self.sentence, "problem")
        self._buttons = QWidget()
        self._row = FlowLayout(self._buttons, theme.px(8))
        column = QVBoxLayout(self)
        padding = theme.px(PADDING)
        column.setContentsMargins(padding, padding, padding, padding)
        column.setSpacing(theme.px(8))
        column.addWidget(self.sentence)
        column.addWidget(self._buttons)
        self.hide()

    def show_mistake(self, mistake: Mistake | None) -> None:
        """Shows a mistake; None hides the strip."""
        self.setVisible(mistake is not None)
        if mistake == self._mistake:
            return

        self._mistake = mistake
        self._row.clear()
        self._repairs = []
        if mistake is None:
            return

        what = mistake.what if mistake.repairs else with_remedy(mistake.what, mistake.remedy)
        self.sentence.setText(f"'{mistake.node}' does not fit: {what}")
        for number, repair in enumerate(mistake.repairs):
            button = QPushButton(button_text(repair.text))
            button.setObjectName(f"model.repair.{number}")
            button.clicked.connect(lambda _=False, graph=repair.graph: self.repaired.emit(graph))
            style(button, "small")
            self._row.addWidget(button)
            self._repairs.append(button)

        self._buttons.setVisible(bool(mistake.repairs))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Gives every row of buttons its height; in a low card the last ones go.

        The drawing below can be scrolled, buttons cannot.
        """
        parent = self.parentWidget()
        room = MOST_OF_CARD * parent.height() if parent is not None else 0.0
        width = max(1, self.width() - 2 * self._theme.px(PADDING))
        for shown in range(len(self._repairs), 0, -1):
            for number, button in enumerate(self._repairs):
                button.setVisible(number < shown)
            if self._row.heightForWidth(width) <= room:
                break

        self._buttons.setMinimumHeight(self._row.heightForWidth(width))
