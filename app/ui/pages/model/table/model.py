"""The blocks as a model of Qt: what each cell shows and says, and what typing into it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.table.cells import (
    EDITABLE,
    GIVES,
    HEADS,
    KIND,
    NAME,
    PARAMETERS,
    BlockRow,
    rows_of,
    with_text,
)
from app.ui.text.literal import tooltip
from models.graph import GraphError

if TYPE_CHECKING:
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex


class BlockTableModel(QAbstractTableModel):
    """A row for each block of the open network. refused(sentence): a text was not taken."""

    refused = Signal(str)

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._theme = theme
        self.rows: tuple[BlockRow, ...] = ()

    def refresh(self, measured: Measured | None) -> None:
        """Shows the open network. Rows of the same blocks stay, so that nothing jumps."""
        graph = open_graph(self._document)
        rows = rows_of(graph, measured) if graph is not None else ()
        if rows == self.rows:
            return

        if [row.node.name for row in rows] == [row.node.name for row in self.rows]:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(HEADS) - 1))
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def row_of(self, name: str) -> int:
        """Returns the row of a block; -1 where there is none of that name."""
        return next((at for at, row in enumerate(self.rows) if row.node.name == name), -1)

    # --- what Qt asks

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)

        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in EDITABLE else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None

        row = self.rows[index.row()]
        column = index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.text(column)
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(row.text(column))
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken(column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ForegroundRole:
                troubled = bool(row.trouble) and column in (NAME, GIVES)
                return self._theme.color("problem" if troubled else "text")

        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Takes a typed text, or of the kind what the list gave, as one step of undo."""
        graph = open_graph(self._document)
        if role != Qt.ItemDataRole.EditRole or graph is None or index.row() >= len(self.rows):
            return False

        row = self.rows[index.row()]
        if index.column() != KIND and str(value).strip() == row.text(index.column()):
            return True

        from models.typed_edits import with_kind  # noqa: PLC0415 - it loads torch

        try:
            changed = (
                with_kind(graph, row.node.name, value)
                if index.column() == KIND
                else with_text(graph, row.node.name, index.column(), str(value))
            )
        except GraphError as error:
            self.refused.emit(f"Not changed: {error.message}")
            return False

        self.refused.emit("")
        set_graph(self._document, changed)
        return True


def _alignment(column: int) -> Qt.AlignmentFlag:
    right = Qt.AlignmentFlag.AlignRight if column == PARAMETERS else Qt.AlignmentFlag.AlignLeft
    return right | Qt.AlignmentFlag.AlignVCenter
