"""A label that shows its text as it is: a name such as "<b>x</b>" is no rich text.

Qt would guess by the text. A label that is meant to be rich says so, and escapes names. Where its
lines are broken, a name without spaces is broken too: Qt would cut it off at the edge.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.text.short_names import breakable, unbroken


class Label(QLabel):
    """A QLabel of plain text, until `setTextFormat` says otherwise."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def text(self) -> str:
        return unbroken(super().text())

    def setText(self, text: str) -> None:
        # What is copied from the screen has no letters that are not seen.
        copied = self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
        plain = self.textFormat() is Qt.TextFormat.PlainText
        super().setText(breakable(text) if self.wordWrap() and plain and not copied else text)

    def setWordWrap(self, on: bool) -> None:
        super().setWordWrap(on)
        self._renew()

    def setTextFormat(self, text_format: Qt.TextFormat) -> None:
        super().setTextFormat(text_format)
        self._renew()

    def setTextInteractionFlags(self, flags: Qt.TextInteractionFlag) -> None:
        super().setTextInteractionFlags(flags)
        self._renew()

    def _renew(self) -> None:
        if text := self.text():
            self.setText(text)
