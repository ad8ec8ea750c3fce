"""How well each class is recognised: a line a class, the worst first, sorted by a click on the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.engine.results.report import ClassRow
from app.ui.amounts import percent_text
from app.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (
    ("Class", "The classes of the data."),
    ("Found", "Recall: of the pictures of this class, the share that it recognised."),
    ("Right", "Precision: of the pictures that it gave this name, the share that it was right on."),
    ("F1", "Found and right in one figure (their harmonic mean)."),
    ("Pictures", "How many pictures of this class were judged."),
)
NAME, RECALL, PRECISION, F1, COUNT = range(5)


class _Model(QAbstractTableModel):
    """Rows of the report in the order of a column."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._given: tuple[tuple[int, ClassRow], ...] = ()
        self.rows: list[tuple[int, ClassRow]] = []
        """(class number, row)"""
        self._order = (RECALL, Qt.SortOrder.AscendingOrder)

    def show(self, rows: Sequence[ClassRow]) -> None:
        self._given = tuple(enumerate(rows))
        self.sort(*self._order)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Column -1 is the order of the data."""
        self.beginResetModel()
        self._order = (column, order)
        self.rows = list(self._given)
        if column >= 0:
            self.rows.sort(key=lambda row: _key(row[1], column), reverse=order is Qt.SortOrder.DescendingOrder)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()][1], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return text_of(row, column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.name}: {COLUMNS[column][0].lower()} {text_of(row, column)}" if column else row.name
        return None


def _key(row: ClassRow, column: int) -> Any:
    """What is not defined (a class never said, or without pictures) comes before the worst."""
    if column == NAME:
        return row.name.casefold()
    value = {RECALL: row.recall, PRECISION: row.precision, F1: row.f1, COUNT: row.count}[column]
    return -1.0 if value is None else float(value)


def text_of(row: ClassRow, column: int) -> str:
    """A cell in words; a dash where the figure is not defined. A decimal only where enough were judged to mean it."""
    if column == NAME:
        return row.name
    if column == COUNT:
        return f"{row.count:,}"
    return percent_text(
        {RECALL: row.recall, PRECISION: row.precision, F1: row.f1}[column], 1 if row.count >= 500 else 0
    )


class _Painter(QStyledItemDelegate):
    """Text over a quiet bar to scale."""

    def __init__(self, theme: Theme, table: ClassTable) -> None:
        super().__init__(table)
        self._theme, self._table = theme, table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self._theme.px(56), self._theme.px(26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, row = self._theme, self._table.model_.rows[index.row()][1]
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        column = index.column()
        painter.save()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.fillRect(box, theme.color("accent_tint" if chosen else "surface"))
        inner = box.adjusted(theme.px(6), 0, -theme.px(6), 0)
        share = {RECALL: row.recall, PRECISION: row.precision, F1: row.f1}.get(column)
        if share is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            high = theme.px(3)
            track = QRectF(inner.left(), box.bottom() - high - 1, inner.width(), high)
            painter.fillRect(track, theme.color("track"))
            role = "training" if share >= 0.5 else "validation"
            painter.fillRect(QRectF(track.left(), track.top(), track.width() * share, high), theme.color(role))
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("text" if column == NAME or share is not None else "secondary"))
        side = Qt.AlignmentFlag.AlignLeft if column == NAME else Qt.AlignmentFlag.AlignRight
        text = painter.fontMetrics().elidedText(text_of(row, column), Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner.adjusted(0, 0, 0, -theme.px(2)), side | Qt.AlignmentFlag.AlignVCenter, text)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color("accent"))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.restore()


class ClassTable(QTableView):
    """picked(class number): a line was clicked, or Enter pressed on it."""

    picked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.model_ = _Model(self)
        self.setObjectName("results.classes")
        self.setAccessibleName("Figures per class")
        self.setModel(self.model_)
        self.setItemDelegate(_Painter(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSortIndicator(RECALL, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.sortIndicatorChanged.connect(self.model_.sort)
        self.clicked.connect(self._pick)
        self.activated.connect(self._pick)
        theme.changed.connect(self._measure)
        self._measure()

    def show_classes(self, rows: Sequence[ClassRow]) -> None:
        self.model_.show(rows)

    def csv(self) -> bytes:
        """The table as shown. With a byte order mark, so that spreadsheets read every name rightly."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(["class", "recall", "precision", "f1", "pictures", "named so"])
        for _, row in self.model_.rows:
            shares = ["" if value is None else f"{value:.6f}" for value in (row.recall, row.precision, row.f1)]
            writer.writerow([row.name, *shares, row.count, row.predicted])
        return text.getvalue().encode("utf-8-sig")

    def _pick(self, index: QModelIndex) -> None:
        self.picked.emit(self.model_.rows[index.row()][0])

    def _measure(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._theme.px(26))
        self._widths()
        self.viewport().update()

    def _widths(self) -> None:
        px, header, room = self._theme.px, self.horizontalHeader(), self.viewport().width()
        widths = {RECALL: px(66), PRECISION: px(60), F1: px(56), COUNT: px(68)}
        header.resizeSection(NAME, max(px(72), room - sum(widths.values())))
        for column, width in widths.items():
            header.resizeSection(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widths()
