"""The card with the blocks as a table; what is wrong with the current one stands below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui.pages.model.graph_edits import open_graph, own_blocks, set_graph
from app.ui.pages.model.table.cells import (
    GIVES,
    KIND,
    NAME,
    PARAMETERS,
    READS,
    SETTINGS,
    kinds,
)
from app.ui.pages.model.table.model import BlockTableModel
from app.ui.style.theme import SMALL, style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown
from models import edits
from models.graph import GraphError

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex

WIDTHS = {NAME: 72, KIND: 92, SETTINGS: 84, GIVES: 88, PARAMETERS: 72, READS: 72}
"""Least width of each column, in pixels at 100 %."""

ROW = 28
"""Height of a row, in pixels at 100 %."""

KEYS = "Enter edits a cell, Insert adds a block behind, Delete takes one out and closes the gap."


class TableCard(Card):
    """The open network as a table. chosen(name): the person is at the row of a block.

    insert_asked(name): the person wants a new block behind this one.
    """

    chosen = Signal(str)
    insert_asked = Signal(str)

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__("Table", "every block in a row")
        self._document = document
        self.model = BlockTableModel(document, theme)
        self.table = BlockTable(self.model, document, theme)
        self.table.chosen.connect(self.chosen)
        self.table.chosen.connect(self._describe)
        self.table.insert_asked.connect(self.insert_asked)
        self.table.removal_asked.connect(self.remove)
        self.note = Label()
        self.note.setObjectName("table.note")
        self.note.setWordWrap(True)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.note)
        self.model.refused.connect(self._show_refusal)
        self._refusal = ""
        self._describe()

    def refresh(self, measured: Measured | None, chosen: str) -> None:
        """Shows the open network, at the row of the chosen block; nothing while it is hidden."""
        if self.isHidden():
            return

        before = self.table.currentIndex()
        self.model.refresh(measured)
        if self.model.row_of(chosen) >= 0:
            self.table.go_to(chosen)
        elif not self.table.currentIndex().isValid() and before.row() >= 0:
            row = min(before.row(), len(self.model.rows) - 1)  # it was renamed, or taken out
            self.table.go_to(self.model.rows[row].node.name)

        self._describe()

    def remove(self, name: str) -> None:
        """Takes a block out and closes the gap, as one step of undo."""
        graph = open_graph(self._document)
        if graph is None:
            return

        try:
            changed = edits.remove(graph, name)
        except GraphError as error:
            self._show_refusal(f"Not changed: {error.message}")
            return

        set_graph(self._document, changed)

    def _show_refusal(self, text: str) -> None:
        self._refusal = text
        self._describe()

    def _describe(self, *_: object) -> None:
        """Says what is wrong with the current block, or how the table is used."""
        row = self.table.currentIndex().row()
        rows = self.model.rows
        trouble = rows[row].trouble if 0 <= row < len(rows) else ""
        first = next((each for each in rows if each.trouble), None)
        other = f"{first.node.name}: {first.trouble}" if first is not None else ""
        text = self._refusal or trouble or other
        self.note.setText(text or KEYS)
        style(self.note, "problem" if text else "secondary")


class BlockTable(QTableView):
    """The table itself: arrow keys go from cell to cell, Enter edits."""

    chosen = Signal(str)
    insert_asked = Signal(str)
    removal_asked = Signal(str)

    def __init__(self, model: BlockTableModel, document: Document, theme: Theme) -> None:
        super().__init__()
        self._blocks = model
        self._theme = theme
        self.setObjectName("model.table_view")
        self.setAccessibleName("Blocks of the network")
        self.setAccessibleDescription(KEYS)
        self.setModel(model)
        self._delegate = KindDelegate(document, self)
        self.setItemDelegateForColumn(KIND, self._delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        theme.changed.connect(self._measure)
        self._measure()

    def go_to(self, name: str) -> None:
        """Makes the row of a block the current one, in the column of before; tells nobody."""
        row = self._blocks.row_of(name)
        if row < 0 or row == self.currentIndex().row():
            return

        column = max(0, self.currentIndex().column())
        self.blockSignals(True)
        self.setCurrentIndex(self._blocks.index(row, column))
        self.blockSignals(False)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        rows = self._blocks.rows
        if current.row() != previous.row() and 0 <= current.row() < len(rows):
            self.chosen.emit(rows[current.row()].node.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        editing = self.state() is QAbstractItemView.State.EditingState
        if editing or not index.isValid():
            super().keyPressEvent(event)
            return

        name = self._blocks.rows[index.row()].node.name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit(index)
        elif event.key() == Qt.Key.Key_Delete:
            self.removal_asked.emit(name)
        elif event.key() == Qt.Key.Key_Insert:
            self.insert_asked.emit(name)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _measure(self) -> None:
        self.setFont(self._theme.font(SMALL))
        self.verticalHeader().setDefaultSectionSize(self._theme.px(ROW))
        self._share_room()
        self.viewport().update()

    def _share_room(self) -> None:
        """Gives what is left of the width to the settings, which are the longest."""
        px = self._theme.px
        left = self.viewport().width() - sum(px(width) for width in WIDTHS.values())
        for column, width in WIDTHS.items():
            more = max(0, left) if column == SETTINGS else 0
            self.horizontalHeader().resizeSection(column, px(width) + more)


class KindDelegate(QStyledItemDelegate):
    """Lets a person choose the kind of a block from a list."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document

    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index
    ) -> QWidget:
        editor = DropDown(parent)
        editor.setObjectName("table.kind")
        editor.setAccessibleName("Kind of the block")
        for label, kind in kinds(own_blocks(self._document)):
            editor.addItem(label, kind)

        editor.activated.connect(lambda _row: self._take(editor))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data()))
        editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        kind: Any = editor.currentData()
        if editor.currentText() != index.data():
            model.setData(index, kind)

    def _take(self, editor: QWidget) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)
