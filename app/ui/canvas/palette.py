"""The list of blocks, by family, each with a plain sentence; they are dragged onto the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QFontMetricsF, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.theme import SMALL, TITLE, Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "application/x-netwright-block"
"""The kind of what is dragged: the name of a kind of block."""

ROLE = int(Qt.ItemDataRole.UserRole)

SUMMARY = ROLE + 1

PADDING = 8
"""Around a block in the list, in pixels at 100 %."""

WRAP = int(Qt.TextFlag.TextWordWrap)


@dataclass(frozen=True)
class PaletteKind:
    """A kind of block in the list. kind: its name in files."""

    kind: str
    label: str
    summary: str
    family: str


class Palette(QWidget):
    """Offers the kinds of blocks. taken(kind): the person wants one behind what is chosen.

    closed(): the person is done. Up and Down go through the list from the field above it too.
    """

    taken = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._kinds: tuple[PaletteKind, ...] = ()
        self.field = QLineEdit()
        self.field.setObjectName("palette.field")
        self.field.setAcceptDrops(False)  # the window takes files
        self.field.setPlaceholderText("Find a kind of block")
        self.field.setAccessibleName("Find a kind of block")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self.list = KindList(theme)
        self.list.itemActivated.connect(self._take)
        self.hint = Label("Drag one onto a wire, onto a block, or beside the network.")
        self.hint.setWordWrap(True)
        style(self.hint, "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        for widget in (self.field, self.list, self.hint):
            column.addWidget(widget, 1 if widget is self.list else 0)

    def show_kinds(self, kinds: Sequence[PaletteKind]) -> None:
        """Lists these kinds, in this order."""
        if tuple(kinds) != self._kinds:
            self._kinds = tuple(kinds)
            self._fill()

    def open(self) -> None:
        """Takes the keyboard, to look for a kind at once."""
        self.field.setFocus()
        self.field.selectAll()

    @property
    def shown(self) -> list[str]:
        """The kinds that are listed now."""
        rows = (self.list.item(row).data(ROLE) for row in range(self.list.count()))
        return [kind for kind in rows if kind]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.field.hasFocus():
            self.list.setFocus()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.field.hasFocus():
            self._take(self.list.currentItem())
        else:
            super().keyPressEvent(event)

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(ROLE):
            self.taken.emit(item.data(ROLE))
            self.field.selectAll()  # what is typed next looks for another kind

    def _fill(self) -> None:
        wanted = self.field.text().strip().lower()
        self.list.clear()
        family = ""
        best: tuple[int, int] | None = None
        for kind in self._kinds:
            if wanted and wanted not in f"{kind.label} {kind.summary} {kind.family}".lower():
                continue
            if kind.family != family:
                family = kind.family
                heading = QListWidgetItem(family)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)

            row = QListWidgetItem(kind.label)
            row.setData(ROLE, kind.kind)
            row.setData(SUMMARY, kind.summary)
            row.setToolTip(tooltip(kind.summary))
            row.setData(Qt.ItemDataRole.AccessibleDescriptionRole, kind.summary)
            self.list.addItem(row)
            found = _distance(kind.label.lower(), wanted), self.list.count() - 1
            best = found if best is None else min(best, found)

        self.list.setCurrentRow(-1 if best is None else best[1])


def _distance(label: str, wanted: str) -> int:
    """Returns how far a name is from what is looked for, 0 where it is the name itself."""
    if label == wanted:
        return 0
    if label.startswith(wanted):
        return 1

    return 2 if wanted in label else 3


class KindList(QListWidget):
    """The list itself, from which a kind can be dragged."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("palette.kinds")
        self.setAccessibleName("Kinds of blocks")
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setItemDelegate(KindDelegate(theme, self))

    def mimeTypes(self) -> list[str]:
        return [KIND]

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        kinds = [item.data(ROLE) for item in items if item.data(ROLE)]
        if kinds:
            data.setData(KIND, kinds[0].encode())

        return data

    def startDrag(self, _actions: Qt.DropAction) -> None:
        items = [item for item in self.selectedItems() if item.data(ROLE)]
        if items:
            drag = QDrag(self)
            drag.setMimeData(self.mimeData(items))
            drag.setPixmap(self._card(items[0].text()))
            drag.exec(Qt.DropAction.CopyAction)

    def _card(self, text: str) -> QPixmap:
        """Returns what hangs at the mouse while a kind is dragged."""
        theme = self._theme
        font = theme.font(TITLE, bold=True)
        width = QFontMetricsF(font).horizontalAdvance(text) + 2 * theme.px(12)
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(width * ratio), round(theme.px(34) * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("accent"))
        painter.setBrush(theme.color("accent_tint"))
        place = QRectF(0.5, 0.5, width - 1, theme.px(34) - 1)
        painter.drawRoundedRect(place, theme.px(8), theme.px(8))
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return picture


class KindDelegate(QStyledItemDelegate):
    """Paints a kind: its name, and what it does in a sentence below it."""

    def __init__(self, theme: Theme, parent: QListWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._list = parent

    def sizeHint(
        self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        theme = self._theme
        padding = theme.px(PADDING)
        width = max(60, self._list.viewport().width())
        bold = QFontMetricsF(theme.font(TITLE, bold=True)).height()
        if not index.data(ROLE):
            return QSize(width, round(QFontMetricsF(theme.font(SMALL)).height() + 1.5 * padding))

        room = QRectF(0, 0, width - 2 * padding, 10_000)
        metrics = QFontMetricsF(theme.font(SMALL))
        words = metrics.boundingRect(room, WRAP, index.data(SUMMARY)).height()
        return QSize(width, round(bold + words + 2 * padding))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme = self._theme
        padding = theme.px(PADDING)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(option.rect)
        inside = place.adjusted(padding, padding, -padding, -padding)
        if not index.data(ROLE):
            painter.setFont(theme.font(SMALL))
            painter.setPen(theme.color("secondary"))
            below = place.adjusted(padding, 0, -padding, -padding / 4)
            painter.drawText(below, Qt.AlignmentFlag.AlignBottom, index.data())
            painter.restore()
            return

        if index.row() == self._list.currentRow():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_tint"))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), theme.px(6), theme.px(6))

        bold = theme.font(TITLE, bold=True)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(inside, Qt.AlignmentFlag.AlignTop, index.data())
        painter.setFont(theme.font(SMALL))
        painter.setPen(theme.color("secondary"))
        below = inside.adjusted(0, QFontMetricsF(bold).height(), 0, 2)
        painter.drawText(below, WRAP, index.data(SUMMARY))
        painter.restore()
