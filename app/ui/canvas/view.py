"""The network as a picture that can be scrolled, zoomed and walked through with the keyboard."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView

from app.ui.canvas.arrange import Sizes, arrange
from app.ui.canvas.items import PICTURE, BlockItem, BlockView, LineItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.ui.style.theme import Theme

# Sizes in pixels at 100 %.
WIDTH = 420
"""Most width of a block in a network of one column."""

NARROWEST = 160
"""Least width of a block in a network of one column."""

BRANCHED = 250
"""Width of a block in a network that branches."""

ROW_GAP = 12

COLUMN_GAP = 40

LANE = 16

SMALLEST_ZOOM = 0.25

LARGEST_ZOOM = 3.0

ZOOM_STEP = 1.15


class NetworkView(QGraphicsView):
    """Draws blocks and who feeds whom. `selected(name)`: another block was chosen, or several.

    Ctrl + wheel, + and - zoom, 0 goes back to actual size, F shows all. The arrow keys, Home and
    End go from block to block. Ctrl + click chooses one more, Shift + click or + arrow all between.
    """

    selected = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._blocks: tuple[BlockView, ...] = ()
        self._items: dict[str, BlockItem] = {}
        self._pictures: Mapping[str, QImage] = {}
        self._chosen: tuple[str, ...] = ()
        self._anchor = ""
        """The block from which Shift chooses all up to another."""
        self._width = 0.0
        self._changing = False
        self._scene = QGraphicsScene(self)
        self.setScene(self._scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(theme.px(160), theme.px(120))
        self.setAccessibleName("The network")
        self._scene.selectionChanged.connect(self._selection_changed)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(0)
        self._redraw.timeout.connect(self._draw)
        theme.changed.connect(self._restyle)
        self._restyle()

    # --- what is shown

    @property
    def blocks(self) -> tuple[BlockView, ...]:
        return self._blocks

    @property
    def chosen(self) -> str:
        """Returns the name of the selected block, of several the first, "" for none."""
        return self._chosen[0] if self._chosen else ""

    @property
    def all_chosen(self) -> tuple[str, ...]:
        """Returns the names of all selected blocks, in the order of the network."""
        return self._chosen

    def show_blocks(self, blocks: Sequence[BlockView]) -> None:
        """Draws these blocks, which are in topological order.

        The selected block stays selected if it is still there.
        """
        blocks = tuple(blocks)
        if blocks != self._blocks:
            self._blocks = blocks
            self._draw()

    @property
    def picture_size(self) -> QSize:
        """The size in pixels of the small picture of a block."""
        return QSize(*(self._theme.px(side) for side in PICTURE))

    def show_pictures(self, pictures: Mapping[str, QImage]) -> None:
        """Shows a small picture on each of these blocks, and none on the others."""
        self._pictures = pictures
        for name, item in self._items.items():
            item.set_picture(pictures.get(name))

    def choose(self, *names: str) -> None:
        """Selects blocks and brings the last of them into sight."""
        items = [self._items[name] for name in names if name in self._items]
        if items:
            with self._quiet():
                self._scene.clearSelection()
                for item in items:
                    item.setSelected(True)

            self._selection_changed()
            self.show_block(names[-1])

    def choose_up_to(self, name: str) -> None:
        """Selects all blocks from the one that was chosen by itself up to this one."""
        order = [block.name for block in self._blocks if not block.source]
        if name not in order or self._anchor not in order:
            self.choose(name)
            return

        anchor = self._anchor
        first, last = sorted((order.index(anchor), order.index(name)))
        between = order[first : last + 1]
        self.choose(*(between if between[-1] == name else reversed(between)))
        self._anchor = anchor

    def show_block(self, name: str) -> None:
        """Brings a block into sight."""
        if item := self._items.get(name):
            self.ensureVisible(item, 8, 24)

    def item(self, name: str) -> BlockItem:
        """Returns the drawn block. Raises KeyError."""
        return self._items[name]

    # --- zoom

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def zoom_by(self, factor: float) -> None:
        wanted = min(LARGEST_ZOOM, max(SMALLEST_ZOOM, self.zoom * factor))
        self.scale(wanted / self.zoom, wanted / self.zoom)

    def zoom_to_actual(self) -> None:
        self.resetTransform()
        self._wait_for_redraw()

    def zoom_to_fit(self) -> None:
        """Shows the whole network; it is never drawn larger than its own size."""
        place = self._scene.sceneRect()
        room = self.viewport().size()
        if place.isEmpty():
            return

        factor = min(1.0, room.width() / place.width(), room.height() / place.height())
        self.resetTransform()
        self.scale(max(SMALLEST_ZOOM, factor), max(SMALLEST_ZOOM, factor))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    # --- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Left):
            self._step(-1, extends)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Right):
            self._step(1, extends)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._blocks:
            self.choose(self._blocks[0 if key == Qt.Key.Key_Home else -1].name)
        elif event.text() in ("+", "-"):
            self.zoom_by(ZOOM_STEP if event.text() == "+" else 1 / ZOOM_STEP)
        elif event.text() == "0":
            self.zoom_to_actual()
        elif event.text().lower() == "f":
            self.zoom_to_fit()
        else:
            super().keyPressEvent(event)

    def _step(self, by: int, extends: bool) -> None:
        names = [block.name for block in self._blocks]
        if not names:
            return

        ends = self._chosen[:1] + self._chosen[-1:]
        here = next((name for name in reversed(ends) if name != self._anchor), self.chosen)
        here = here if extends else self.chosen
        index = names.index(here) + by if here in names else 0
        name = names[min(len(names) - 1, max(0, index))]
        if extends:
            self.choose_up_to(name)
        else:
            self.choose(name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if extends and isinstance(item, BlockItem):
            self.choose_up_to(item.view.name)
            event.accept()
        else:
            super().mousePressEvent(event)

    # --- drawing

    def _draw(self) -> None:
        self._redraw.stop()
        self._width = self._block_width()
        theme = self._theme
        chosen = self._chosen
        place = self.verticalScrollBar().value()

        with self._quiet():
            self._fill(theme, chosen)

        self.verticalScrollBar().setValue(place)
        self._selection_changed()
        self._describe()

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Emits nothing while the program selects.

        To block the signals of the scene would hide its size too.
        """
        self._changing = True
        yield
        self._changing = False

    def _fill(self, theme: Theme, chosen: Sequence[str]) -> None:
        self._scene.clear()
        self._items = {block.name: BlockItem(block, theme, self._width) for block in self._blocks}

        arrangement = (
            arrange(
                {block.name: block.inputs for block in self._blocks},
                {name: item.height for name, item in self._items.items()},
                Sizes(self._width, theme.px(ROW_GAP), theme.px(COLUMN_GAP), theme.px(LANE)),
            )
            if self._blocks
            else None
        )
        if arrangement is not None:
            for corners in arrangement.lines.values():
                self._scene.addItem(LineItem(corners, theme))
            for name, item in self._items.items():
                item.setPos(arrangement.boxes[name].x, arrangement.boxes[name].y)
                self._scene.addItem(item)

        self._scene.setSceneRect(
            self._scene.itemsBoundingRect().adjusted(-4, -2, 4, 2) if self._items else QRectF()
        )
        for name in chosen:
            if name in self._items:
                self._items[name].setSelected(True)

        self.show_pictures(self._pictures)

    def _block_width(self) -> float:
        """Returns the width of the blocks.

        It is that of the view where the network is one column, and a fixed one where it branches.
        """
        theme = self._theme
        if _branches(self._blocks):
            return float(theme.px(BRANCHED))

        room = self.viewport().width() - 16
        return float(min(theme.px(WIDTH), max(theme.px(NARROWEST), room)))

    def _selection_changed(self) -> None:
        if self._changing:
            return

        chosen = tuple(name for name, item in self._items.items() if item.isSelected())
        if chosen != self._chosen:
            self._chosen = chosen
            if len(chosen) == 1:
                self._anchor = chosen[0]

            self._describe()
            self.selected.emit(self.chosen)

    def _describe(self) -> None:
        words = [block.words() for block in self._blocks if block.name in self._chosen]
        chosen = f" Selected: {'; '.join(words)}." if words else ""
        self.setAccessibleDescription(f"{len(self._blocks)} blocks.{chosen}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wait_for_redraw()

    def _wait_for_redraw(self) -> None:
        """Draws from the event loop: drawing inside a resize could resize again."""
        if self._blocks and self._block_width() != self._width:
            self._redraw.start()

    def _restyle(self) -> None:
        self.setBackgroundBrush(self._theme.color("surface"))
        self._draw()


def _branches(blocks: Sequence[BlockView]) -> bool:
    """Returns whether any block reads something else than the block before it."""
    return any(
        block.inputs not in ((), (before.name,)) for before, block in itertools.pairwise(blocks)
    )
