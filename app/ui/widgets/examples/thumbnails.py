"""A grid of pictures with captions, in which thousands stay quick."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.ui.style.theme import PICTURES, SMALL, Theme
from app.ui.text.literal import tooltip
from app.ui.widgets.examples.pixels import crisp

if TYPE_CHECKING:
    from collections.abc import Sequence


Tone = Literal["normal", "wrong", "good", "quiet"]
Row = tuple[Any, str, str]
"""An item to draw (here a picture of (C, H, W) uint8), a caption, and a tone."""

Index = QModelIndex | QPersistentModelIndex

TONES = {"normal": "text", "wrong": "validation", "good": "best", "quiet": "secondary"}
"""Colour role of a caption by its tone; the caption's words say the same."""

# Sizes in pixels at 100 %.
GAP = 8
"""Distance between rows."""

MARGIN = 12
"""Width of a caption beyond its picture."""

RADIUS = 6

CACHED = 600
"""Pixmaps that are kept."""

GROWTHS = tuple(1 + eighths / 8 for eighths in range(24, 0, -1))
"""Times its own size that a picture may have where there is room for all of them."""


class _RowsModel(QAbstractListModel):
    """The rows as a model of Qt.

    Pictures become pixmaps only when they are painted, and the last ones are kept.
    """

    def __init__(self, grid: ThumbnailGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self.rows: Sequence[Row] = ()
        self._pixmaps: OrderedDict[tuple[Any, ...], QPixmap] = OrderedDict()

    def show(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self._pixmaps.clear()
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)  # whether any is dragged is a matter of the grid
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.rows[index.row()][1]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self.rows[index.row()][1])

        if role == Qt.ItemDataRole.AccessibleTextRole:
            item, text, _ = self.rows[index.row()]
            caption = text.replace("\n", ", ")
            what = self._grid.spoken(item)

            return (
                f"{what} {index.row() + 1} of {len(self.rows)}{': ' + caption if caption else ''}"
            )

        return None

    def pixmap(self, row: int, ratio: float) -> QPixmap:
        tile = self._grid.tile
        key = (row, tile.width(), tile.height(), ratio, self._grid.theme.dark)
        if key in self._pixmaps:
            self._pixmaps.move_to_end(key)
        else:
            self._pixmaps[key] = self._grid.draw(self.rows[row][0], ratio)
            if len(self._pixmaps) > CACHED:
                self._pixmaps.popitem(last=False)

        return self._pixmaps[key]


class _Painter(QStyledItemDelegate):
    """Paints one cell: the picture on a tile, its caption below."""

    def __init__(self, grid: ThumbnailGrid) -> None:
        super().__init__(grid)
        self._grid = grid

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return self._grid.cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        grid = self._grid
        theme = self._grid.theme
        _, caption, tone = grid.rows[index.row()]
        cell: QRect = option.rect
        state = option.state
        wide, high = grid.tile.toTuple()
        tile = QRect(cell.x() + (cell.width() - wide) // 2, cell.y() + 2, wide, high)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(tile, theme.px(RADIUS), theme.px(RADIUS))
        painter.fillPath(outline, theme.color("track"))
        pixmap = grid.pixmap(index.row())
        width, height = pixmap.deviceIndependentSize().toSize().toTuple()
        painter.setClipPath(outline)
        painter.drawPixmap(tile.x() + (wide - width) // 2, tile.y() + (high - height) // 2, pixmap)
        painter.setClipping(False)

        self._marks(painter, cell, outline, state, tone)

        self._caption(painter, cell, tile.bottom() + theme.px(3), caption, tone)
        painter.restore()

    def _marks(
        self,
        painter: QPainter,
        cell: QRect,
        outline: QPainterPath,
        state: QStyle.StateFlag,
        tone: str,
    ) -> None:
        """Paints the edge of a tile: its tone, or that it is chosen; and mouse and focus around it.

        A picture hides a ground, so the mouse is a grey edge here.
        """
        theme = self._grid.theme
        flag = QStyle.StateFlag
        edge = theme.color(TONES[tone]) if tone in ("wrong", "good") else None
        if self._grid.keeps_choice and state & flag.State_Selected:
            edge = theme.color("accent")
        elif state & flag.State_MouseOver and self._grid.clickable and edge is None:
            edge = theme.color("line")

        painter.setBrush(Qt.BrushStyle.NoBrush)
        if edge is not None:
            painter.setPen(QPen(edge, 3 if state & flag.State_Selected else 2))
            painter.drawPath(outline)

        if state & flag.State_HasFocus:
            painter.setPen(QPen(theme.color("focus"), 2))
            radius = theme.px(RADIUS)
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), radius, radius)

    def _caption(self, painter: QPainter, cell: QRect, top: int, caption: str, tone: str) -> None:
        theme = self._grid.theme
        font = theme.font(SMALL)
        metrics = QFontMetrics(font)
        painter.setFont(font)

        for number, line in enumerate(caption.split("\n")[: self._grid.lines]):
            quiet = number > 0 and tone == "normal"
            painter.setPen(theme.color("secondary" if quiet else TONES.get(tone, "text")))
            place = QRect(cell.x(), top + number * metrics.height(), cell.width(), metrics.height())
            text = metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)


