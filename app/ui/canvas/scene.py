"""The scene of the drawn network: an item for each block and each note, and the wires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from app.ui.canvas.items import BlockItem
from app.ui.canvas.notes import NoteItem
from app.ui.canvas.tensor_box import Largest
from app.ui.canvas.wires import WiresItem
from models.arrangement import Box, Plan, Sizes, free_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QObject

    from app.engine.experiment.drawing import Drawing
    from app.ui.canvas.block_view import BlockView
    from app.ui.canvas.look import Look

# Distances in pixels at 100 %.
ROW_GAP = 12

COLUMN_GAP = 40

LANE = 16

EDGE = 8
"""Around everything, in pixels."""


class NetworkScene(QGraphicsScene):
    """Keeps its items in step with what is shown: of a change, only what differs is made anew.

    resized(): a card has another height, and everything has to be arranged again.
    """

    resized = Signal()

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look
        self.blocks: dict[str, BlockItem] = {}
        self.notes: list[NoteItem] = []
        self.wires = WiresItem(look)
        self.addItem(self.wires)
        self._with_ports = False
        self._plan = Plan({})

    def width_for(self, blocks: Sequence[BlockView], room: float) -> float:
        """Returns the width of each block with which all columns of a network fit into a room."""
        return self._plan_of(blocks).widest_block(room - 2 * EDGE, self._sizes(0))

    def _plan_of(self, blocks: Sequence[BlockView]) -> Plan:
        """Returns rows and columns of these blocks, those of before where no wire is another."""
        inputs = {block.name: block.inputs for block in blocks}
        # The order counts too: of branches that are alike, the first one gets the next column.
        if list(inputs.items()) != list(self._plan.inputs.items()):
            self._plan = Plan(inputs)

        return self._plan

    def show_network(
        self, blocks: Sequence[BlockView], drawing: Drawing, look: Look, width: float
    ) -> None:
        """Shows these blocks, which are in topological order, and the notes of the drawing.

        width: of every block, in pixels.
        """
        self._look = look
        largest = Largest.of(block.form for block in blocks)
        if look.largest is not None and any(block.pending for block in blocks):
            largest = look.largest  # else all boxes would change while some are not known
        all_anew = look.largest != largest
        look.largest = largest
        names = {block.name for block in blocks}
        for name in [name for name in self.blocks if name not in names]:
            self.removeItem(self.blocks.pop(name))

        items: dict[str, BlockItem] = {}
        for block in blocks:
            item = self.blocks.get(block.name)
            if item is None:
                item = BlockItem(block, look, width, self.resized.emit)
                item.show_ports(self._with_ports)
                self.addItem(item)
            else:
                item.set_look(look, width)
                item.set_view(block)
                if all_anew:
                    item.renew()

            items[block.name] = item

        self.blocks = items
        self._show_notes(drawing)
        self._arrange(blocks, drawing, width)

    def show_ports(self, shown: bool) -> None:
        """Shows on each block, while the mouse is there, the dot from which wires are drawn."""
        self._with_ports = shown
        for item in self.blocks.values():
            item.show_ports(shown)

    def move_by_hand(self, items: Sequence[BlockItem | NoteItem], by: QPointF) -> None:
        """Moves items while they are dragged; their wires follow."""
        moved = set()
        for item in items:
            item.setPos(item.pos() + by)
            if isinstance(item, BlockItem):
                moved.add(item.view.name)

        if moved:
            sizes = self._sizes(next(iter(self.blocks.values())).width)
            lines = {
                wire: free_line(self._box(wire[0]), self._box(wire[1]), sizes)
                if not moved.isdisjoint(wire)
                else corners
                for wire, corners in self.wires.lines.items()
            }
            self.wires.set_lines(lines, self._look)

    def block_at(self, point: QPointF, but: str = "") -> BlockItem | None:
        """Returns the block at a point of the scene, the upper one of two; None for none."""
        for item in self.items(point):
            if isinstance(item, BlockItem) and item.view.name != but:
                return item

        return None

    def note_at(self, point: QPointF) -> NoteItem | None:
        """Returns the note at a point of the scene; None for none."""
        return next((item for item in self.items(point) if isinstance(item, NoteItem)), None)

    def place_of(self, item: BlockItem | NoteItem) -> tuple[float, float]:
        """Returns the place of an item as a drawing keeps it, in pixels at 100 %."""
        zoom = self._look.theme.zoom
        half = item.width / 2 if isinstance(item, BlockItem) else 0.0
        return (item.x() + half) / zoom, item.y() / zoom

    def place_at(self, point: QPointF) -> tuple[float, float]:
        """Returns a point of the scene in pixels at 100 %."""
        zoom = self._look.theme.zoom
        return point.x() / zoom, point.y() / zoom

    def _show_notes(self, drawing: Drawing) -> None:
        while len(self.notes) > len(drawing.notes):
            self.removeItem(self.notes.pop())

        zoom = self._look.theme.zoom
        for number, note in enumerate(drawing.notes):
            if number == len(self.notes):
                self.notes.append(NoteItem(number, note.text, self._look))
                self.addItem(self.notes[-1])

            item = self.notes[number]
            item.show_note(note.text, self._look)
            item.setPos(note.at[0] * zoom, note.at[1] * zoom)

    def _arrange(self, blocks: Sequence[BlockView], drawing: Drawing, width: float) -> None:
        if not blocks:
            self.wires.set_lines({}, self._look)
            self.setSceneRect(QRectF())
            return

        zoom = self._look.theme.zoom
        arrangement = self._plan_of(blocks).arranged(
            {name: item.height for name, item in self.blocks.items()},
            self._sizes(width),
            {name: (x * zoom, y * zoom) for name, (x, y) in drawing.positions.items()},
        )
        for name, item in self.blocks.items():
            box = arrangement.boxes[name]
            item.setPos(box.x, box.y)

        self.wires.set_lines(arrangement.lines, self._look)
        self._set_rect(arrangement.boxes)

    def _set_rect(self, boxes: Mapping[str, Box]) -> None:
        """Lets the scene be as large as all that is on it: Qt only ever lets it grow."""
        place = self.wires.boundingRect()
        left = min(box.x for box in boxes.values())
        top = min(box.y for box in boxes.values())
        right = max(box.x + box.width for box in boxes.values())
        bottom = max(box.bottom for box in boxes.values())
        cards = QRectF(left, top, right - left, bottom - top)
        place = place.united(cards.adjusted(-EDGE, -EDGE, EDGE, EDGE))
        for note in self.notes:
            place = place.united(note.rect.adjusted(-EDGE, -EDGE, EDGE, EDGE))

        self.setSceneRect(place)

    def _sizes(self, width: float) -> Sizes:
        px = self._look.px
        return Sizes(width, px(ROW_GAP), px(COLUMN_GAP), px(LANE))

    def _box(self, name: str) -> Box:
        item = self.blocks[name]
        return Box(item.x(), item.y(), item.width, item.height)
