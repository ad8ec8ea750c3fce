"""The two faces of the Runs page: the list, and the comparison in full width in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.ui.pages.runs.compare.view import CompareView
from app.ui.style.theme import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.pages.parts import Parts
    from app.ui.pages.runs.entries import Entry


class ListOrComparison(QStackedLayout):
    """Shows the one or the other. column: the layout of the list."""

    def __init__(self, page: QWidget, parts: Parts) -> None:
        super().__init__(page)
        everything = QWidget()
        style(everything, "page")
        self.column = QVBoxLayout(everything)
        self.full = CompareView(parts.theme, parts.background, parts.preferences)
        self.full.left.connect(self.show_list)
        self.addWidget(everything)
        self.addWidget(self.full)

    @property
    def comparing(self) -> bool:
        """Whether the comparison is shown."""
        return self.currentWidget() is self.full

    def compare(self, entries: Sequence[Entry]) -> None:
        """Shows the comparison of these runs."""
        self.setCurrentWidget(self.full)
        self.full.show_runs(entries)
        self.full.setFocus()

    def show_chosen(self, entries: Sequence[Entry]) -> None:
        """Takes the runs that are ticked now, where they are compared."""
        if self.comparing:
            self.full.show_runs(entries)

    def show_list(self) -> None:
        """Goes back to the list of runs."""
        self.setCurrentIndex(0)
