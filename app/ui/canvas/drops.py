"""Where a block comes that is dropped on the drawing, and what that is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.canvas.editor import Drop

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF

    from app.ui.canvas.surface import Surface


def drop_at(surface: Surface, point: QPointF, reach: float) -> Drop:
    """Returns where a new block would come that is dropped at a point of the scene."""
    block = surface.content.block_at(point)
    if block is not None and not block.view.source:
        return Drop(instead=block.view.name)

    wire = surface.content.wires.at(point, reach)
    if wire is not None:
        return Drop(wire=wire)

    above = [
        item for item in surface.content.blocks.values() if item.y() + item.height <= point.y()
    ]
    nearest = min(
        above or surface.content.blocks.values(),
        key=lambda item: (item.port - point).manhattanLength(),
        default=None,
    )
    behind = nearest.view.name if nearest is not None else ""
    return Drop(behind=behind, at=surface.content.place_at(point))


def words_of(surface: Surface, drop: Drop) -> str:
    """Returns in a few words what a drop would do."""
    blocks = surface.content.blocks
    if drop.instead:
        return f"Replaces {blocks[drop.instead].view.title}"
    if drop.wire is not None:
        first, second = (blocks[name].view.title for name in drop.wire)
        return f"Between {first} and {second}"

    return f"Reads {blocks[drop.behind].view.title}" if drop.behind else ""
