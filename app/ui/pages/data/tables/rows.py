"""The first rows of a table as they stand in the file, with the target's column marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from app.engine.sources.tables.preview import TablePreview
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
WIDEST = 180
"""Most width of a column in pixels at 100 %."""

LETTERS = 200
"""Most letters of a cell that are handed to the view."""


class _Rows(QAbstractTableModel):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.preview: TablePreview | None = None

    def show(self, preview: TablePreview) -> None:
        self.beginResetModel()
        self.preview = preview
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return (
            0
            if self.preview is None or (parent is not None and parent.isValid())
            else len(self.preview.rows)
        )

    def columnCount(self, parent: Index | None = None) -> int:
        return (
            0
            if self.preview is None or (parent is not None and parent.isValid())
            else len(self.preview.columns)
        )

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if self.preview is None:
            return None

        if role == Qt.ItemDataRole.TextAlignmentRole and orientation == Qt.Orientation.Horizontal:
            number = self.preview.columns[section].kind == "number"
            side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)

        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return self.preview.columns[section].name

        return self.preview.row_names[section].removeprefix("row ")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        assert self.preview is not None

        column = self.preview.columns[index.column()]
        cell = self.preview.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(cell[:LETTERS].split())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(f"{column.name}: {cell[:1000] or 'no value'}")
        if role == Qt.ItemDataRole.TextAlignmentRole and column.kind == "number":
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and column.role == "ignore":
            return self._theme.color("disabled")
        if role == Qt.ItemDataRole.BackgroundRole and column.role == "target":
            return self._theme.color("accent_tint")

        return None


class RowTable(QTableView):
    """Twenty rows; columns that are ignored are grey."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows = _Rows(theme, self)
        self.setModel(self._rows)
        self.setObjectName("data.rows")
        self.setAccessibleName("The first rows of the table")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)
        self.setCornerButtonEnabled(False)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_preview(self, preview: TablePreview) -> None:
        self._rows.show(preview)
        self._fit()

    def _fit(self) -> None:
        for number in range(min(self._rows.columnCount(), 200)):
            wanted = max(
                self.sizeHintForColumn(number), self.horizontalHeader().sectionSizeHint(number)
            )
            self.setColumnWidth(number, min(wanted + self._theme.px(4), self._theme.px(WIDEST)))

    def _restyle(self) -> None:
        self.setFont(self._theme.font(12))
        self.verticalHeader().setDefaultSectionSize(self._theme.px(24))
        self._fit()
