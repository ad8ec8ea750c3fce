"""The list of runs: a line each, with its state, best figure, the fall of its validation loss and a note."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui.amounts import UNKNOWN, number_text, percent_text, time_text
from app.ui.assets import icon
from app.ui.pages.runs.entries import Entry
from app.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
RUN, BEST, LOSS, TIME, NOTE = range(5)
COLUMNS = ("Run", "Best accuracy", "Validation loss", "Time", "Note")
MOST_COMPARED = 5
ICONS = {
    "running": ("mdi6.progress-clock", "accent"),
    "interrupted": ("warning", "warning"),
    "completed": ("good", "best"),
    "stopped": ("mdi6.stop-circle-outline", "secondary"),
    "failed": ("problem", "problem"),
    "diverged": ("mdi6.chart-line-variant", "problem"),
}


class RunsModel(QAbstractTableModel):
    """Entries as rows. renamed(path, name) and noted(path, text): a person edited a cell."""

    renamed = Signal(object, str)
    noted = Signal(object, str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.entries: list[Entry] = []
        self._given: list[Entry] = []
        self._order = (-1, Qt.SortOrder.AscendingOrder)

    def show(self, entries: list[Entry]) -> None:
        """Show these runs (newest first) in the order chosen by a click on the header."""
        self._given = list(entries)
        self.layoutAboutToBeChanged.emit()
        kept = [(index, self.entries[index.row()].path) for index in self.persistentIndexList()]
        self.entries = list(entries)
        column, order = self._order
        if column >= 0:
            self.entries.sort(key=lambda entry: _key(entry, column), reverse=order is Qt.SortOrder.DescendingOrder)
        rows = {entry.path: row for row, entry in enumerate(self.entries)}
        for index, path in kept:
            self.changePersistentIndex(index, self.index(rows[path], index.column()) if path in rows else QModelIndex())
        self.layoutChanged.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; column -1 is the newest first."""
        self._order = (column, order)
        self.show(self._given)

    def row_of(self, path: Path | None) -> int:
        return next((row for row, entry in enumerate(self.entries) if entry.path == path), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in (RUN, NOTE) else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.EditRole:
            return entry.name if column == RUN else entry.note
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell_text(entry, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == RUN:
                return "\n".join(part for part in (str(entry.path), entry.reason) if part)
            return entry.note if column == NOTE else cell_text(entry, column)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry, text = self.entries[index.row()], str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        if index.column() == RUN and text and text != entry.name:
            self.renamed.emit(entry.path, text)
        elif index.column() == NOTE and text != entry.note:
            self.noted.emit(entry.path, text)
        return False  # the list is read again once it is done


def _key(entry: Entry, column: int) -> Any:
    numbers = {BEST: entry.accuracy, LOSS: entry.loss, TIME: entry.seconds}
    if column in numbers:
        value = numbers[column]
        return -math.inf if value is None else value
    return entry.name.casefold() if column == RUN else entry.note.casefold()


def cell_text(entry: Entry, column: int) -> str:
    """A cell in words: for readers of the screen, tests, and the clipboard."""
    if column == RUN:
        return f"{entry.name}: {entry.status_words}, {when(entry)}"
    if column == BEST:
        return f"{percent_text(entry.accuracy)}{epoch_words(entry)}"
    if column == LOSS:
        return number_text(entry.loss)
    return time_text(entry.seconds) if column == TIME else entry.note


def when(entry: Entry) -> str:
    year = "" if entry.started.year == datetime.now().year else " %Y"
    return f"{entry.started.day} {entry.started.strftime(f'%b{year}, %H:%M')}"


def epoch_words(entry: Entry) -> str:
    if not entry.best_epoch:
        return ""
    total = max(entry.epochs or 0, len(entry.losses))
    return f", epoch {entry.best_epoch} of {total}"


class RunPainter(QStyledItemDelegate):
    """Paints a cell of the list: two lines, the second one quiet; the loss as a small curve."""

    def __init__(self, theme: Theme, table: RunsTable) -> None:
        super().__init__(table)
        self._theme, self._table = theme, table
        self._icons: dict[tuple[str, str], QIcon] = {}
        theme.changed.connect(self._icons.clear)

    def _icon(self, name: str, role: str) -> QIcon:
        if (name, role) not in self._icons:
            self._icons[name, role] = icon(self._theme, name, role)
        return self._icons[name, role]

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(48))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, entry = self._theme, self._table.runs.entries[index.row()]
        box: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.fillRect(box, theme.color("accent_tint" if chosen else "surface"))
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLine(QPointF(box.left(), box.bottom() + 0.5), QPointF(box.right() + 1, box.bottom() + 0.5))
        inner = box.adjusted(theme.px(8), theme.px(5), -theme.px(8), -theme.px(5))
        if index.column() == RUN:
            self._run(painter, inner, entry, chosen)
        elif index.column() == BEST:
            self._lines(painter, inner, percent_text(entry.accuracy), epoch_words(entry).removeprefix(", "))
        elif index.column() == LOSS:
            self._curve(painter, inner, entry)
        elif index.column() == TIME:
            self._lines(painter, inner, time_text(entry.seconds), "")
        else:
            self._note(painter, inner, entry.note)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(QRectF(box).adjusted(1, 1, -1, -1.5))
        painter.restore()

    def _run(self, painter: QPainter, box: QRect, entry: Entry, chosen: bool) -> None:
        theme, side = self._theme, self._theme.px(16)
        check = QRectF(box.left(), box.center().y() - side / 2 + 1, side, side)
        painter.setPen(QPen(theme.color("accent" if chosen else "line"), 1.5))
        painter.setBrush(QBrush(theme.color("accent")) if chosen else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(check, theme.px(4), theme.px(4))
        if chosen:
            tick = check.adjusted(2, 2, -2, -2).toRect()
            self._icon("check", "on_accent").paint(painter, tick)
        name, role = ICONS.get(entry.status, ICONS["failed"])
        mark = QRect(box.left() + theme.px(26), box.center().y() - theme.px(9), theme.px(20), theme.px(20))
        self._icon(name, role).paint(painter, mark)
        text = box.adjusted(theme.px(54), 0, 0, 0)
        self._lines(painter, text, entry.name, f"{entry.status_words} · {when(entry)}", bold=True)

    def _lines(self, painter: QPainter, box: QRect, first: str, second: str, bold: bool = False) -> None:
        theme = self._theme
        font, small = theme.font(14, bold), theme.font(12)
        height, below = QFontMetrics(font).height(), QFontMetrics(small).height() if second else 0
        top = box.top() + (box.height() - height - below) // 2
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        text = QFontMetrics(font).elidedText(first, Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(QRect(box.left(), top, box.width(), height), Qt.AlignmentFlag.AlignVCenter, text)
        if second:
            painter.setFont(small)
            painter.setPen(theme.color("secondary"))
            text = QFontMetrics(small).elidedText(second, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(QRect(box.left(), top + height, box.width(), below), Qt.AlignmentFlag.AlignVCenter, text)

    def _curve(self, painter: QPainter, box: QRect, entry: Entry) -> None:
        """The validation loss from its least to its greatest value; the best epoch is a ring."""
        theme = self._theme
        width = min(theme.px(96), box.width() - theme.px(48))
        known = np.flatnonzero(np.isfinite(entry.losses))
        if len(known) and width > theme.px(16):
            values = entry.losses[known]
            low, reach = float(values.min()), float(np.ptp(values)) or 1.0
            steps = max(1, len(entry.losses) - 1)
            top, tall = box.top() + theme.px(4), box.height() - theme.px(8)
            points = [
                QPointF(box.left() + 4 + (width - 8) * epoch / steps, top + tall * (1 - (value - low) / reach))
                for epoch, value in zip(known.tolist(), values.tolist(), strict=True)
            ]
            painter.setPen(QPen(theme.color("validation"), theme.px(1.5)))
            painter.drawPolyline(QPolygonF(points))
            best = entry.best_epoch - 1
            if best in known:
                point = points[int(np.searchsorted(known, best))]
                painter.setPen(QPen(theme.color("best"), theme.px(1.5)))
                painter.setBrush(theme.color("surface"))
                painter.drawEllipse(point, theme.px(3), theme.px(3))
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("secondary"))
        painter.drawText(
            box.adjusted(width + theme.px(8), 0, 0, 0),
            Qt.AlignmentFlag.AlignVCenter,
            number_text(entry.loss) if entry.loss is not None else UNKNOWN,
        )

    def _note(self, painter: QPainter, box: QRect, note: str) -> None:
        theme = self._theme
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("secondary"))
        flat = " ".join(note.split())
        metrics = QFontMetrics(painter.font())
        if metrics.horizontalAdvance(flat) <= box.width():
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, flat)
            return
        flags = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
        while flat and metrics.boundingRect(box, flags, flat).height() > box.height():
            flat = flat[: max(0, len(flat) - 12)].rstrip() + "…" if len(flat) > 12 else ""
        painter.drawText(box, flags, flat)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        box: QRect = option.rect  # type: ignore[attr-defined]
        left = self._theme.px(54) if index.column() == RUN else 0
        height = min(box.height(), self._theme.px(32))
        editor.setGeometry(box.left() + left, box.center().y() - height // 2, box.width() - left, height)


class RunsTable(QTableView):
    """Click a line to choose it; its box, or Ctrl and a click, adds it to the comparison.

    opened(): Enter or a double click. unwanted(): the Delete key.
    """

    opened = Signal()
    unwanted = Signal()
    chosen_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.runs = RunsModel(theme, self)
        self.setObjectName("runs.list")
        self.setAccessibleName("Runs")
        self.setModel(self.runs)
        self.setItemDelegate(RunPainter(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.sortIndicatorChanged.connect(self.runs.sort)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(theme.px(40))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen_changed.emit())
        self.doubleClicked.connect(self._double)
        theme.changed.connect(self._measure)
        self._measure()

    def chosen(self) -> list[Entry]:
        """The chosen runs, in the order of the list."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self.runs.entries[row] for row in rows if row < len(self.runs.entries)]

    def choose(self, paths: list[Path]) -> None:
        """Choose these runs and bring the first into view."""
        model = self.selectionModel()
        model.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for number, path in enumerate(paths):
            if (row := self.runs.row_of(path)) >= 0:
                model.select(self.runs.index(row, 0), flags)
                if not number:
                    model.setCurrentIndex(self.runs.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
                    self.scrollTo(self.runs.index(row, 0))

    def edit_cell(self, column: int) -> None:
        """Let the person edit the name or note of the current run."""
        if chosen := self.chosen():
            self.edit(self.runs.index(self.runs.row_of(chosen[0].path), column))

    def _double(self, index: QModelIndex) -> None:
        if index.column() == NOTE:
            self.edit(index)
        else:
            self.opened.emit()

    def _measure(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._theme.px(48))
        self._widths()
        self.viewport().update()

    def _widths(self) -> None:
        """All columns where there is room; in little room no note, and narrower ones."""
        px, header, room = self._theme.px, self.horizontalHeader(), self.viewport().width()
        fixed = {BEST: px(128), LOSS: px(164), TIME: px(72)}
        wide = room >= px(260 + 100) + sum(fixed.values())
        if not wide:
            fixed = {BEST: px(116), LOSS: px(124), TIME: px(64)}
        rest = max(px(200), room - sum(fixed.values()))
        name = round(rest * 0.6) if wide else rest
        self.setColumnHidden(NOTE, not wide)
        for column, width in {**fixed, RUN: name, NOTE: rest - name}.items():
            if not self.isColumnHidden(column):
                header.resizeSection(column, width)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._widths()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        in_box = event.position().x() - self.columnViewportPosition(RUN) < self._theme.px(32)
        if index.isValid() and index.column() == RUN and in_box and event.button() is Qt.MouseButton.LeftButton:
            flags = QItemSelectionModel.SelectionFlag.Toggle | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.selectionModel().select(index, flags)
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() is QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Delete and not editing:
            self.unwanted.emit()
        else:
            super().keyPressEvent(event)
