"""What the mouse does on the drawing: choose, move, draw wires, pan. Escape ends it unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtWidgets import QApplication, QRubberBand

from app.ui.canvas.items import BlockItem
from app.ui.canvas.notes import NoteItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.canvas.editor import Editor
    from app.ui.canvas.surface import Surface
    from app.ui.canvas.wires import Wire

PORT_REACH = 8
"""Pixels around the dot of a block within which a wire begins."""

WIRE_REACH = 6
"""Pixels around a wire within which it is meant."""

SNAP = 6
"""Pixels within which a moved block comes to stand below what it reads."""


class Gesture(Protocol):
    """Something that the mouse does from a press to a release; points are of the viewport."""

    def move(self, point: QPointF) -> None: ...

    def release(self, point: QPointF) -> None: ...

    def cancel(self) -> None: ...


class Pan:
    """Moves the picture under the mouse."""

    def __init__(self, surface: Surface, point: QPointF) -> None:
        self._surface = surface
        self._last = point
        surface.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, point: QPointF) -> None:
        by = (point - self._last).toPoint()
        self._last = self._last + QPointF(by)
        for bar, step in (
            (self._surface.horizontalScrollBar(), by.x()),
            (self._surface.verticalScrollBar(), by.y()),
        ):
            bar.setValue(bar.value() - step)

    def release(self, point: QPointF) -> None:
        self.move(point)
        self.cancel()

    def cancel(self) -> None:
        self._surface.viewport().unsetCursor()


class Band:
    """Chooses all blocks and notes that a rectangle touches; also: beside those chosen before."""

    def __init__(self, surface: Surface, point: QPointF, also: bool) -> None:
        self._surface = surface
        self._start = point.toPoint()
        content = surface.content
        self._before = [item for item in content.selectedItems() if also]
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, surface.viewport())
        self._band.setGeometry(QRect(self._start, QSize()))
        self._band.show()
        surface.select(self._before)

    def move(self, point: QPointF) -> None:
        place = QRect(self._start, point.toPoint()).normalized()
        self._band.setGeometry(place)
        area: QRectF = self._surface.mapToScene(place).boundingRect()
        content = self._surface.content
        items: list[BlockItem | NoteItem] = [*content.blocks.values(), *content.notes]
        touched = [item for item in items if area.intersects(item.rect)]
        self._surface.select([*self._before, *touched])

    def release(self, point: QPointF) -> None:
        self.move(point)
        self._close()

    def cancel(self) -> None:
        self._surface.select(self._before)
        self._close()

    def _close(self) -> None:
        self._band.hide()
        self._band.setParent(None)
        self._band.deleteLater()


class Move:
    """Moves the chosen blocks and notes once the mouse has gone some pixels."""

    def __init__(
        self, surface: Surface, editor: Editor, tell: Callable[[str, QPointF], None], point: QPointF
    ) -> None:
        self._surface = surface
        self._editor = editor
        self._tell = tell
        self._start = self._last = surface.scene_point(point)
        self._pressed = point
        self._items = [
            item
            for item in surface.content.selectedItems()
            if isinstance(item, (BlockItem, NoteItem))
        ]
        self._places = [item.pos() for item in self._items]
        self.begun = False

    def move(self, point: QPointF) -> None:
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if not self.begun and not far:
            return

        self.begun = True
        here = self._surface.scene_point(point)
        by = here - self._start
        moved = self._places[0] + by - self._items[0].pos() if self._items else by
        self._surface.content.move_by_hand(self._items, moved + self._snap(moved))

    def release(self, point: QPointF) -> None:
        if not self.begun:
            return

        self.move(point)
        place_of = self._surface.content.place_of
        blocks = {
            item.view.name: place_of(item) for item in self._items if isinstance(item, BlockItem)
        }
        notes = {item.number: place_of(item) for item in self._items if isinstance(item, NoteItem)}
        if sentence := self._editor.move(blocks, notes):
            self.cancel()
            self._tell(sentence, self._surface.scene_point(point))

    def cancel(self) -> None:
        for item, place in zip(self._items, self._places, strict=True):
            self._surface.content.move_by_hand([item], place - item.pos())

    def _snap(self, by: QPointF) -> QPointF:
        """Returns what is left to stand straight below or above a neighbour on a wire."""
        item = self._items[0] if len(self._items) == 1 else None
        if not isinstance(item, BlockItem):
            return QPointF()

        middle = item.x() + by.x() + item.width / 2
        blocks = self._surface.content.blocks
        for source, target in self._surface.content.wires.lines:
            if item.view.name in (source, target):
                other = blocks[target if item.view.name == source else source]
                off = other.x() + other.width / 2 - middle
                if abs(off) <= SNAP / self._surface.zoom:
                    return QPointF(off, 0)

        return QPointF()


class DrawWire:
    """Draws a wire from a block to another, or leads the end of one elsewhere.

    wire: the wire that is led elsewhere, None for a new one.
    """

    def __init__(
        self,
        surface: Surface,
        editor: Editor,
        tell: Callable[[str, QPointF], None],
        point: QPointF,
        source: str,
        wire: Wire | None = None,
    ) -> None:
        self._surface = surface
        self._editor = editor
        self._tell = tell
        self.source = source
        self.wire = wire
        self._target: BlockItem | None = None
        self._pressed = point
        self.begun = False
        """Whether the mouse has gone some pixels; else it was a click."""
        surface.viewport().setCursor(Qt.CursorShape.CrossCursor)
        surface.content.wires.light(wire)

    def move(self, point: QPointF) -> None:
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if not self.begun and not far:
            return

        self.begun = True
        content = self._surface.content
        here = self._surface.scene_point(point)
        target = content.block_at(here, self.source)
        if target is not self._target:
            self._mark(target)

        start = content.blocks[self.source].port
        end = QPointF(target.rect.center().x(), target.y()) if target is not None else here
        content.wires.draw_loose(((start.x(), start.y()), (end.x(), end.y())))

    def release(self, point: QPointF) -> None:
        self.move(point)
        if not self.begun:
            self.cancel()
            return

        target = self._target
        here = self._surface.scene_point(point)
        self.cancel()
        if target is None:
            # A click on the dot is no wire; a wire that is led to nowhere is taken away.
            sentence = self._editor.remove_wire(self.wire) if self.wire is not None else ""
        elif self.wire is None:
            sentence = self._editor.draw_wire(self.source, target.view.name)
        else:
            sentence = self._editor.move_wire(self.wire, self.source, target.view.name)

        if sentence:
            self._tell(sentence, here)

    def cancel(self) -> None:
        self._mark(None)
        self._surface.content.wires.draw_loose(())
        self._surface.viewport().unsetCursor()

    def _mark(self, target: BlockItem | None) -> None:
        if self._target is not None:
            self._target.set_marked(False)
        if target is not None:
            target.set_marked(True)

        self._target = target


def port_at(surface: Surface, point: QPointF) -> str:
    """Returns the block whose dot lies at a point of the viewport; "" for none."""
    here = surface.scene_point(point)
    reach = PORT_REACH / min(1.0, max(0.6, surface.zoom))
    area = QRectF(here - QPointF(reach, reach), here + QPointF(reach, reach))
    for item in surface.content.items(area):
        if isinstance(item, BlockItem) and area.contains(item.port):
            return item.view.name

    return ""


def reach_of_wire(surface: Surface) -> float:
    """Returns the pixels of the scene around a wire within which it is meant."""
    return WIRE_REACH / min(1.0, max(0.6, surface.zoom))
