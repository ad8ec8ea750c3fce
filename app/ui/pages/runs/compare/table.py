"""The table of a comparison, with a line above to filter it and to group it by a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLineEdit, QTableView

from app.ui.pages.runs.compare.model import NAME, CompareModel
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon, QResizeEvent

    from app.ui.pages.runs.compare.subjects import Compared
    from app.ui.style.theme import Theme

ROW = 24
SWATCH = (22, 10)
"""Height of a row, and size of a bit of a line, in pixels at 100 %."""

ROWS = (3, 12)
"""Rows in sight, at least and at most, where there are more."""

SHARE = 0.33
"""Of the height that the table may take: the curves need the rest."""

WIDEST_NAME = 360
WIDEST = 200
NARROWEST = 64
"""Widths of columns in pixels at 100 %."""

NO_GROUP = "no groups"


class TableCard(Card):
    """What differs between the runs, and what they reached.

    shown_changed(): other runs pass the filter, or they are grouped otherwise.
    strong_changed(numbers): these runs are chosen in the table.
    """

    shown_changed = Signal()
    strong_changed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__("What differs", " ")
        self._theme = theme
        self._room = 0
        self.setObjectName("runs.compare.table")
        self.model = CompareModel(theme)
        self.view = _view(self.model)
        self.filter = QLineEdit()
        self.filter.setObjectName("runs.compare.filter")
        self.filter.setAcceptDrops(False)  # the window takes what is dropped
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the runs")
        self.filter.setToolTip(tooltip("Shows only runs that have these words in their row."))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filtered)
        self.group = QComboBox()
        self.group.setObjectName("runs.compare.group")
        self.group.setAccessibleName("Group the runs by a setting")
        self.group.setToolTip(tooltip("Puts runs with the same value together, in one colour."))
        self.group.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.group.setMinimumContentsLength(14)
        self.group.activated.connect(self._grouped)
        self.tools.addWidget(self.filter)
        self.tools.addWidget(Label("Group by"))
        self.tools.addWidget(self.group)
        self.body.addWidget(self.view, 1)
        header = self.view.horizontalHeader()
        header.sortIndicatorChanged.connect(self._sorted)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._choose())
        theme.changed.connect(self._measure)
        self._measure()

    def show_runs(self, runs: Compared) -> None:
        """Shows these runs."""
        chosen = {self.model.runs.names[number] for number in self._chosen()}
        self.model.show(runs)
        self._offer_groups()
        count = len(runs.rows)
        differ = f"{count} settings differ" if count != 1 else "1 setting differs"
        self.set_why(f"{differ}, {runs.same} are the same" if runs.subjects else " ")
        self._fit()
        for row, each in enumerate(self.model.rows):
            if each.number >= 0 and runs.names[each.number] in chosen:
                self.view.selectRow(row)

        self._choose()

    def set_room(self, height: int) -> None:
        """Takes the height of all that is shown, of which the table gets a share."""
        if height != self._room:
            self._room = height
            self._fit()

    def set_icons(self, icons: dict[int, QIcon]) -> None:
        self.model.set_icons(icons)

    def group_of(self, number: int) -> int:
        """Returns which group a run is in, by its place among the groups; -1 without groups."""
        column = self.model.group
        if column < 0:
            return -1

        texts = self.model.columns[column].texts
        return list(dict.fromkeys(texts)).index(texts[number])

    def _offer_groups(self) -> None:
        self.group.clear()
        self.group.addItem(NO_GROUP, -1)
        for number, column in enumerate(self.model.columns):
            if column.setting >= 0 and len(set(column.texts)) < len(column.texts):
                self.group.addItem(column.title, number)

        self.group.setCurrentIndex(max(0, self.group.findData(self.model.group)))
        self.group.setEnabled(self.group.count() > 1)

    def _filtered(self, text: str) -> None:
        self.model.set_filter(text)
        self._fit()
        self._choose()
        self.shown_changed.emit()

    def _grouped(self) -> None:
        self.model.set_group(self.group.currentData())
        self._fit()
        self._choose()
        self.shown_changed.emit()

    def _sorted(self, column: int, order: Qt.SortOrder) -> None:
        self.model.sort(column, order)
        self._span()
        self._choose()

    def _chosen(self) -> frozenset[int]:
        rows = {index.row() for index in self.view.selectionModel().selectedRows()}
        numbers = {self.model.rows[row].number for row in rows if row < len(self.model.rows)}
        return frozenset(numbers - {-1})

    def _choose(self) -> None:
        self.strong_changed.emit(self._chosen())

    # --- sizes

    def _span(self) -> None:
        """Lets the head of a group stand across the table."""
        self.view.clearSpans()
        columns = self.model.columnCount()
        for row, each in enumerate(self.model.rows):
            if each.number < 0 and columns > 1:
                self.view.setSpan(row, 0, 1, columns)

    def _fit(self) -> None:
        """Gives columns the room that their texts need, and the table that of a few rows."""
        px = self._theme.px
        self.view.clearSpans()
        plain = QFontMetrics(self._theme.font(12))
        for number, column in enumerate(self.model.columns):
            texts = set(column.texts)
            wanted = max(map(plain.horizontalAdvance, texts), default=0) + px(24)
            wanted += px(SWATCH[0] + 8) if number == NAME else 0
            head = self.view.horizontalHeader().sectionSizeHint(number)
            widest = px(WIDEST_NAME if number == NAME else WIDEST)
            width = min(max(wanted, head, px(NARROWEST)), widest)
            self.view.setColumnWidth(number, width)

        self._span()
        bar = self.view.horizontalScrollBar().sizeHint().height()
        head = self.view.horizontalHeader().sizeHint().height()
        room = round(SHARE * self._room / px(ROW) - 4)
        rows = min(max(ROWS[0], min(ROWS[1], room)), max(2, len(self.model.rows)))
        self.view.setFixedHeight(head + rows * px(ROW) + bar + 2)

    def _measure(self) -> None:
        px = self._theme.px
        self.view.verticalHeader().setDefaultSectionSize(px(ROW))
        self.view.setIconSize(QSize(*map(px, SWATCH)))
        self.filter.setFixedWidth(px(140))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def _view(model: CompareModel) -> QTableView:
    view = QTableView()
    view.setObjectName("runs.compare.rows")
    view.setAccessibleName("The compared runs")
    view.setModel(model)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setFrameShape(QTableView.Shape.NoFrame)
    view.setTabKeyNavigation(False)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.verticalHeader().hide()
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsClickable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    header.setSortIndicatorShown(True)
    header.setSortIndicatorClearable(True)
    return view
