"""A language model goes on with the text: word after word, as bold as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QSlider, QSpinBox

from app.engine.text import number_text
from app.ui.pages.tryit.answer_cards.base import ReplyView
from app.ui.style.theme import Theme, style

if TYPE_CHECKING:
    from app.ui.pages.tryit.asking import Reply

TOKENS = 200


class LanguageReply(ReplyView):
    hint = "Type the beginning of a text, or leave it empty, and press Write."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._prompt = ""
        row = QHBoxLayout()
        row.setSpacing(8)
        self.write = QPushButton("Write")
        self.write.setObjectName("tryit.write")
        self.write.setAccessibleName("Go on with the text")
        self.write.setToolTip("The network goes on with your text.")
        self.write.clicked.connect(self._pressed)
        style(self.write, "primary")
        self.words_label = QLabel()
        self.temperature = QSlider(Qt.Orientation.Horizontal)
        style(self.words_label, "secondary")
        self.temperature.setRange(0, 20)
        self.temperature.setValue(8)
        self.temperature.setObjectName("tryit.temperature")
        self.temperature.setAccessibleName("Temperature")
        self.temperature.setToolTip(
            "0 always takes the likeliest token; 1 follows its probabilities; above is bold."
        )
        self.temperature.valueChanged.connect(self._name_temperature)
        self.tokens = QSpinBox()
        self.tokens.setRange(10, 2000)
        self.tokens.setSingleStep(50)
        self.tokens.setValue(TOKENS)
        self.tokens.setSuffix(" tokens")
        self.tokens.setObjectName("tryit.tokens")
        self.tokens.setAccessibleName("How much to write")
        self.tokens.setToolTip("How many tokens are written at most.")
        row.addWidget(self.write)
        row.addWidget(self.tokens)
        row.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.words_label)
        below.addWidget(self.temperature, 1)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setObjectName("tryit.written")
        self.text.setAccessibleName("What the network wrote")
        self.text.setPlaceholderText("What the network writes appears here, as it comes.")
        self.column.addLayout(row)
        self.column.addLayout(below)
        self.column.addWidget(self.text, 1)
        self.writing = False
        self._name_temperature()

    def _name_temperature(self) -> None:
        self.words_label.setText(f"Temperature {number_text(self.temperature.value() / 10)}")

    def show_reply(self, reply: Reply | None) -> None:
        self._prompt = str(reply.given.raw or reply.seen.text) if reply is not None else ""

    def words(self, reply: Reply) -> tuple[str, str]:
        return "", "Press Write: the network goes on with this text, a token at a time."

    def _pressed(self) -> None:
        if self.writing:
            self.stop_writing.emit()
            return

        self.begin()
        self.wants_writing.emit(self._prompt, self.temperature.value() / 10, self.tokens.value())

    def begin(self) -> None:
        self.text.setPlainText(self._prompt)
        self.writing = True
        self.write.setText("Stop")
        self.write.setAccessibleName("Stop writing")

    def add(self, piece: str) -> None:
        """A piece of text as it comes."""
        cursor = self.text.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(piece)
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())

    def end(self) -> None:
        self.writing = False
        self.write.setText("Write")
        self.write.setAccessibleName("Go on with the text")


REPLY = LanguageReply
