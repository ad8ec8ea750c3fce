"""The overlay that says what the keys do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.shell.actions import Entry

ELSEWHERE = (
    ("Tab, Shift+Tab", "To the next field, to the one before"),
    ("Up, Down", "A number one step further; a choice further on"),
    ("Enter", "Accepts what was typed"),
    ("Insert, Delete, arrows", "On the drawn network: add, take out, go along wires"),
)
"""Keys that work without an action, for the overlay."""


class Shortcuts(QDialog):
    """The overlay that says what the keys do. Escape closes it."""

    def __init__(self, theme: Theme, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help.shortcuts")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(20)] * 4)
        column.setSpacing(theme.px(12))
        heading = Label("Keyboard shortcuts")
        style(heading, "heading")
        column.addWidget(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(16))
        grid.setVerticalSpacing(theme.px(4))
        rows = [(_keys(entry), entry.text) for entry in entries if entry.keys] + list(ELSEWHERE)

        half = (len(rows) + 1) // 2
        for number, (keys, text) in enumerate(rows):
            row = number % half
            side = 2 * (number // half)
            key = Label(keys)
            words = Label(text.rstrip("…"))
            style(key, "key")
            grid.addWidget(key, row, side, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(words, row, side + 1)

        column.addLayout(grid)
        hint = Label("Escape closes this.")
        style(hint, "secondary")
        column.addWidget(hint)


def _keys(entry: Entry) -> str:
    """Returns the first shortcut of an action, written as on this system."""
    return QKeySequence(entry.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
