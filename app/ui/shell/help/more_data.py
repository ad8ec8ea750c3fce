"""Open data that are too large to be built in, each with the command that installs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.engine.sources.samples import MORE_DATA
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.sources.samples import OpenData

WIDTH = 560
"""Pixels at 100 %."""

LEAD = (
    "These are packages of Debian and Ubuntu. Copy the command, paste it into a terminal as an "
    "administrator (after sudo), and press Enter."
)


class MoreData(QDialog):
    """A card for each data set, with a button that copies its command. Escape closes it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help.fashion")
        self.setWindowTitle("More open data")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        style(self, "page")
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(20)] * 4)
        column.setSpacing(theme.px(12))
        heading = Label("More open data")
        style(heading, "heading")
        lead = Label(LEAD)
        lead.setWordWrap(True)
        style(lead, "secondary")
        column.addWidget(heading)
        column.addWidget(lead)

        for data in MORE_DATA:
            column.addWidget(self._card(data))

        column.addStretch(1)
        width = min(theme.px(WIDTH), parent.width() - 32)
        self.resize(width, column.totalHeightForWidth(width))

    def _card(self, data: OpenData) -> Card:
        card = Card(data.title, data.licence)
        words = Label(data.summary)
        words.setWordWrap(True)
        after = Label(data.then)
        after.setWordWrap(True)
        style(after, "secondary")
        copy = QPushButton("Copy the command")
        copy.setObjectName(f"help.more_data.{data.name}")
        copy.setAccessibleName(f"Copy the command for {data.title}")
        copy.setToolTip(tooltip(data.command))
        copy.setAutoDefault(False)
        style(copy, "small")

        def take() -> None:
            QApplication.clipboard().setText(data.command)
            copy.setText("Copied")

        copy.clicked.connect(take)
        row = QHBoxLayout()
        row.addWidget(words, 1)
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(row)
        card.body.addWidget(after)

        return card
