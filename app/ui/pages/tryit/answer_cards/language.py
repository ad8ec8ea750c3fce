"""A language model goes on with the text: word after word, as bold as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QSlider

from app.engine.text import number_text
from app.ui.pages.parts import GuideCard
from app.ui.pages.tryit.answer_cards.base import AnswerCard
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import NumberBox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ui.pages.tryit.prediction import TryItResult

TOKENS = 200
"""Tokens that are written, if a person does not choose."""


class LanguageAnswerCard(AnswerCard):
    """Lets the network go on with a text.

    writing_wanted(prompt, temperature, tokens): it is to begin; stop_wanted(): it is to end.
    """

    writing_wanted = Signal(str, float, int)
    stop_wanted = Signal()

    views: ClassVar[Mapping[str, str]] = {
        "language": (
            "The network says how likely each next token is; one is drawn, added, and it goes on "
            "from there."
        ),
    }
    guide: ClassVar[tuple[GuideCard, ...]] = (
        GuideCard(
            "Temperature",
            "0 always takes the likeliest token and soon repeats itself; 1 follows the "
            "network's own probabilities; above 1, unlikely tokens come more often.",
        ),
    )
    hint: ClassVar[str] = "Type the beginning of a text, or leave it empty, and press Write."

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
        self.words_label = Label()
        self.temperature = QSlider(Qt.Orientation.Horizontal)
        style(self.words_label, "secondary")
        self.temperature.setRange(0, 20)
        self.temperature.setValue(8)
        self.temperature.setObjectName("tryit.temperature")
        self.temperature.setAccessibleName("Temperature")
        self.temperature.setToolTip(
            "0 always takes the likeliest token; 1 follows its probabilities; above 1 it is bolder."
        )
        self.temperature.valueChanged.connect(self._name_temperature)
        self.tokens = NumberBox(whole=True, step=50, unit="tokens")
        self.tokens.setRange(10, 2000)
        self.tokens.show_value(TOKENS)
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

    def show_result(self, result: TryItResult | None) -> None:
        self._prompt = str(result.input.raw or result.seen.text) if result is not None else ""

    def words(self, _result: TryItResult) -> tuple[str, str]:
        return "", "Press Write: the network goes on with this text, a token at a time."

    def _pressed(self) -> None:
        if self.writing:
            self.stop_wanted.emit()
            return

        self.begin()
        self.writing_wanted.emit(
            self._prompt, self.temperature.value() / 10, round(self.tokens.value())
        )

    def begin(self) -> None:
        """Shows the prompt alone, and that the network writes."""
        self.text.setPlainText(self._prompt)
        self.writing = True
        self.write.setText("Stop")
        self.write.setAccessibleName("Stop writing")

    def add(self, piece: str) -> None:
        """Adds a piece of text as it comes."""
        cursor = self.text.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(piece)
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())

    def end(self) -> None:
        """Shows that the network has stopped."""
        self.writing = False
        self.write.setText("Write")
        self.write.setAccessibleName("Go on with the text")


ANSWER_CARD = LanguageAnswerCard
