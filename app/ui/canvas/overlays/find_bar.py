"""Find a block by its name or its title, above the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from app.ui.canvas.surface import Surface


WIDTH = 260
"""Pixels at 100 %."""


class FindBar(QFrame):
    """A field in the upper right corner of the drawing. Enter goes on, Escape closes it."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._surface = surface
        self._found: list[str] = []
        self.setObjectName("network.find")
        style(self, "banner")
        self.field = QLineEdit()
        self.field.setObjectName("network.find.field")
        self.field.setAcceptDrops(False)  # the window takes files
        self.field.setPlaceholderText("Find a block")
        self.field.setAccessibleName("Find a block")
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self.go_on)
        self.count = Label()
        self.count.setObjectName("network.find.count")
        style(self.count, "secondary")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        self.hide()

    def open(self) -> None:
        """Shows the field with what was looked for last."""
        self.place()
        self.show()
        self.raise_()
        self.field.setFocus()
        self.field.selectAll()
        self._search(self.field.text())

    def place(self) -> None:
        """Stands in the corner of the surface as it is now."""
        width = min(self._surface.theme.px(WIDTH), self._surface.width() - 16)
        viewport = self._surface.viewport().geometry()
        self.setGeometry(viewport.right() - width - 4, 4, width, self.sizeHint().height())

    def go_on(self) -> None:
        """Chooses the next block that was found."""
        if self._found:
            chosen = self._surface.chosen
            at = self._found.index(chosen) + 1 if chosen in self._found else 0
            self._show(at % len(self._found))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self._surface.setFocus()

        event.accept()  # keys that the field leaves are not meant for the drawing

    def _search(self, text: str) -> None:
        wanted = text.strip().lower()
        self._found = [
            block.name
            for block in self._surface.blocks
            if wanted and (wanted in block.name.lower() or wanted in block.title.lower())
        ]
        if self._found:
            chosen = self._surface.chosen
            self._show(self._found.index(chosen) if chosen in self._found else 0)
        else:
            self.count.setText("none" if wanted else "")

    def _show(self, number: int) -> None:
        self._surface.choose(self._found[number])
        self.count.setText(f"{number + 1} of {len(self._found)}")
