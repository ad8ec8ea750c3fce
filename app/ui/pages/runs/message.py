"""A line above the list: what was done and how to undo it, or why it was refused."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label


class MessageBar(Card):
    """Shows a message with `say`.

    undone(): the person wants what was done undone. coming(): a message is about to be seen.
    """

    undone = Signal()
    coming = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        layout = self.layout()

        assert layout is not None

        layout.setContentsMargins(12, 6, 8, 6)
        self.text = Label()
        self.text.setObjectName("runs.message")
        self.text.setWordWrap(True)
        self.undo = QPushButton("Undo")

        self._close = QPushButton()
        for button, name, words, tip in (
            (self.undo, "runs.undo", "Undo", "Takes it out of the trash again."),
            (self._close, "runs.message.close", "Close message", "Closes this message."),
        ):
            button.setObjectName(name)
            button.setAccessibleName(words)
            button.setToolTip(tooltip(tip))
            style(button, "small")

        self.undo.clicked.connect(self.undone)
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        row.addWidget(self.undo)
        row.addWidget(self._close)
        self.body.addLayout(row)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def say(self, text: str, undo: bool = False) -> None:
        self.text.setText(text)
        self.undo.setVisible(undo)
        self.coming.emit()
        self.show()

    def _restyle(self) -> None:
        self._close.setIcon(icon(self._theme, "close", "secondary"))


class HintLine(QWidget):
    """The line above the list: a hint, or a message in its place.

    It keeps its height, so that no row moves away from under the mouse.
    """

    def __init__(self, theme: Theme, hint: QWidget, message: MessageBar) -> None:
        super().__init__()
        self._theme = theme
        self._hint = hint
        self._message = message
        line = QVBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(hint)
        line.addWidget(message)
        # Before the message is shown: Qt lays out what is above the list as it is shown, and with
        # both in it the rows would move down and back.
        message.coming.connect(hint.hide)
        message.installEventFilter(self)
        theme.changed.connect(self._restyle)
        self._restyle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.HideToParent:
            self._hint.show()

        return super().eventFilter(watched, event)

    def _restyle(self) -> None:
        self.setMinimumHeight(self._theme.px(26) + 14)  # that of a message in one line