class ThumbnailGrid(QListView):
    """Pictures with captions. `chosen(row)` is a click, or Enter on the picture with the focus.

    size: side of a picture in pixels at 100 %. rows_visible: the grid is just so many rows high and
    scrolls; with 0 it takes the room it gets, and where few pictures leave much of it free they
    grow. keeps_choice: the chosen picture stays outlined.
    """

    chosen = Signal(int)

    def __init__(
        self, theme: Theme, size: int = 64, rows_visible: int = 0, keeps_choice: bool = False
    ) -> None:
        super().__init__()
        self.theme = theme
        self.size_at_100 = size
        self.rows_visible = rows_visible
        self.keeps_choice = keeps_choice
        self.clickable = True
        self.lines = 0
        self.growth = 1.0
        self._model = _RowsModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setAccessibleName("Pictures")
        self.clicked.connect(self._choose)
        theme.changed.connect(self._measure)
        self._measure()

    @property
    def rows(self) -> Sequence[Row]:
        return self._model.rows

    @property
    def tile(self) -> QSize:
        """Returns the size in pixels of the tile on which an example is painted."""
        return self.tile_at(self.growth)

    def tile_at(self, growth: float) -> QSize:
        """Returns the size of a tile that has grown so many times."""
        side = round(self.theme.px(self.size_at_100) * growth)
        return QSize(side, side)

    @property
    def can_grow(self) -> bool:
        """Whether a larger tile shows more."""
        return not self.rows_visible

    @property
    def size_at_100(self) -> int:
        """Returns the side of a picture in pixels at 100 %: twice its own while projected."""
        return self._size_at_100 * (PICTURES if self.theme.projector else 1)

    @size_at_100.setter
    def size_at_100(self, size: int) -> None:
        self._size_at_100 = size

    def draw(self, item: Any, ratio: float) -> QPixmap:
        """Returns the pixmap on a tile, here of a picture of (C, H, W) uint8."""
        return crisp(item, self.tile.width(), ratio)

    def spoken(self, _item: Any) -> str:
        """Returns what an item is, for screen readers."""
        return "Picture"

    @property
    def cell(self) -> QSize:
        """Returns the size in pixels of a picture with its caption."""
        return self._cell_at(self.growth)

    def _cell_at(self, growth: float) -> QSize:
        line = QFontMetrics(self.theme.font(SMALL)).height()
        caption = self.lines * line + self.theme.px(3) if self.lines else 0
        tile = self.tile_at(growth)
        return QSize(tile.width() + self.theme.px(MARGIN), tile.height() + 4 + caption)

    def _step_at(self, growth: float) -> QSize:
        """Returns the distance from cell to cell."""
        cell = self._cell_at(growth)
        return QSize(cell.width(), cell.height() + self.theme.px(GAP))

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Shows (picture of (C, H, W) uint8, caption of up to three lines, tone)."""
        self.lines = min(3, self.lines_of(rows)) if len(rows) else 0
        self._model.show(rows)
        self._measure()

    def lines_of(self, rows: Sequence[Row]) -> int:
        """Returns the number of lines of the longest caption."""
        return max((row[1].count("\n") + 1 for row in rows if row[1]), default=0)

    def pixmap(self, row: int) -> QPixmap:
        return self._model.pixmap(row, self.devicePixelRatioF())

    def height_of(self, rows: int) -> int:
        """Returns the height in pixels of so many rows of pictures."""
        return rows * self._step_at(1.0).height() + 2

    # Both are of pictures that have not grown: what fills free room may not ask for more of it.

    def sizeHint(self) -> QSize:
        return QSize(self._step_at(1.0).width() * 4, self.height_of(self.rows_visible or 2))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._step_at(1.0).width() + 4, self.height_of(self.rows_visible or 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grow()
        super().resizeEvent(event)

    def _grow(self) -> None:
        """Makes the pictures as large as all of them have room for, as long as all have."""
        growth = 1.0
        if self.can_grow and len(self.rows):
            growth = next((growth for growth in GROWTHS if self._fits(growth)), 1.0)

        if growth != self.growth:
            self.growth = growth
            self.setGridSize(self._step_at(growth))
            self.viewport().update()

    def _fits(self, growth: float) -> bool:
        step = self._step_at(growth)
        columns = (self.width() - 4) // max(1, step.width())
        needed = -(-len(self.rows) // max(1, columns)) * step.height() + 2
        return columns > 0 and needed <= self.height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
            and self.currentIndex().isValid()
        ):
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if self.clickable:
            self.chosen.emit(index.row())

    def _measure(self) -> None:
        self._grow()
        self.setGridSize(self._step_at(self.growth))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

        if self.rows_visible:
            self.setFixedHeight(self.height_of(self.rows_visible))

        self.updateGeometry()
        self.viewport().update()
