"""Beside the confusion matrix: the examples behind its figures, or the figures of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.ui.pages.results.confusion.class_table import ClassTable
from app.ui.pages.results.confusion.mistakes import MistakesGallery
from app.ui.pages.results.confusion.top_confusions import FROM, TopConfusions
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.ui.pages.results.confusion.counts import Confusion

SIDES = (
    ("confusions", "Confusions", "Which classes are taken for which most often."),
    ("pictures", "Pictures", "The examples behind the figures."),
    ("classes", "Classes", "How well each class is recognised."),
)


class SideCard(Card):
    """Shows `gallery` or `classes`, one at a time.

    save_csv(): the table of classes is wanted as a file. more: (key, text, tip, title, widget) of
    further sides, which stand before these.
    """

    save_csv = Signal()

    def __init__(
        self, theme: Theme, more: tuple[tuple[str, str, str, str, QWidget], ...] = ()
    ) -> None:
        super().__init__("Worst mistakes")
        self.setObjectName("results.side")
        self.gallery = MistakesGallery(theme)
        self.classes = ClassTable(theme)
        self.confusions = TopConfusions(theme)
        self.confusions.confusion_picked.connect(self.show_cell)
        self.gallery.changed.connect(self._set_title)
        self.classes.picked.connect(self._show_class)
        self.sides = Segments(theme, "results.show", [side[:3] for side in more] + list(SIDES))
        self.sides.chosen.connect(self._choose)
        self._chosen = False
        self.tools.addWidget(self.sides)
        self._few = True
        self.sides.buttons["confusions"].hide()
        save = link(
            "Save this table (CSV)",
            "results.classes.save",
            "Writes the figures of every class to a file.",
        )

        save.clicked.connect(self.save_csv)
        self._stack = QStackedLayout()
        self._titles = {key: title for key, _, _, title, _ in more} | {
            "classes": "Per class",
            "confusions": "Most frequent confusions",
        }
        self._pages = {key: self._stack.addWidget(widget) for key, _, _, _, widget in more}
        self._pages["confusions"] = self._stack.addWidget(self.confusions)
        self._pages["pictures"] = self._stack.addWidget(self.gallery)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.classes, 1)
        column.addWidget(save, 0, Qt.AlignmentFlag.AlignLeft)
        self._pages["classes"] = self._stack.addWidget(holder)
        self.body.addLayout(self._stack, 1)
        self.show_side(self.sides.value if more else "pictures")

    def name_examples(self, many: str) -> None:
        """Sets what the examples are called: "pictures", "rows"."""
        self.sides.set_text("pictures", many.capitalize())

    def show_confusion(self, confusion: Confusion, many: str) -> None:
        """Lists the confusions where there are too many classes to look at all cells.

        many: what the examples are called.
        """
        self.confusions.show_confusion(confusion, many)
        self._few = len(confusion.classes) < FROM
        self.sides.buttons["confusions"].setVisible(not self._few)
        if self._few and self.sides.value == "confusions":
            self.show_side("pictures")
        elif not self._few:
            self.suggest("confusions")

    def show_cell(self, true: int, answer: int) -> None:
        """Shows the examples of one cell of the matrix."""
        self._chosen = True
        self.show_side("pictures")
        self.gallery.show_cell(true, answer)

    def suggest(self, name: str) -> None:
        """Shows this side as long as a person has not chosen one; of many classes, the list."""
        name = name if self._few else "confusions"
        if not self._chosen and name != self.sides.value:
            self.show_side(name)

    def _choose(self, name: str) -> None:
        self._chosen = True
        self.show_side(name)

    def show_side(self, name: str) -> None:
        """Shows a side: "pictures", "classes", or one of those added."""
        self.sides.set_value(name)
        self._stack.setCurrentIndex(self._pages[name])
        self._set_title()

    def _show_class(self, number: int) -> None:
        self.show_side("pictures")
        self.gallery.show_class(number)

    def _set_title(self) -> None:
        self.title.setText(self._titles.get(self.sides.value, self.gallery.heading))

    def hasHeightForWidth(self) -> bool:
        """Returns False: it takes the height it gets, whatever its longest text would like."""
        return False


def link(text: str, name: str, tip: str) -> QPushButton:
    """Returns a button that looks like a link."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    style(button, "link")

    return button
