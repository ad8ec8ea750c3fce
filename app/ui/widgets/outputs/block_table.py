"""The blocks of a network in a table: what came out of each, its values, and its dead units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.ui.style.theme import SMALL
from app.ui.text.literal import tooltip
from app.ui.widgets.outputs.painting import output_image
from app.ui.widgets.outputs.words import spoken
from app.ui.widgets.row_states import RowStates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPainter, QResizeEvent

    from app.engine.compute.outputs.values import BlockOutput, Picture
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex

NAME, PICTURE, VALUES, DEAD = range(4)

HEADS = ("Block", "What comes out", "Values", "Dead")

HEAD_TIPS = (
    "The blocks in the order in which the example passes them; those of a group before the group.",
    "Feature maps, attention by head, lengths of tokens, or the values themselves.",
    "How often which value comes out: left the lowest, right the highest.",
    "Units that are 0 everywhere, for every example that was looked at, of all its units.",
)

WIDTHS = {NAME: 96, PICTURE: 116, VALUES: 92, DEAD: 84}
"""Least width of each column, in pixels at 100 %; names get what is left."""

ROW = 44
"""Height of a row, in pixels at 100 %."""

MARGIN = 4
"""Around a picture, in pixels at 100 %."""

WITHIN = "/"
"""Stands between the name of a group and that of a block in it."""


class BlockModel(QAbstractTableModel):
    """A row for each block that something came out of."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self._outputs: Mapping[str, BlockOutput] = {}

    def show(self, outputs: Mapping[str, BlockOutput]) -> None:
        """Shows what came out; rows of the same blocks stay, so that nothing jumps."""
        names = list(outputs)
        if names != self.names:
            self.beginResetModel()
            self.names = names
            self._outputs = outputs
            self.endResetModel()
        elif outputs is not self._outputs:
            self._outputs = outputs
            if names:
                last = self.index(len(names) - 1, len(HEADS) - 1)
                self.dataChanged.emit(self.index(0, 0), last)

    def output(self, row: int) -> BlockOutput:
        """Returns what came out of the block of a row."""
        return self._outputs[self.names[row]]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.names)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(HEAD_TIPS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.names):
            return None

        name = self.names[index.row()]
        output = self.output(index.row())
        title = name.replace(WITHIN, " › ")
        if role == Qt.ItemDataRole.DisplayRole:
            return {NAME: title, DEAD: dead_text(output)}.get(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(spoken(title, output))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(title, output) if index.column() == NAME else None

        return None


def dead_text(output: BlockOutput) -> str:
    """Returns how many units of a block are dead: "3 of 16", "none of 16"."""
    return f"{output.dead:,} of {output.units:,}" if output.dead else f"none of {output.units:,}"


class BlockTable(QTableView):
    """Shows the blocks. chosen(name): a person is at the row of a block."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.blocks = BlockModel()
        self.setObjectName(name)
        self.setAccessibleName("Blocks of the network, and what comes out of each")
        self.setModel(self.blocks)
        self.setItemDelegate(_Painter(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        theme.changed.connect(self._measure)
        self._measure()

    def show_outputs(self, outputs: Mapping[str, BlockOutput], chosen: str) -> None:
        """Shows what came out of every block, at the row of the chosen one; tells nobody.

        Without a chosen one no row is left as if it were: to click it would choose nothing.
        """
        self.blocks.show(outputs)
        names = self.blocks.names
        row = names.index(chosen) if chosen in names else -1
        if row != self.currentIndex().row():
            self.blockSignals(True)
            self.setCurrentIndex(self.blocks.index(row, 0))
            self.blockSignals(False)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        names = self.blocks.names
        if current.row() != previous.row() and 0 <= current.row() < len(names):
            self.chosen.emit(names[current.row()])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _measure(self) -> None:
        self.setFont(self._theme.font(SMALL))
        self.verticalHeader().setDefaultSectionSize(self._theme.px(ROW))
        self._share_room()
        self.viewport().update()

    def _share_room(self) -> None:
        px = self._theme.px
        left = self.viewport().width() - sum(px(width) for width in WIDTHS.values())
        for column, width in WIDTHS.items():
            more = max(0, left) if column == NAME else 0
            self.horizontalHeader().resizeSection(column, px(width) + more)


class _Painter(QStyledItemDelegate):
    """Paints the rows, and the pictures in them."""

    def __init__(self, theme: Theme, table: BlockTable) -> None:
        super().__init__(table)
        self._theme = theme
        self._table = table
        self._states = RowStates(theme, table)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        self._states.paint_ground(painter, option.rect, index)
        px = self._theme.px
        inner = option.rect.adjusted(px(2 * MARGIN), px(MARGIN), -px(2 * MARGIN), -px(MARGIN))
        picture = self._picture(index)
        if picture is not None:
            ratio = self._table.devicePixelRatioF()
            drawn = output_image(picture, inner.size(), self._theme, ratio)
            painter.drawImage(QRectF(inner), drawn)
        elif text := index.data():
            painter.setPen(self._theme.color("text"))
            painter.setFont(self._table.font())
            fitting = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideMiddle, inner.width()
            )
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, fitting)

        self._states.paint_focus(painter, option.rect, index)
        painter.restore()

    def _picture(self, index: Index) -> Picture | None:
        output = self._table.blocks.output(index.row())
        return {PICTURE: output.small, VALUES: output.spread}.get(index.column())
