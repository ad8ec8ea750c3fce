"""The list of suspects: examples of which one or many can be chosen, with keys for what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView

from app.ui.pages.results.suspects.dragged import dragged_examples
from app.ui.style.theme import SMALL
from app.ui.widgets.examples.example_grid import ExampleGrid

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from app.ui.style.theme import Theme

LETTERS: dict[int, str] = {
    Qt.Key.Key_X.value: "exclude",
    Qt.Key.Key_Delete.value: "exclude",
    Qt.Key.Key_C.value: "confirm",
}

FIRST = Qt.Key.Key_1.value
KEYS = 9
"""Labels that have a key of their own."""


class SuspectGrid(ExampleGrid):
    """Examples of which several can be chosen: with Ctrl or Shift, or with a frame that is drawn.

    Whoever pulls at a picture drags what is chosen; a frame begins beside the pictures.

    picked(): others are chosen. asked(action): a key asks to "exclude" or "confirm" them.
    labelled(number): a key from 1 to 9 asks for a label, from 0. undone(back): Ctrl+Z or Ctrl+Y,
    whether something is taken back.
    """

    picked = Signal()
    asked = Signal(str)
    labelled = Signal(int)
    undone = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, 64, keeps_choice=True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setObjectName("results.suspects.list")
        self.setAccessibleName("Suspicious training examples")
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())

    @property
    def numbers(self) -> list[int]:
        """The numbers of the chosen examples in the list, ascending."""
        return sorted(index.row() for index in self.selectedIndexes())

    def choose(self, numbers: list[int]) -> None:
        """Chooses examples by their numbers in the list, without a signal for each."""
        model = self.model()
        selection = self.selectionModel()
        selection.blockSignals(True)
        selection.clear()
        for number in numbers:
            selection.select(model.index(number, 0), selection.SelectionFlag.Select)
        if numbers:
            first = model.index(numbers[0], 0)
            selection.setCurrentIndex(first, selection.SelectionFlag.NoUpdate)
        selection.blockSignals(False)
        self.viewport().update()
        self.picked.emit()

    # --- dragging

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setDragEnabled(self._is_on_tile(event.position().toPoint()))
        super().mousePressEvent(event)

    def _is_on_tile(self, point: QPoint) -> bool:
        """Returns whether a point lies on a picture, not on its caption or beside it."""
        index = self.indexAt(point)
        if not index.isValid():
            return False

        cell, tile = self.visualRect(index), self.tile
        beside = (cell.width() - tile.width()) // 2
        return QRect(cell.topLeft() + QPoint(beside, 2), tile).contains(point)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        numbers = self.numbers
        if numbers:
            drag = QDrag(self)
            drag.setMimeData(dragged_examples())
            drag.setPixmap(self.dragged_picture(numbers))
            drag.exec(Qt.DropAction.CopyAction)

    def dragged_picture(self, numbers: list[int]) -> QPixmap:
        """Returns what hangs at the mouse: the first of the examples, and how many they are."""
        theme = self.theme
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.pixmap(numbers[0]))
        if len(numbers) == 1:
            return picture

        font = theme.font(SMALL, bold=True)
        text = f"{len(numbers):,}"
        high = theme.px(20)
        wide = max(high, QFontMetrics(font).horizontalAdvance(text) + theme.px(12))
        size = picture.deviceIndependentSize().toSize()
        room = QSize(size.width() + wide // 2, size.height() + high // 2)
        drawn = QPixmap(room * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, high // 2, picture)
        badge = QRect(room.width() - wide, 0, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(badge, high / 2, high / 2)
        painter.setPen(theme.color("on_accent"))
        painter.setFont(font)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return drawn

    # --- keys

    def event(self, event: QEvent) -> bool:
        """Keeps Ctrl+Z and Ctrl+Y from the menu, which would undo a setting."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._step_of(event) is not None
        ):
            event.accept()
            return True

        return bool(super().event(event))

    @staticmethod
    def _step_of(event: QKeyEvent) -> bool | None:
        """Returns whether a key takes something back (True) or makes it again; None for others."""
        if event.matches(QKeySequence.StandardKey.Undo):
            return True

        return False if event.matches(QKeySequence.StandardKey.Redo) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        back = self._step_of(event)
        if back is not None:
            self.undone.emit(back)
        elif event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif FIRST <= event.key() < FIRST + KEYS:
            self.labelled.emit(event.key() - FIRST)
        elif event.key() in LETTERS:
            self.asked.emit(LETTERS[event.key()])
        else:
            super().keyPressEvent(event)
