"""Any report, without knowing it: its figures in a line, its details as a table, its worst rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from app.engine.data.nouns import counted
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.example_gallery import ExampleGallery, GalleryExample
from app.ui.pages.results.views.base import ResultsView
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.results.reports import Listing
    from app.ui.pages.results.selection import ViewContent


class GenericView(ResultsView):
    """Shows the report's line and listing on the left, and what it calls its worst on the right."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.line = Label()
        self.line.setObjectName("results.line")
        self.line.setWordWrap(True)
        style(self.line, "row")

        self.table = QTableWidget()
        self.table.setObjectName("results.listing")
        self.table.setAccessibleName("The figures in detail")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setFrameShape(QTableWidget.Shape.NoFrame)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()

        self.figures = Card("Figures", "in detail")
        self.figures.setObjectName("results.listing.card")
        self.figures.body.addWidget(self.line)
        self.figures.body.addWidget(self.table, 1)

        self.gallery = ExampleGallery(parts.theme)
        self.gallery.wanted.connect(self.data_wanted)
        self.examples = Card("Worst")
        self.examples.setObjectName("results.side")
        self.examples.body.addWidget(self.gallery, 1)

        self.add(self.figures, 11)
        self.add(self.examples, 10)

    def fill(self, content: ViewContent) -> None:
        report = content.report
        self.figures.set_why(counted(content.kind, report.count))
        self.line.setText(report.line())
        self._show_listing(report.listing())

        worst = report.worst()
        self.examples.title.setText(report.worst_title)
        self.examples.setVisible(bool(worst))
        self.gallery.show_data(content.dataset, content.missing, content.offer)
        self.gallery.show_examples([GalleryExample(row, text) for row, text in worst], "", "")

    def _show_listing(self, listing: Listing | None) -> None:
        self.table.setVisible(listing is not None)
        if listing is None:
            return

        self.table.setColumnCount(len(listing.columns))
        self.table.setHorizontalHeaderLabels(list(listing.columns))
        self.table.setRowCount(len(listing.rows))

        for row, cells in enumerate(listing.rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                left = column in listing.to_left
                side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)

        self.table.resizeColumnsToContents()

    def guide(self) -> list[GuideCard]:
        text = "The figures of the chosen split, and the examples that went wrong most."
        return [GuideCard("What you see", text)]
