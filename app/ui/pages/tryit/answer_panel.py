"""The right half of the page: what the network sees, what it answers, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout

from app.ui.pages.tryit.answer_cards import AnswerCard, answer_card_for
from app.ui.style.theme import Theme, style
from app.ui.widgets.card import Card
from app.ui.widgets.examples.pixels import crisp
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.pages.tryit.prediction import TryItResult

SEEN = 112
"""Side of "what the network sees", in pixels at 100 %."""


class AnswerPanel(Card):
    """Shows one answer: set_view(view), then show_result(result or None).

    say(sentence): in its place. card_made(answer card): there is a new one, to be connected.
    shown(result): it is shown now; None where there is none any more.
    """

    card_made = Signal(object)
    shown = Signal(object)

    def __init__(self, theme: Theme, hint: str = "") -> None:
        super().__init__("Answer", "from the best epoch")
        self._theme = theme
        self._result: TryItResult | None = None
        self._cards: dict[type[AnswerCard], AnswerCard] = {}
        self.card: AnswerCard | None = None
        self.pictures = True
        self.hint = ""
        self.setObjectName("tryit.answer")

        self.body.addLayout(self._build_head())
        self.stack = QStackedLayout()
        self.body.addLayout(self.stack, 1)

        theme.changed.connect(lambda: self.show_result(self._result))
        self.set_view("classes", True, hint)

    def _build_head(self) -> QHBoxLayout:
        """Builds the small picture, and beside it the answer in large and in a sentence."""
        self.seen = Label()
        self.seen.setObjectName("tryit.seen")
        self.seen.setAccessibleName("What the network sees")
        self.seen.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self.seen, "seen")

        self.headline = Label()
        self.sentence = Label()
        self._seen_words = Label()
        words = QVBoxLayout()
        words.setSpacing(4)

        for label, role, name in (
            (self.headline, "figure", "tryit.best"),
            (self.sentence, "secondary", "tryit.judged"),
            (self._seen_words, "secondary", "tryit.seen.words"),
        ):
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            style(label, role)
            words.addWidget(label)

        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.seen, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)

        return head

    def set_view(self, view: str, pictures: bool = True, hint: str = "") -> None:
        """Takes the answer card for a task's view of results.

        pictures: whether the network looks at single pictures. hint: how to give an example.
        """
        self.hint = hint
        self.pictures = pictures

        kind = answer_card_for(view)
        if kind not in self._cards:
            self._cards[kind] = kind(self._theme)
            self.stack.addWidget(self._cards[kind])
            self.card_made.emit(self._cards[kind])

        self.card = self._cards[kind]
        self.stack.setCurrentWidget(self.card)
        self.show_result(None)

    def say(self, text: str) -> None:
        """Shows a sentence in place of the answer: why there is none."""
        self.show_result(None)
        self.sentence.setText(text)
        style(self.sentence, "problem")

    def wait(self) -> None:
        """Says that the answer takes a while: the open data are walked through once."""
        self.sentence.setText("Asking the network …")

    def show_result(self, result: TryItResult | None) -> None:
        """Shows an answer; None while nothing is given."""
        assert self.card is not None

        self._result = result
        self.shown.emit(result)
        side = self._theme.px(SEEN)
        self.seen.setFixedSize(side, side)
        self.seen.setVisible(self.pictures)
        style(self.sentence, "secondary")
        self.card.show_result(result)

        if result is None:
            self.seen.clear()
            self._seen_words.setText("")
            self.headline.hide()
            self.sentence.setText(self.card.hint or self.hint)
            return

        picture = result.seen.picture
        if picture is not None:
            channels, height, width = picture.shape
            colours = "grey" if channels == 1 else "colour"
            self.seen.setPixmap(crisp(picture, side, self.devicePixelRatioF()))
            self._seen_words.setText(f"{self.card.seen}: {width} × {height}, {colours}.")
        else:
            self._seen_words.setText(result.left_out)

        headline, sentence = self.card.words(result)
        self.headline.setText(headline)
        self.headline.setVisible(bool(headline))
        self.sentence.setText(sentence)
