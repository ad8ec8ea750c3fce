"""Answers beside their examples as a table, read from the disk as far as it is in view."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.engine.data.names import visible
from app.engine.data.numbers import plain
from app.engine.errors import UserError
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter, QResizeEvent

    from app.engine.predicting.answer_store import AnswerStore, KeptRow
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex

PROBLEM = "Problem"
NO_ANSWER = "–"

NARROWEST = 72
WIDEST = 260
NAME = 320
"""Widths of columns at 100 %: the least, the most, and the most of the names of files."""

ROW = 28
"""Height of a row at 100 %."""

SIDE = 5
"""Room at the left of a cell at 100 %, as headings have it."""

MEASURED = 40
"""Rows whose texts decide how wide the columns are."""


class AnswersModel(QAbstractTableModel):
    """The rows of a store: of a table the answer first and then its cells, else the name first.

    only_told: whether only rows with a problem are shown.
    """

    def __init__(self, theme: Theme, parent: QTableView) -> None:
        super().__init__(parent)
        self._theme = theme
        self.store: AnswerStore | None = None
        self.only_told = False
        self._count = 0
        self._titles: list[str] = []
        self._problem = -1
        self._folder = ""
        self._row: tuple[int, list[str]] = (-1, [])

    def show(self, store: AnswerStore | None, only_told: bool, folder: str) -> bool:
        """Shows what a store holds by now; returns whether other columns or rows are shown.

        folder: in which the files are, "" for several.
        """
        titles = _titles(store) if store is not None else []
        count = 0
        if store is not None:
            count = store.told if only_told else store.rows

        if store is self.store and titles == self._titles and only_told == self.only_told:
            if count > self._count:
                self.beginInsertRows(QModelIndex(), self._count, count - 1)
                self._count = count
                self.endInsertRows()
            return False

        self.beginResetModel()
        self.store = store
        self.only_told = only_told
        self._titles = titles
        self._problem = _problem_column(store)
        self._folder = os.path.join(folder, "") if folder else ""
        self._count = count
        self._row = (-1, [])
        self.endResetModel()
        return True

    @property
    def titles(self) -> list[str]:
        return self._titles

    @property
    def problem_column(self) -> int:
        """The number of the column with what is told, -1 without one."""
        return self._problem

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._count

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None

        title = visible(self._titles[section])
        return f"{title[:1].upper()}{title[1:]}"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None

        text = self.text(index.row(), index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return visible(text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(text)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == self._problem:
            return self._theme.color("problem")

        return None

    def text(self, row: int, column: int) -> str:
        """Returns a cell as text."""
        if self._row[0] != row:
            self._row = (row, self._cells(row))

        return self._row[1][column]

    def _cells(self, row: int) -> list[str]:
        assert self.store is not None
        place = self.store.told_rows[row] if self.only_told else row
        try:
            kept = self.store.row(place)
        except UserError as error:  # the disk of temporary files is gone
            return [str(error), *[""] * (len(self._titles) - 1)]

        cells = _cells_of(self.store, kept, self._problem >= 0)
        cells[0] = cells[0].removeprefix(self._folder)
        return cells


def _titles(store: AnswerStore) -> list[str]:
    problem = [PROBLEM] if store.told else []
    if len(store.heads) == 1:
        return [*store.heads, *store.columns, *problem]

    return [*store.columns, *problem, *store.heads]


def _problem_column(store: AnswerStore | None) -> int:
    """Returns the number of the title over what is told, -1 without one."""
    if store is None or not store.told:
        return -1

    return len(store.columns) + (len(store.heads) if len(store.heads) == 1 else 0)


def _cells_of(store: AnswerStore, kept: KeptRow, told: bool) -> list[str]:
    """Returns a row in the order of the titles."""
    example = [_text(cell) for cell in kept.example]
    answer = kept.answer if kept.answer is not None else [NO_ANSWER] * len(store.columns)
    answers = [_text(cell) for cell in answer]
    problem = [kept.problem] if told else []
    if len(store.heads) == 1:
        return [*example, *answers, *problem]

    return [*answers, *problem, *example]


def _text(cell: Any) -> str:
    if cell is None:
        return ""

    return plain(cell) if isinstance(cell, float) else str(cell)


class _Painter(QStyledItemDelegate):
    """Draws cells under their headings; of names the middle is left out where room is short."""

    def __init__(self, theme: Theme, answers: AnswersModel, parent: QTableView) -> None:
        super().__init__(parent)
        self._theme = theme
        self._answers = answers

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())

        side = self._theme.px(SIDE)
        option.rect = option.rect.adjusted(side, 0, -side // 2, 0)
        super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        told = index.column() == self._answers.problem_column
        mode = Qt.TextElideMode.ElideRight if told else Qt.TextElideMode.ElideMiddle
        option.textElideMode = mode


class AnswersTable(QTableView):
    """The table. Its columns are as wide as what stands in the first rows."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.answers = AnswersModel(theme, self)
        self.setObjectName("predict.table")
        self.setAccessibleName("Answers")
        self.setModel(self.answers)
        self.setItemDelegate(_Painter(theme, self.answers, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)

    def show_store(
        self, store: AnswerStore | None, only_told: bool = False, folder: str = ""
    ) -> None:
        """Shows what a store holds by now; names in a folder are shown without it."""
        other = self.answers.show(store, only_told, folder)
        if other or self.answers.rowCount() <= MEASURED:
            self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _measure(self) -> None:
        px = self._theme.px
        model = self.answers
        metrics = self.fontMetrics()
        head = self.horizontalHeader().fontMetrics()
        named = model.store is not None and len(model.store.heads) == 1
        for column, title in enumerate(model.titles):
            rows = range(min(MEASURED, model.rowCount()))
            widths = [metrics.horizontalAdvance(model.text(row, column)) for row in rows]
            wanted = max([head.horizontalAdvance(title), *widths]) + px(28)
            most = px(NAME if named and column == 0 else WIDEST)
            self.setColumnWidth(column, max(px(NARROWEST), min(most, wanted)))
