"""The list of runs: a line each, with state, best figure, fall of the loss, and a note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.ui.pages.runs.model import BEST, LOSS, NOTE, RUN, TIME, RunsModel
from app.ui.pages.runs.painter import RunPainter

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from app.ui.pages.runs.entries import Entry
    from app.ui.style.theme import Theme


class RunsTable(QTableView):
    """The runs as a table. A click chooses a line; its box, or Ctrl and a click, adds one.

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
        self.setItemDelegate(RunPainter(theme, self, self.runs))
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

    @property
    def full_height(self) -> int:
        """The height at which all rows are in sight, in pixels."""
        bar = self.horizontalScrollBar().sizeHint().height()
        header = self.horizontalHeader().sizeHint().height()
        return header + self.verticalHeader().length() + bar

    def chosen(self) -> list[Entry]:
        """Returns the chosen runs, in the order of the list."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self.runs.entries[row] for row in rows if row < len(self.runs.entries)]

    def chosen_paths(self) -> list[Path]:
        """Returns the folders of the chosen runs, in the order of the list."""
        return [entry.path for entry in self.chosen()]

    def choose(self, paths: list[Path]) -> None:
        """Chooses these runs and brings the first into view."""
        model = self.selectionModel()
        model.clearSelection()

        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for number, path in enumerate(paths):
            if (row := self.runs.row_of(path)) >= 0:
                model.select(self.runs.index(row, 0), flags)
                if not number:
                    model.setCurrentIndex(
                        self.runs.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate
                    )
                    self.scrollTo(self.runs.index(row, 0))

    def edit_cell(self, column: int) -> None:
        """Lets the person edit the name or note of the current run."""
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
        """Shows all columns where there is room; in little room no note, and narrower ones."""
        px = self._theme.px
        header = self.horizontalHeader()
        room = self.viewport().width()
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
        if (
            index.isValid()
            and index.column() == RUN
            and in_box
            and event.button() is Qt.MouseButton.LeftButton
        ):
            flags = (
                QItemSelectionModel.SelectionFlag.Toggle | QItemSelectionModel.SelectionFlag.Rows
            )
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
        elif event.key() == Qt.Key.Key_F2 and not editing and self.currentIndex().isValid():
            # The focus is shown on a row, not on a cell of it: F2 finds the cell with the name.
            column = NOTE if self.currentIndex().column() == NOTE else RUN
            self.edit(self.currentIndex().siblingAtColumn(column))
        else:
            super().keyPressEvent(event)
