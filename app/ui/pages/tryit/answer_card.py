"""The right half of the page: what the network sees, what it answers, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout

from app.ui.pages.tryit.answer_cards import ReplyView, reply_for, sort_of
from app.ui.pages.tryit.input_cards.image import PictureInputCard
from app.ui.style.theme import Theme, style
from app.ui.widgets.card import Card
from app.ui.widgets.examples.thumbnails import crisp

if TYPE_CHECKING:
    from app.engine.learning.task import View
    from app.ui.pages.tryit.asking import Reply

SEEN = 112
"""Side of "what the network sees", in pixels at 100 %."""


class AnswerCard(Card):
    """set_view(view), show_reply(reply or None), say(sentence in its place). made(view): a new
    ReplyView is there.
    """

    made = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__("Answer", "from the best epoch")
        self._theme = theme
        self._reply: Reply | None = None
        self._views: dict[str, ReplyView] = {}
        self.view: ReplyView | None = None
        self.pictures = True
        self.hint = ""
        self.setObjectName("tryit.answer")
        self.seen = QLabel()
        self.seen.setObjectName("tryit.seen")
        self.seen.setAccessibleName("What the network sees")
        self.seen.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self.seen, "seen")
        self.best = QLabel()
        self.judged = QLabel()
        self._seen_words = QLabel()
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
        self.body.addLayout(top)
        self.stack = QStackedLayout()
        self.body.addLayout(self.stack, 1)
        theme.changed.connect(lambda: self.show_reply(self._reply))
        self.set_view("classes", True, PictureInputCard.hint)

    def set_view(self, view: View, pictures: bool = True, hint: str = "") -> None:
        """The sort of replies that the network of the chosen run gives.

        pictures: whether it looks at single ones. hint: how to give an example.
        """
        self.hint = hint
        self.pictures = pictures

        sort = sort_of(view)
        if sort not in self._views:
            self._views[sort] = reply_for(view, self._theme)
            self.stack.addWidget(self._views[sort])
            self.made.emit(self._views[sort])

        if self.view is not self._views[sort]:
            self.view = self._views[sort]
            self.stack.setCurrentWidget(self.view)

        self.show_reply(None)

    def say(self, text: str) -> None:
        """A sentence in place of the answer: why there is none."""
        self.show_reply(None)
        self.judged.setText(text)
        style(self.judged, "problem")

    def wait(self) -> None:
        """The answer takes a while: the open data are walked through once."""
        self.judged.setText("Asking the network …")

    def show_reply(self, reply: Reply | None) -> None:
        """None: nothing was given yet."""
        assert self.view is not None

        self._reply = reply
        side = self._theme.px(SEEN)
        self.seen.setFixedSize(side, side)
        style(self.judged, "secondary")
        self.view.show_reply(reply)
        picture = reply.seen.picture if reply is not None else None
        self.seen.setVisible(self.pictures)

        if reply is None:
            self.seen.clear()
            self._seen_words.setText("")
            self.best.hide()
            self.judged.setText(self.view.hint or self.hint)

            return

        if picture is not None:
            channels, height, width = picture.shape
            self.seen.setPixmap(crisp(picture, side, self.devicePixelRatioF()))
            self._seen_words.setText(
                f"{self.view.seen}: {width} × {height}, {'grey' if channels == 1 else 'colour'}."
            )
        else:
            self._seen_words.setText(reply.left_out)

        head, sentence = self.view.words(reply)
        self.best.setText(head)
        self.best.setVisible(bool(head))
        self.judged.setText(sentence)
