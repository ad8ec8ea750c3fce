"""The labels of a data set in sight: examples are dragged onto one, or it is clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.engine.data.names import visible
from app.ui.pages.results.suspects.dragged import are_examples
from app.ui.pages.results.suspects.grid import KEYS
from app.ui.style.theme import SMALL, Theme
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDragMoveEvent,
        QDropEvent,
        QKeyEvent,
        QResizeEvent,
    )

# Sizes in pixels at 100 %.
HEIGHT = 24
PADDING = 10
GAP = 4
WIDEST = 220

ROWS = 5
"""Rows of labels that are shown at most; more scroll."""

Index = QModelIndex | QPersistentModelIndex


class LabelTargets(QListWidget):
    """A chip for each label: offer(classes).

    chosen(number): one was clicked, or Enter was pressed on it. dropped(number): the examples were
    dropped on it.
    """

    chosen = Signal(int)
    dropped = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.under_drag = -1
        """The number of the label that a drag is over, -1 for none."""

        self._classes: tuple[str, ...] = ()
        self.setObjectName("results.suspects.labels")
        self.setAccessibleName("Labels to give")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setDropIndicatorShown(False)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setItemDelegate(_Chip(self))
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))
        theme.changed.connect(self._measure)
        self._measure()

    def offer(self, classes: tuple[str, ...]) -> None:
        """Offers these labels, in their order."""
        if classes == self._classes:
            return

        self._classes = classes
        self.clear()
        self.addItems([visible(name) for name in classes])
        for number, name in enumerate(classes):
            key = f" (key {number + 1})" if number < KEYS else ""
            self.item(number).setToolTip(tooltip(f"Gives them the label {name}{key}."))

        self._measure()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(WIDEST), self._height_of(2))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(80), self._height_of(1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _height_of(self, rows: int) -> int:
        return rows * self.theme.px(HEIGHT + 2 * GAP) + 2

    def _measure(self) -> None:
        self.setSpacing(self.theme.px(GAP))
        self.scheduleDelayedItemsLayout()
        self._fit()

    def _fit(self) -> None:
        """Takes no more height than the labels need."""
        rows = 1
        if self.count():
            self.doItemsLayout()
            last = self.visualRect(self.model().index(self.count() - 1, 0))
            below = last.bottom() + self.verticalScrollBar().value()
            rows = -(-below // self.theme.px(HEIGHT + 2 * GAP))

        self.setMaximumHeight(self._height_of(max(1, min(ROWS, rows))))

    # --- by key

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in enter and self.currentRow() >= 0:
            self.chosen.emit(self.currentRow())
        else:
            super().keyPressEvent(event)

    # --- what is dragged here

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._drag_over(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)  # scrolls near an edge
        self._drag_over(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._mark(-1)

    def dropEvent(self, event: QDropEvent) -> None:
        number = self._label_at(event.position())
        self._mark(-1)
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)
        if are_examples(event.mimeData()) and number >= 0:
            event.acceptProposedAction()
            self.dropped.emit(number)
        else:
            event.ignore()

    def _drag_over(self, event: QDragMoveEvent) -> None:
        if not are_examples(event.mimeData()):
            event.ignore()
            return

        number = self._label_at(event.position())
        self._mark(number)
        # Accepted between the labels too at first: what refuses to be entered gets no moves.
        if number >= 0 or event.type() == event.Type.DragEnter:
            event.acceptProposedAction()
        else:
            event.ignore()

    def _label_at(self, point: QPointF) -> int:
        return int(self.indexAt(point.toPoint()).row())

    def _mark(self, number: int) -> None:
        if number != self.under_drag:
            self.under_drag = number
            self.viewport().update()


class _Chip(QStyledItemDelegate):
    """Paints one label."""

    def __init__(self, targets: LabelTargets) -> None:
        super().__init__(targets)
        self._targets = targets

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        theme = self._targets.theme
        text = QFontMetrics(theme.font(SMALL)).horizontalAdvance(str(index.data()))
        room = self._targets.viewport().width() - 3 * theme.px(GAP)
        widest = max(theme.px(40), min(theme.px(WIDEST), room))
        return QSize(min(widest, text + 2 * theme.px(PADDING)), theme.px(HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = self._targets.theme
        state, flag = option.state, QStyle.StateFlag
        enabled = bool(state & flag.State_Enabled)
        over = index.row() == self._targets.under_drag
        hovered = enabled and bool(state & flag.State_MouseOver)
        ground = "accent_tint" if over else "hover" if hovered else "surface"
        edge = "accent" if over else "focus" if state & flag.State_HasFocus else "line"
        thick = 1 if edge == "line" else 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(edge if enabled else "border"), thick))
        painter.setBrush(theme.color(ground))
        place = option.rect.toRectF().adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2)
        radius = place.height() / 2
        painter.drawRoundedRect(place, radius, radius)
        font = theme.font(SMALL)
        painter.setFont(font)
        painter.setPen(theme.color("text" if enabled else "disabled"))
        room = option.rect.width() - theme.px(PADDING)
        text = QFontMetrics(font).elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()
