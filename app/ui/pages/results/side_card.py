"""Beside the matrix: the pictures behind its figures, or the figures per class."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.ui.pages.results.classes import ClassTable
from app.ui.pages.results.pictures import Gallery
from app.ui.theme import Theme, style
from app.ui.widgets.card import Card
from app.ui.widgets.segments import Segments

SIDES = (
    ("pictures", "Pictures", "The pictures behind the figures."),
    ("classes", "Classes", "How well each class is recognised."),
)


class SideCard(Card):
    """`gallery` and `classes`, one at a time. save_csv(): the table of classes is wanted as a file."""

    save_csv = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__("Worst mistakes")
        self.setObjectName("results.side")
        self.gallery, self.classes = Gallery(theme), ClassTable(theme)
        self.gallery.changed.connect(self._title)
        self.classes.picked.connect(self._class)
        self.sides = Segments(theme, "results.show", SIDES)
        self.sides.chosen.connect(self._choose)
        self._chosen = False
        self.tools.addWidget(self.sides)
        save = _link("Save this table (CSV)", "results.classes.save", "Writes the figures of every class to a file.")
        save.clicked.connect(self.save_csv)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.gallery)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.classes, 1)
        column.addWidget(save, 0, Qt.AlignmentFlag.AlignLeft)
        self._stack.addWidget(holder)
        self.body.addLayout(self._stack, 1)

    def show_cell(self, true: int, answer: int) -> None:
        """The pictures of one cell of the matrix."""
        self._chosen = True
        self.show_side("pictures")
        self.gallery.show_cell(true, answer)

    def suggest(self, name: str) -> None:
        """Show this side as long as the person has not chosen one."""
        if not self._chosen and name != self.sides.value:
            self.show_side(name)

    def _choose(self, name: str) -> None:
        self._chosen = True
        self.show_side(name)

    def show_side(self, name: str) -> None:
        """ "pictures" or "classes"."""
        self.sides.set_value(name)
        self._stack.setCurrentIndex(0 if name == "pictures" else 1)
        self._title()

    def _class(self, number: int) -> None:
        self.show_side("pictures")
        self.gallery.show_class(number)

    def _title(self) -> None:
        pictures = self._stack.currentIndex() == 0
        self.title.setText(self.gallery.heading if pictures else "Per class")

    def hasHeightForWidth(self) -> bool:
        """No: it takes the height it gets, whatever its longest text would like."""
        return False


def _link(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    style(button, "link")
    return button
