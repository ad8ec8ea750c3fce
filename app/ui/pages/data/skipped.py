"""Skipped files: what was left out, and why.

Junk that nobody would miss is folded away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.engine.data.names import natural_key
from app.engine.text import count_text
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Skipped
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
ORDER = Qt.ItemDataRole.UserRole
"""The role of the place by which a column is sorted."""

HEADS = ("File or row", "Why it is left out")


class _Files(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.files: Sequence[Skipped] = ()
        self._ranks: list[list[int]] = [[], []]
        """Places of the files in natural order, by column: row 9 comes before row 10."""

    def show(self, files: Sequence[Skipped]) -> None:
        self.beginResetModel()
        self.files = files
        self._ranks = [
            _ranks([item.path for item in files]),
            _ranks([item.reason for item in files]),
        ]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.files)

    def columnCount(self, _parent: Index | None = None) -> int:
        return len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return HEADS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == ORDER:
            return self._ranks[index.column()][index.row()]
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None

        item = self.files[index.row()]
        text = item.path if index.column() == 0 else item.reason
        return tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else text


def _ranks(texts: Sequence[str]) -> list[int]:
    """Returns the place of each text in natural order; equal ones share theirs."""
    places = {text: place for place, text in enumerate(sorted(set(texts), key=natural_key))}
    return [places[text] for text in texts]


class SkippedFiles(QWidget):
    """A table that can be sorted, and above it the other notes on the data."""

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._theme = theme
        self._notes = Label()
        self._notes.setObjectName("data.notes")
        self._notes.setWordWrap(True)
        self._notes.setTextFormat(Qt.TextFormat.PlainText)
        self._notes_card = Card("Notes", "what was done while reading")
        self._notes_card.body.addWidget(self._notes)
        card = Card("Left out", "these are neither trained on nor judged")
        self._ignored = QCheckBox()
        self._ignored.setObjectName("data.ignored")
        self._ignored.setToolTip(
            "Files of other kinds, such as notes, and system files, such as Thumbs.db."
        )
        self._ignored.toggled.connect(self.refresh)
        card.tools.addWidget(self._ignored)
        self._files = _Files(self)
        order = QSortFilterProxyModel(self)
        order.setSourceModel(self._files)
        order.setSortRole(ORDER)
        self.table = QTableView()
        self.table.setObjectName("data.skipped")
        self.table.setAccessibleName("Skipped files and why")
        self.table.setModel(order)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._none = Label("Everything could be read.")
        style(self._none, "secondary")
        card.body.addWidget(self._none)
        card.body.addWidget(self.table, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self._notes_card)
        column.addWidget(card, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def refresh(self) -> None:
        description = self._document.description
        if description is None:
            return

        junk = sum(item.ignored for item in description.skipped)
        shown = [
            item for item in description.skipped if self._ignored.isChecked() or not item.ignored
        ]
        self._files.show(shown)
        self.table.setVisible(bool(shown))
        self._none.setVisible(not shown)
        self._ignored.setVisible(bool(junk))
        self._ignored.setText(f"show {count_text(junk, 'ignored file')}")
        notes = [note for note in (description.contradictions, *description.notes) if note]
        self._notes_card.setVisible(bool(notes))
        self._notes.setText("\n".join(notes))

    def _restyle(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(self._theme.px(28))
        self.table.horizontalHeader().resizeSection(0, self._theme.px(260))
