"""A table of figures, sorted by a click on a heading, with bars under shares."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.engine.csv_cells import csv_row
from app.ui.text.literal import tooltip
from app.ui.text.short_names import alike
from app.ui.widgets.row_states import RowStates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPainter, QResizeEvent

    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex

NAMES = 80
"""The least width of the first column at 100 %."""


@dataclass(frozen=True)
class Column:
    """A column.

    words: gives a cell as text. bar: a share of 1 has a bar to scale under it. width: at 100 %; 0
    takes what is left. plain: its name in a file. spare: it gives way where there is little room.
    prose: what does not fit is cut at its end, not in the middle as of names.
    """

    title: str
    tip: str
    words: Callable[[Any], str] = str
    bar: bool = False
    width: int = 64
    plain: str = ""
    spare: bool = False
    prose: bool = False


@dataclass(frozen=True)
class Line:
    """A line.

    key: what `picked` sends. cells: a value for each column, None where it is not defined. tip: of
    the whole line.
    """

    key: int
    cells: tuple[Any, ...]
    tip: str = ""


class _Model(QAbstractTableModel):
    """Holds the lines in the order of a column."""

    def __init__(
        self, parent: QWidget, columns: Sequence[Column], order: tuple[int, Qt.SortOrder]
    ) -> None:
        super().__init__(parent)
        self.columns = list(columns)
        self._lines: tuple[Line, ...] = ()
        self.rows: list[Line] = []
        self.names: tuple[str, ...] = ()
        """The first column of every line."""
        self._order = order

    def show(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self.names = tuple(self.text(line, 0) for line in lines)
        self.sort(*self._order)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; -1 is the order in which the lines were given."""
        self.beginResetModel()
        self._order = (column, order)

        self.rows = list(self._lines)
        if column >= 0:
            self.rows.sort(
                key=lambda line: _key(line.cells[column]),
                reverse=order is Qt.SortOrder.DescendingOrder,
            )

        self.endResetModel()

    def text(self, line: Line, column: int) -> str:
        return self.columns[column].words(line.cells[column])

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._head(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self.columns[section].tip)

        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)

        return None

    def _head(self, section: int) -> str:
        """Returns a title; an arrow says which way its column is sorted.

        Qt's own arrow stands at the right, so that a title would not stand over its values.
        """
        title = self.columns[section].title
        column, order = self._order
        if section != column:
            return title

        arrow = "▴" if order is Qt.SortOrder.AscendingOrder else "▾"
        return f"{arrow} {title}" if section else f"{title} {arrow}"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None

        line = self.rows[index.row()]
        column = index.column()

        text = self.text(line, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return text

        spoken = (
            f"{self.text(line, 0)}: {self.columns[column].title.lower()} {text}" if column else text
        )
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(line.tip or spoken)

        return None


def _key(value: Any) -> Any:
    """Returns what a value is sorted by: names without case, None before the least."""
    if isinstance(value, str):
        return value.casefold()

    return float("-inf") if value is None else float(value)


class _Painter(QStyledItemDelegate):
    """Paints a text over a quiet bar to scale."""

    def __init__(self, theme: Theme, table: FigureTable) -> None:
        super().__init__(table)
        self._theme = theme
        self._table = table
        self._states = RowStates(theme, table)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self._theme.px(56), self._theme.px(26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = self._theme
        model = self._table.model_
        line = model.rows[index.row()]
        column = index.column()
        box: QRect = option.rect
        painter.save()
        self._states.paint_ground(painter, box, index)
        inner = box.adjusted(theme.px(8), 0, -theme.px(8), 0)
        bar = model.columns[column].bar

        value = line.cells[column]
        if bar and value is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            high = theme.px(3)
            share = min(1.0, max(0.0, float(value)))
            track = QRectF(inner.left(), box.bottom() - high - 1, inner.width(), high)
            painter.fillRect(track, theme.color("track"))
            role = "training" if share >= 0.5 else "validation"
            painter.fillRect(
                QRectF(track.left(), track.top(), track.width() * share, high), theme.color(role)
            )

        painter.setFont(theme.font(12))
        painter.setPen(
            theme.color("text" if column == 0 or (bar and value is not None) else "secondary")
        )
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        names = column == 0 and not model.columns[column].prose
        metrics = painter.fontMetrics()
        text = model.text(line, column)
        if names:
            text = alike(model.names).short(text, metrics, inner.width())
        else:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())

        painter.drawText(
            inner.adjusted(0, 0, 0, -theme.px(2)), side | Qt.AlignmentFlag.AlignVCenter, text
        )

        self._states.paint_focus(painter, box, index)
        painter.restore()


class FigureTable(QTableView):
    """A table of figures; the first column takes what room is left.

    picked(key): a line was clicked, or Enter pressed on it. order: the column that it is sorted by
    at first; -1 leaves the order given. falling: from the largest to the smallest.
    """

    picked = Signal(int)

    def __init__(
        self,
        theme: Theme,
        name: str,
        spoken: str,
        columns: Sequence[Column],
        order: int = -1,
        falling: bool = False,
    ) -> None:
        super().__init__()
        self._theme = theme
        way = Qt.SortOrder.DescendingOrder if falling else Qt.SortOrder.AscendingOrder
        self.model_ = _Model(self, columns, (order, way))
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setModel(self.model_)
        self.setItemDelegate(_Painter(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSortIndicator(order, way)
        header.setSortIndicatorShown(False)  # the titles show it
        header.setSortIndicatorClearable(True)
        header.sortIndicatorChanged.connect(self.model_.sort)
        self.clicked.connect(self._pick)
        self.activated.connect(self._pick)
        theme.changed.connect(self._measure)
        self._measure()

    def show_lines(self, lines: Sequence[Line]) -> None:
        self.model_.show(lines)

    def choose(self, key: int) -> None:
        """Selects the line of this key; `picked` is not sent."""
        row = next((number for number, line in enumerate(self.model_.rows) if line.key == key), -1)
        if row >= 0:
            self.setCurrentIndex(self.model_.index(row, 0))

    def csv(self) -> bytes:
        """Returns the table as shown, as a file.

        It has a byte order mark, so that spreadsheets read every name rightly.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        heads = (column.plain or column.title.lower() for column in self.model_.columns)
        writer.writerow(csv_row(heads))

        for line in self.model_.rows:
            writer.writerow(csv_row(_plain(cell) for cell in line.cells))

        return text.getvalue().encode("utf-8-sig")

    def _pick(self, index: QModelIndex) -> None:
        self.picked.emit(self.model_.rows[index.row()].key)

    def _measure(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._theme.px(26))
        self._set_widths()
        self.viewport().update()

    def _set_widths(self) -> None:
        px = self._theme.px
        header = self.horizontalHeader()
        room = self.viewport().width()
        columns = self.model_.columns
        tight = px(NAMES) + sum(px(column.width) for column in columns[1:]) > room

        shown = [
            number
            for number, column in enumerate(columns)
            if number and not (tight and column.spare)
        ]
        for number, column in enumerate(columns):
            header.setSectionHidden(number, bool(number) and number not in shown)
            header.resizeSection(number, px(column.width))

        header.resizeSection(
            0, max(px(NAMES), room - sum(px(columns[number].width) for number in shown))
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_widths()


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, float):
        return str(cell)

    return f"{cell:.6f}".rstrip("0").rstrip(".")  # 5.1, not 5.100000
