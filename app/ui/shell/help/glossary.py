"""Help: first steps and the terms of the field, with a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.pages.data.scrolled import scrolled
from app.ui.style.theme import Theme, style
from app.ui.text.glossary import Entry, search
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QKeyEvent

SUBJECTS = {
    "data": "Data",
    "model": "Networks",
    "learning": "Learning",
    "training": "Training",
    "results": "Results",
    "tryit": "Results",
}
"""The subject of each page of the window; the others begin with the first steps."""

WIDTH, HEIGHT = 760, 520
LIST, ROW = 264, 28
"""Width of the list and height of its rows; all sizes in pixels at 100 %."""


class GlossaryWindow(QDialog):
    """A search field, the terms on the left, what the chosen one means on the right."""

    def __init__(
        self, theme: Theme, subject: str, show_keys: Callable[[], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: list[Entry | None] = []
        self.setObjectName("help.glossary")
        self.setWindowTitle("Help")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        style(self, "page")
        self._build(show_keys)
        self.show_matches("")
        self._choose(subject)
        self.field.setFocus()
        px = theme.px
        self.resize(min(px(WIDTH), parent.width() - 32), min(px(HEIGHT), parent.height() - 32))

    def _build(self, show_keys: Callable[[], None]) -> None:
        px = self._theme.px
        self.field = QLineEdit()
        self.field.setObjectName("help.search")
        self.field.setAccessibleName("Search the help")
        self.field.setPlaceholderText("Search: learning rate, recall, dropout …")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self.show_matches)
        keys = QPushButton("Keyboard shortcuts")
        keys.setObjectName("help.keys")
        keys.setToolTip("Shows what the keys do.")
        keys.setAutoDefault(False)
        keys.clicked.connect(lambda: show_keys())
        self.list = QListWidget()
        self.list.setObjectName("help.terms")
        self.list.setAccessibleName("Terms")
        self.list.setFixedWidth(px(LIST))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._show)

        head = QHBoxLayout()
        head.setSpacing(px(12))
        head.addWidget(self.field, 1)
        head.addWidget(keys)
        middle = QHBoxLayout()
        middle.setSpacing(px(20))
        middle.addWidget(self.list)
        middle.addWidget(self._build_page(), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[px(20)] * 4)
        column.setSpacing(px(12))
        column.addLayout(head)
        column.addLayout(middle, 1)

    def _build_page(self) -> QWidget:
        """Builds what shows one entry."""
        inside = QWidget()
        page = QVBoxLayout(inside)
        page.setContentsMargins(0, 0, self._theme.px(8), 0)
        page.setSpacing(self._theme.px(8))
        self.subject = Label()
        self.term = Label()
        self.text = Label()
        for label, role in (
            (self.subject, "secondary"),
            (self.term, "heading"),
            (self.text, ""),
        ):
            label.setWordWrap(True)
            style(label, role)
            page.addWidget(label)

        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        page.addStretch(1)
        return scrolled(inside)

    def show_matches(self, words: str) -> None:
        """Lists the entries with these words, under their subjects where there are none."""
        found = search(words)
        self.list.blockSignals(True)
        self.list.clear()
        self._entries = []
        subject = ""

        for entry in found:
            if not words.strip() and entry.subject != subject:
                subject = entry.subject
                self._add(subject, None)

            self._add(entry.term, entry)

        self.list.blockSignals(False)
        first = next((row for row, entry in enumerate(self._entries) if entry is not None), -1)
        self.list.setCurrentRow(first)
        self._show(first)

    def _add(self, text: str, entry: Entry | None) -> None:
        """Adds a row to the list: a term, or the title of a subject, which cannot be chosen."""
        item = QListWidgetItem(text)
        item.setToolTip(tooltip(text))
        item.setSizeHint(QSize(0, self._theme.px(ROW)))
        if entry is None:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            item.setFont(self._theme.font(12, bold=True))

        self.list.addItem(item)
        self._entries.append(entry)

    def _choose(self, subject: str) -> None:
        """Chooses the first term of a subject, "" for the very first."""
        for row, entry in enumerate(self._entries):
            if entry is not None and entry.subject == subject:
                self.list.setCurrentRow(row)
                self.list.scrollToItem(
                    self.list.item(row - 1), QListWidget.ScrollHint.PositionAtTop
                )
                return

    def _show(self, row: int) -> None:
        entry = self._entries[row] if 0 <= row < len(self._entries) else None
        self.subject.setText(entry.subject if entry is not None else "")
        self.term.setText(entry.term if entry is not None else "Nothing found")
        self.text.setText(entry.text if entry is not None else "Try another word, or a part of it.")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves through the list with the arrow keys while one types."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            row = self.list.currentRow() + step
            while 0 <= row < len(self._entries) and self._entries[row] is None:
                row += step
            if 0 <= row < len(self._entries):
                self.list.setCurrentRow(row)
        else:
            super().keyPressEvent(event)
