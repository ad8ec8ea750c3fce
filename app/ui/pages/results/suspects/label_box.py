"""Where a new label is chosen: a menu of classes or tags, or a line for amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from app.ui.pages.results.suspects.grid import KEYS
from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from app.engine.data.dataset import Description


class LabelBox(QWidget):
    """Offers the labels of a data set. chosen(number): a class or tag; typed(amounts): numbers."""

    chosen = Signal(int)
    typed = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton("Label…")
        self.button.setObjectName("results.suspects.relabel")
        self.button.setAccessibleName("Give another label")
        self.menu = QMenu(self.button)
        self.button.setMenu(self.menu)
        self.amounts = QLineEdit()
        self.amounts.setObjectName("results.suspects.amount")
        self.amounts.setAccessibleName("New amount")
        self.amounts.setToolTip(
            "The right amount; of several, divided by semicolons. Enter sets it."
        )
        self.amounts.returnPressed.connect(self._typed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addWidget(self.amounts, 1)
        self._classes: tuple[str, ...] | None = None

    def offer(self, description: Description) -> None:
        """Offers the labels of these data."""
        classes = description.classes
        self.button.setVisible(bool(classes))
        self.amounts.setVisible(bool(description.amounts))
        self.amounts.setPlaceholderText("; ".join(amount.name for amount in description.amounts))
        if classes == self._classes:
            return

        self._classes = classes
        self.menu.clear()
        for number, name in enumerate(classes):
            key = f"\t{number + 1}" if number < KEYS else ""
            action = self.menu.addAction(button_text(name) + key)
            action.triggered.connect(lambda _=False, number=number: self.chosen.emit(number))

        keys = "Keys 1 to 9 give the first labels." if len(classes) > 1 else ""
        self.button.setToolTip(tooltip(f"Gives the chosen examples another label. {keys}"))

    def _typed(self) -> None:
        parts = [part.strip().replace(",", ".") for part in self.amounts.text().split(";")]
        try:
            amounts = [float(part) for part in parts]
        except ValueError:
            self.amounts.selectAll()
            return

        self.amounts.clear()
        self.typed.emit(amounts)
