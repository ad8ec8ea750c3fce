"""The card: a title, a grey half-sentence that says why one looks at it, and its content."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.style.theme import style
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label


class Card(QFrame):
    """A frame with a title.

    Add widgets to `body` (vertical), and small controls to `tools` (right of the title).
    """

    def __init__(self, title: str = "", why: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style(self, "card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 12, 14, 12)
        outer.setSpacing(8)
        self.tools = QHBoxLayout()
        self.tools.setSpacing(6)
        self.title = Label(title, self)
        self.why = ElidedLabel(why, 0, self)
        style(self.title, "title")
        style(self.why, "why")

        if title:
            head = QHBoxLayout()
            head.setSpacing(6)
            head.addWidget(self.title)
            head.addWidget(self.why)
            head.addStretch(1)
            head.addLayout(self.tools)
            outer.addLayout(head)
        else:
            self.title.hide()
            self.why.hide()

        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.body, 1)

    def set_why(self, text: str) -> None:
        self.why.setText(text)
