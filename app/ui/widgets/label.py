"""A label that shows its text as it is: a name such as "<b>x</b>" is no rich text.

Qt would guess by the text. A label that is meant to be rich says so, and escapes names.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


class Label(QLabel):
    """A QLabel of plain text, until `setTextFormat` says otherwise."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.setTextFormat(Qt.TextFormat.PlainText)
