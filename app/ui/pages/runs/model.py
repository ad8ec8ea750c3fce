"""The runs as rows of a table, and each cell in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.engine.learning.metrics import metric_text
from app.engine.text import UNKNOWN, duration_text, number_text
from app.ui.pages.runs.entries import Entry, common_metric
from app.ui.text.literal import tooltip
from app.ui.text.run_names import moment_text

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
RUN, BEST, LOSS, TIME, NOTE = range(5)
COLUMNS = ("Run", "Figure", "Validation loss", "Time", "Note")


class RunsModel(QAbstractTableModel):
    """Entries as rows.

    renamed(path, name) and noted(path, text): a person edited a cell.
    """

    renamed = Signal(object, str)
    noted = Signal(object, str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.entries: list[Entry] = []
        self._given: list[Entry] = []
        self._order = (-1, Qt.SortOrder.AscendingOrder)

    def show(self, entries: list[Entry]) -> None:
        """Shows these runs (newest first) in the order chosen by a click on the header."""
        self._given = list(entries)
        self.layoutAboutToBeChanged.emit()
        chosen = [(index, self.entries[index.row()].path) for index in self.persistentIndexList()]
        self.entries = list(entries)

        column, order = self._order
        if column >= 0:
            self.entries.sort(
                key=lambda entry: _key(entry, column), reverse=order is Qt.SortOrder.DescendingOrder
            )

        rows = {entry.path: row for row, entry in enumerate(self.entries)}
        for index, path in chosen:
            self.changePersistentIndex(
                index, self.index(rows[path], index.column()) if path in rows else QModelIndex()
            )

        self.layoutChanged.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; -1 is the newest first."""
        self._order = (column, order)
        self.show(self._given)

    def row_of(self, path: Path | None) -> int:
        return next((row for row, entry in enumerate(self.entries) if entry.path == path), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None

        if role == Qt.ItemDataRole.DisplayRole:
            metric = common_metric(self.entries) if section == BEST else None
            name = metric.label if metric is not None else ""  # each row says of which epoch
            return f"{name[:1].upper()}{name[1:]}" if name else COLUMNS[section]

        if role == Qt.ItemDataRole.ToolTipRole and section == BEST:
            return tooltip(
                "On validation, at the best epoch: the one with the lowest validation loss, "
                "unless the run is judged by this figure."
            )

        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in (RUN, NOTE) else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.entries):
            return None

        entry = self.entries[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.EditRole:
            return entry.name if column == RUN else entry.note
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell_text(entry, column)

        if role == Qt.ItemDataRole.ToolTipRole:
            if column == RUN:
                return tooltip("\n".join(part for part in (str(entry.path), entry.reason) if part))
            return tooltip(entry.note if column == NOTE else cell_text(entry, column))

        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry = self.entries[index.row()]
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False

        if index.column() == RUN and text and text != entry.name:
            self.renamed.emit(entry.path, text)
        elif index.column() == NOTE and text != entry.note:
            self.noted.emit(entry.path, text)

        return False  # the list is read again once it is done


def _key(entry: Entry, column: int) -> Any:
    numbers = {BEST: entry.figure, LOSS: entry.loss, TIME: entry.seconds}
    if column in numbers:
        value = numbers[column]
        return -math.inf if value is None else value

    return entry.name.casefold() if column == RUN else entry.note.casefold()


def cell_text(entry: Entry, column: int) -> str:
    """Returns a cell in words, for screen readers, tests and the clipboard."""
    if column == RUN:
        return f"{entry.name}: {entry.status_words}, {when(entry)}"
    if column == BEST:
        return f"{best_text(entry)}{epoch_words(entry)}"
    if column == LOSS:
        return number_text(entry.loss)

    return duration_text(entry.seconds) if column == TIME else entry.note


def best_text(entry: Entry) -> str:
    """Returns the metric at the best epoch as a person reads it."""
    return metric_text(entry.metric.name, entry.figure) if entry.figure is not None else UNKNOWN


def when(entry: Entry) -> str:
    """Returns when a run began, with the year if it is not this one."""
    return moment_text(entry.started)


def epoch_words(entry: Entry) -> str:
    """Returns ", epoch 3 of 10" for the best epoch; "" where there is none."""
    if not entry.best_epoch:
        return ""

    total = max(entry.epochs or 0, len(entry.losses))
    return f", epoch {entry.best_epoch} of {total}"
