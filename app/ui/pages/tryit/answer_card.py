"""The right half of the page: what the network sees, what it answers, and how sure it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from app.ui.amounts import percent_text
from app.ui.pages.tryit.answers import AnswerBars
from app.ui.pages.tryit.asking import Answer
from app.ui.theme import Theme, style
from app.ui.widgets.card import Card
from app.ui.widgets.thumbnails import crisp

SEEN = 112
"""Side of "what the network sees", in pixels at 100 %."""
HINT = "Draw, drop a picture, or take one of the test set."


class AnswerCard(Card):
    """show_answer(answer or None), say(sentence in its place)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Answer", "from the best epoch")
        self._theme = theme
        self._answer: Answer | None = None
        self.setObjectName("tryit.answer")
        self.seen = QLabel()
        self.seen.setObjectName("tryit.seen")
        self.seen.setAccessibleName("What the network sees")
        self.seen.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self.seen, "seen")
        self.best, self.judged, self._seen_words = QLabel(), QLabel(), QLabel()
        words = QVBoxLayout()
        words.setSpacing(4)
        for label, role, name in (
            (self.best, "figure", "tryit.best"), (self.judged, "secondary", "tryit.judged"),
            (self._seen_words, "secondary", "tryit.seen.words"),
        ):  # fmt: skip
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            style(label, role)
            words.addWidget(label)
        words.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.seen, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        self.bars = AnswerBars(theme)
        self.body.addLayout(top)
        self.body.addWidget(self.bars)
        self.body.addStretch(1)
        theme.changed.connect(lambda: self.show_answer(self._answer))
        self.show_answer(None)

    def say(self, text: str) -> None:
        """A sentence in place of the answer: why there is none."""
        self.show_answer(None)
        self.judged.setText(text)
        style(self.judged, "problem")

    def show_answer(self, answer: Answer | None) -> None:
        """None: nothing was given yet."""
        self._answer = answer
        side = self._theme.px(SEEN)
        self.seen.setFixedSize(side, side)
        style(self.judged, "secondary")
        self.best.setVisible(answer is not None)
        if answer is None:
            self.seen.clear()
            self._seen_words.setText("")
            self.judged.setText(HINT)
            self.bars.show_ranking([])
            return
        channels, height, width = answer.seen.shape
        self.seen.setPixmap(crisp(answer.seen, side, self.devicePixelRatioF()))
        colour = "grey" if channels == 1 else "colour"
        self._seen_words.setText(f"What the network sees: {width} × {height}, {colour}.")
        name, probability = answer.ranking[0]
        true = answer.picture.true
        sure = f"{percent_text(probability)} sure"
        if true:
            sure += ", and it is right." if true == name else f". In truth it is {true}."
        self.best.setText(name)
        self.judged.setText(sure)
        self.bars.show_ranking(answer.ranking, true)
