"""The Guide: what the page in front means, and findings with a remedy that one click applies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear

if TYPE_CHECKING:
    from app.ui.pages.parts import GuideCard

WIDTH = 264
ROLES = {"info": "card", "good": "card", "warning": "card-warning", "problem": "card-problem"}


class GuidePanel(QFrame):
    """The cards of the page in front.

    closed(): the person closed it. `show_cards` redraws only what changed.
    """

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._cards: list[GuideCard] = []
        self.setObjectName("guide")
        self.setAccessibleName("Guide")
        style(self, "guide")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 4)
        title = Label("Guide")
        style(title, "tile-title")
        close = QToolButton()
        close.setText("✕")
        close.setObjectName("guide.close")
        close.setToolTip("Closes the Guide; the lamp above opens it again.")
        close.setAccessibleName("Close the Guide")
        close.clicked.connect(self.closed)
        style(close, "flat")
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(close)
        outer.addLayout(head)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        style(scroll, "plain")
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(16, 4, 16, 16)
        self._column.setSpacing(12)
        self._column.addStretch(1)
        scroll.setWidget(inside)
        outer.addWidget(scroll, 1)
        self._size()
        theme.changed.connect(self._size)

    def show_cards(self, cards: list[GuideCard]) -> None:
        """Shows these cards.

        If they are equal to those shown, only the actions of their buttons are replaced.
        """
        if [replace(card, action=None) for card in cards] != [
            replace(card, action=None) for card in self._cards
        ]:
            self._build(cards)
        self._cards = list(cards)

    def _build(self, cards: list[GuideCard]) -> None:
        clear(self._column, but_last=1)
        for row, card in enumerate(cards):
            self._column.insertWidget(row, self._card(row, card))

    def _card(self, row: int, card: GuideCard) -> QFrame:
        frame = QFrame()
        style(frame, ROLES[card.level])
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(4)
        title = Label(card.title)
        text = Label(card.text)
        style(title, "title")
        style(text, "guide-text")

        for label in (title, text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            column.addWidget(label)

        if card.level in ("warning", "problem", "good"):
            frame.setAccessibleName(f"{card.level.capitalize()}: {card.title}")

        if card.button:
            button = QPushButton(button_text(card.button))
            button.setObjectName(card.name or f"guide.button.{row}")
            button.setAccessibleName(card.button)
            button.setToolTip(tooltip(card.title))
            button.clicked.connect(lambda: self._do(row))
            style(button, "small")
            column.addSpacing(4)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

        return frame

    def _do(self, row: int) -> None:
        action = self._cards[row].action if row < len(self._cards) else None
        if action is not None:
            action()

    def _size(self) -> None:
        self.setFixedWidth(self._theme.px(WIDTH))
