"""The columns of a table: what each is, why, and what it lacks.

A click on a role or a policy offers the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui.style.assets import icon
from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.tables.preview import ColumnPreview
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
HEADS = ("Column", "Role", "Why", "Distinct", "Missing", "If missing")
NAME, ROLE, WHY, DIFFERENT, MISSING, POLICY = range(6)
ROLES = {
    "target": "Target: to predict",
    "number": "Number",
    "category": "Category",
    "text": "Text",
    "image": "Picture file",
    "group": "Group: kept together",
    "ignore": "Ignored",
}
POLICIES = {
    "median": "Median of training",
    "mean": "Mean of training",
    "zero": "Zero",
    "category": "A value of its own",
    "drop": "Leave the row out",
}
TOO = "target-too"
"""The choice of a target beside those that there are."""


class Offer(NamedTuple):
    """An entry of a menu: the value it stands for, its words, and whether it holds now."""

    value: str
    words: str
    chosen: bool


def offers(columns: Sequence[ColumnPreview], row: int, cell: int) -> list[Offer]:
    """Returns what may be chosen in a cell; [] where there is nothing to choose."""
    column = columns[row]
    if cell == POLICY:
        return [
            Offer(policy, POLICIES.get(policy, policy), policy == column.policy)
            for policy in column.policies
        ]
    if cell != ROLE:
        return []

    roles = [Offer(role, words, role == column.role) for role, words in ROLES.items()]
    others = [other.name for other in columns if other.role == "target" and other is not column]
    if others and column.role != "target":
        roles.insert(
            1,
            Offer(TOO, f"Target, beside '{others[0]}'" + (" …" if len(others) > 1 else ""), False),
        )
        roles[0] = Offer("target", "Target: the only one to predict", False)

    return roles


class _Columns(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.columns: Sequence[ColumnPreview] = ()

    def show(self, columns: Sequence[ColumnPreview]) -> None:
        if [column.name for column in columns] == [
            column.name for column in self.columns
        ]:  # the chosen cell stays where it is
            self.columns = columns
            self.dataChanged.emit(self.index(0, 0), self.index(len(columns) - 1, len(HEADS) - 1))
            return

        self.beginResetModel()
        self.columns = columns
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def columnCount(self, _parent: Index | None = None) -> int:
        return len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (DIFFERENT, MISSING):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = self.columns[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(column, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self._tip(column, index.column()))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (DIFFERENT, MISSING):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

        return None

    def _words(self, column: ColumnPreview, cell: int) -> str:
        if cell == ROLE:
            return ROLES.get(column.role, column.role)
        if cell == POLICY:
            return POLICIES.get(column.policy, "") if column.missing else ""

        return {
            NAME: column.name,
            WHY: column.reason,
            DIFFERENT: f"{column.distinct:,}",
            MISSING: f"{column.missing:,}" if column.missing else "–",
        }[cell]

    def _tip(self, column: ColumnPreview, cell: int) -> str:
        if cell == ROLE:
            return (
                f"{column.reason[:1].upper()}{column.reason[1:]}. Press to choose something else."
            )
        if cell == POLICY and column.missing and column.policies:
            return "What the network gets where there is no value. Press to choose something else."

        if column.non_numbers:
            cells = ", ".join(f"'{text}' ({row})" for row, text in column.non_numbers)
            return f"{column.name}: not all of it is numbers: {cells}."

        return column.reason if cell == WHY else column.name


class _Cells(QStyledItemDelegate):
    """Paints secondary columns quietly, and an arrow where something can be chosen."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._arrow = QPixmap()

    def restyle(self) -> None:
        side = self._theme.px(12)
        self._arrow = icon(self._theme, "less", "secondary").pixmap(side, side)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        if index.column() in (WHY, DIFFERENT, MISSING):
            option.palette.setColor(option.palette.ColorRole.Text, self._theme.color("secondary"))
            option.palette.setColor(
                option.palette.ColorRole.HighlightedText, self._theme.color("secondary")
            )

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        side = self._theme.px(12)
        view = self.parent()

        assert isinstance(view, ColumnTable)
        if not view.offered(index):
            super().paint(painter, option, index)
            return

        whole = QRect(option.rect)
        super().paint(painter, option, index)
        box = QRect(
            whole.right() - side - self._theme.px(4), whole.center().y() - side // 2 + 1, side, side
        )
        painter.drawPixmap(box, self._arrow)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        hint = super().sizeHint(option, index)
        view = self.parent()

        assert isinstance(view, ColumnTable)
        return hint + QSize(self._theme.px(22 if view.offered(index) else 8), 0)


class ColumnTable(QTableView):
    """A row for each column of the table.

    chosen(column, what, value): a person chose the "role" or the "policy" of a column.
    """

    chosen = Signal(str, str, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._columns = _Columns(self)
        self.setModel(self._columns)
        self._cells = _Cells(theme, self)
        self.setItemDelegate(self._cells)
        self.setObjectName("data.columns")
        self.setAccessibleName("Columns of the table, what they are and what is missing")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setSectionResizeMode(WHY, QHeaderView.ResizeMode.Stretch)
        head.setHighlightSections(False)
        self.clicked.connect(self.offer)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_columns(self, columns: Sequence[ColumnPreview]) -> None:
        """Shows the columns: targets in front, everything else as in the file."""
        self._columns.show(sorted(columns, key=lambda column: column.role != "target"))
        self._fit()

    def offered(self, index: Index) -> bool:
        """Returns whether something can be chosen in this cell."""
        column = self._columns.columns[index.row()]
        return index.column() == ROLE or (
            index.column() == POLICY and bool(column.missing and column.policies)
        )

    def offer(self, index: QModelIndex) -> None:
        """Shows what may be chosen in a cell."""
        if not self.offered(index):
            return

        menu = QMenu(self)
        columns = self._columns.columns
        menu.setObjectName("data.columns.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        for offer in offers(columns, index.row(), index.column()):
            action = menu.addAction(button_text(offer.words))
            action.setCheckable(True)
            action.setChecked(offer.chosen)
            what = "role" if index.column() == ROLE else "policy"
            name = columns[index.row()].name
            action.triggered.connect(
                lambda _=False, name=name, what=what, value=offer.value: self.chosen.emit(
                    name, what, value
                )
            )

        if index.column() == ROLE and columns[index.row()].chosen:
            menu.addSeparator()
            name = columns[index.row()].name
            menu.addAction("As guessed", lambda: self.chosen.emit(name, "role", ""))

        menu.popup(self.viewport().mapToGlobal(self.visualRect(index).bottomLeft()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
            and self.currentIndex().isValid()
        ):
            self.offer(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        """Makes columns as wide as their contents, within limits; the reason takes what is left."""
        for number, most in (
            (NAME, 200),
            (ROLE, 190),
            (DIFFERENT, 90),
            (MISSING, 80),
            (POLICY, 170),
        ):
            wanted = max(
                self.sizeHintForColumn(number), self.horizontalHeader().sectionSizeHint(number)
            )
            self.setColumnWidth(number, min(wanted, self._theme.px(most)))

        lines = len(self._columns.columns) * self.verticalHeader().defaultSectionSize()
        self.setMaximumHeight(
            lines + self.horizontalHeader().sizeHint().height() + self._theme.px(8)
        )
        self.setColumnHidden(
            POLICY, not any(column.missing and column.policies for column in self._columns.columns)
        )

    def _restyle(self) -> None:
        self.setFont(self._theme.font(12))
        self._cells.restyle()
        self.verticalHeader().setDefaultSectionSize(self._theme.px(26))
        self._fit()
