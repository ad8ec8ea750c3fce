"""The trials of a search as a table: the settings that vary, the figure, and how each ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.engine.search.progress import UnderWay
from app.ui.pages.search.words import Column, end_text, figure_text
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.engine.search.progress import Progress
    from app.engine.search.search_folder import Trial
    from app.ui.style.theme import Theme

NUMBER = Qt.ItemDataRole.UserRole
KEY = Qt.ItemDataRole.UserRole + 1
LEAST = 46
"""Least width of a column in pixels at 100 %."""


class TrialsTable(QTableWidget):
    """A line a trial; a click on a head sorts. chosen(number): of a trial, 0 for none.

    opened(number): a double click, or Enter.
    """

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._columns: tuple[Column, ...] = ()
        self.setObjectName("search.trials.table")
        self.setAccessibleName("Runs of the search")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.itemSelectionChanged.connect(lambda: self.chosen.emit(self.number))
        self.itemDoubleClicked.connect(lambda _: self.opened.emit(self.number))
        theme.changed.connect(self._measure)
        self._measure()

    @property
    def number(self) -> int:
        """The number of the chosen trial, 0 for none."""
        rows = self.selectionModel().selectedRows()
        item = self.item(rows[0].row(), 0) if rows else None
        return int(item.data(NUMBER)) if item is not None else 0

    def choose(self, number: int) -> None:
        """Chooses a trial, and brings it into view; 0 chooses none."""
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            if item is not None and item.data(NUMBER) == number:
                if self.number != number:
                    self.selectRow(row)
                return

        self.clearSelection()

    def show_progress(self, progress: Progress, columns: tuple[Column, ...]) -> None:
        """Shows the trials that ended, and those under way."""
        number = self.number
        blocked = self.blockSignals(True)
        self.setSortingEnabled(False)
        self._name_columns(progress, columns)
        rows: list[Trial | UnderWay] = [*progress.trials, *progress.under_way]
        self.setRowCount(len(rows))
        best = progress.best
        for row, trial in enumerate(rows):
            self._show_row(row, trial, progress, best is not None and trial.number == best.number)

        self.setSortingEnabled(True)
        self.choose(number)
        self.blockSignals(blocked)

    def show_only(self, numbers: Collection[int] | None) -> None:
        """Hides all other trials; None hides none."""
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            if item is not None:
                hidden = numbers is not None and item.data(NUMBER) not in numbers
                self.setRowHidden(row, hidden)

    def _name_columns(self, progress: Progress, columns: tuple[Column, ...]) -> None:
        names = tuple(column.name for column in columns)
        if names == tuple(column.name for column in self._columns) and self.columnCount():
            self._columns = columns
            return

        self._columns = columns
        label = progress.metric.label
        heads = [
            "Run",
            f"{label[:1].upper()}{label[1:]}",
            *(column.label for column in columns),
            "Epochs",
            "Ended",
        ]
        self.setColumnCount(len(heads))
        for place, head in enumerate(heads):
            item = QTableWidgetItem(head)
            item.setToolTip(tooltip(head))
            self.setHorizontalHeaderItem(place, item)

        self._measure()

    def _show_row(
        self, row: int, trial: Trial | UnderWay, progress: Progress, is_best: bool
    ) -> None:
        figure = figure_text(progress, trial.figure)
        if isinstance(trial, UnderWay):
            of = f" of {trial.epochs:,}" if trial.epochs else ""
            epochs, end, reason = trial.epoch, "trains", "Its best figure so far." if figure else ""

        else:
            of, epochs, end, reason = "", trial.epochs, end_text(trial), trial.reason

        worst = -math.inf if progress.metric.better == "higher" else math.inf
        cells: list[tuple[str, Any]] = [
            (f"{trial.number:,}", trial.number),
            (figure, trial.figure if trial.figure is not None else worst),
            *(
                (column.text(trial.values.get(column.name)), _key(trial, column))
                for column in self._columns
            ),
            (f"{epochs:,}{of}", epochs),
            (end, end),
        ]
        for place, (text, key) in enumerate(cells):
            item = _Cell(text)
            item.setData(NUMBER, trial.number)
            item.setData(KEY, key)
            item.setToolTip(tooltip(reason or ("The best of them" if is_best else text)))
            if is_best and place == 1:
                item.setForeground(self._theme.color("best"))
                item.setFont(self._theme.font(12, bold=True))
            else:
                item.setFont(self._theme.font(12))

            self.setItem(row, place, item)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.number:
            self.opened.emit(self.number)
        else:
            super().keyPressEvent(event)

    def _measure(self) -> None:
        px = self._theme.px
        self.verticalHeader().setDefaultSectionSize(px(26))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(px(44))
        count = self.columnCount()
        for column in range(count):
            last = column == count - 1
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(column, mode.Stretch if last else mode.Interactive)
            metrics = QFontMetrics(self._theme.font(12))
            item = self.horizontalHeaderItem(column)
            words = metrics.horizontalAdvance(item.text()) if item is not None else 0
            if not last:
                self.setColumnWidth(column, max(px(LEAST), min(words + px(26), px(140))))


class _Cell(QTableWidgetItem):
    """A cell that is sorted by its value."""

    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, theirs = self.data(KEY), other.data(KEY)
        if isinstance(mine, str) or isinstance(theirs, str):
            return str(mine) < str(theirs)

        return bool((mine or 0) < (theirs or 0))


def _key(trial: Trial | UnderWay, column: Column) -> Any:
    value = trial.values.get(column.name)
    return column.text(value) if column.options else value
