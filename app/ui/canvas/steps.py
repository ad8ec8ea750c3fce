"""Where the arrow keys lead on the drawing: along wires, and from branch to branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.canvas.block_view import BlockView
    from app.ui.canvas.items import BlockItem
    from app.ui.canvas.scene import NetworkScene

BESIDE = 120
"""Pixels up or down within which a block stands beside another."""


def along_wires(content: NetworkScene, blocks: Sequence[BlockView], here: str, key: Qt.Key) -> str:
    """Returns the block to which an arrow key leads from a block; the same where none lies there.

    Down leads to what reads the block, the one straight below first, and up to what it reads first.
    Left and right lead to the nearest block beside it. blocks: at least one, in order.
    """
    if here not in content.blocks:
        return blocks[0].name

    item = content.blocks[here]
    if key is Qt.Key.Key_Up:
        inputs = item.view.inputs
        return inputs[0] if inputs else here

    if key is Qt.Key.Key_Down:
        readers = [block.name for block in blocks if here in block.inputs]
        return min(
            readers,
            key=lambda name: (
                abs(_middle(content.blocks[name]) - _middle(item)),
                content.blocks[name].y(),
            ),
            default=here,
        )

    way = 1 if key is Qt.Key.Key_Right else -1
    beside = [
        (abs(other.y() - item.y()), abs(_middle(other) - _middle(item)), name)
        for name, other in content.blocks.items()
        if way * (_middle(other) - _middle(item)) > 1 and abs(other.y() - item.y()) <= BESIDE
    ]
    return min(beside, default=(0.0, 0.0, here))[2]


def _middle(item: BlockItem) -> float:
    return item.x() + item.width / 2
