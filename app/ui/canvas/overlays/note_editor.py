"""The field in which a note is written, where the note stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QFocusEvent, QKeyEvent

LONGEST = 2_000


class NoteEditor(QPlainTextEdit):
    """Takes the text of a note. Escape gives it up; Ctrl + Enter and leaving the field take it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._take: Callable[[str], None] | None = None
        self.setObjectName("network.note")
        self.setAccessibleName("Note")
        self.setPlaceholderText("A note")
        self.setAcceptDrops(False)  # the window takes files
        self.setTabChangesFocus(True)
        self.hide()

    def write(self, text: str, place: QRect, take: Callable[[str], None]) -> None:
        """Lets the person write. place: in the parent. take: is called with the text, once."""
        self._take = take
        self.setPlainText(text)
        self.selectAll()
        self.setGeometry(place)
        self.show()
        self.raise_()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            self._close(taken=False)
            self._give_back()
        elif ctrl and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._close(taken=True)
            self._give_back()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._close(taken=True)

    def _close(self, taken: bool) -> None:
        take, self._take = self._take, None
        if take is None:
            return

        text = self.toPlainText().strip()[:LONGEST]
        self.hide()
        if taken:
            take(text)

    def _give_back(self) -> None:
        """Gives the focus to the drawing."""
        parent = self.parentWidget()
        if parent is not None:
            parent.setFocus()
