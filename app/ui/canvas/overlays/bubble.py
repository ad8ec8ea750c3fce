"""A sentence on the drawing where something happened; it goes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QTimer
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

SHOWN_MS = 8_000

MARGIN = 10

WIDTH = 260
"""Most width in pixels at 100 %."""


class Bubble(QFrame):
    """Shows one sentence at a time near a point of its parent."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("network.message")
        style(self, "banner-warning")
        self.text = Label()
        self.text.setObjectName("network.message.text")
        self.text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 8, MARGIN, 8)
        column.addWidget(self.text)
        self._timer = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self._at = QPoint()
        self.hide()

    def say(self, sentence: str, at: QPoint) -> None:
        """Shows a sentence beside a point of the parent, for some seconds."""
        self.text.setText(sentence)
        self.setAccessibleName(sentence)
        self._at = at
        self.place()
        self.show()
        self.raise_()
        self._timer.start()

    def place(self) -> None:
        """Takes the room that the sentence needs now, within the parent."""
        parent = self.parentWidget()
        assert parent is not None
        sentence, at = self.text.text(), self._at
        most = min(self._theme.px(WIDTH), parent.width() - 16)
        needed = self.text.fontMetrics().horizontalAdvance(sentence) + 4
        width = min(most, needed + 2 * MARGIN)
        self.setFixedWidth(max(1, width))
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        x = min(max(8, at.x() + 12), parent.width() - width - 8)
        y = min(max(8, at.y() + 12), parent.height() - height - 8)
        self.setGeometry(x, y, width, height)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest and self.isVisible():
            self.place()  # words of another size

        return done
