"""The numbers of one block in words: shape, parameters, work, what it sees, and its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.nouns import noun
from app.engine.text import bytes_text, percent_text, short_text
from models.own_blocks import kinds_in
from models.shape import words

if TYPE_CHECKING:
    from app.engine.memory.graph_measurement import BlockNumbers
    from app.ui.state.network_measurer import Measured
    from models.graph import Node

RESHAPING = ("reshape", "flatten")
"""Kinds of blocks that put numbers elsewhere, so that positions are no longer those of before."""

STATE = ("first_moment", "second_moment", "other_state")


def number_lines(block: BlockNumbers, measured: Measured) -> list[str]:
    """Returns what is known of a block, a line each; [] where it is not reached."""
    if block.shape is None:
        return ["It is not reached." if block.error is None else block.error.message]

    example = "pair" if measured.problem.other is not None else noun(measured.problem.input, 1)
    lines = [f"Gives {words(block.shape)}."]
    if block.parameters:
        # Of a network that cannot be built, the whole is not known.
        whole = measured.inspection.error is None
        share = percent_text(block.parameters / max(1, measured.inspection.parameters))
        of_all = f", {share} of all" if whole else ""
        lines.append(f"{block.parameters:,} parameters{of_all}.")
    if block.multiply_adds:
        lines.append(f"{short_text(block.multiply_adds)} multiply-adds a {example}.")
    if sees := _sees(block, measured):
        lines.append(sees)

    return [*lines, _memory(block, measured)]


def _sees(block: BlockNumbers, measured: Measured) -> str:
    """Returns how much of a picture one position sees; "" where that is no question."""
    shape = block.shape
    if measured.problem.input != "image" or shape is None or len(shape) != 3:
        return ""

    field = block.receptive_field
    longest = max(measured.problem.shape[1:])
    if field is None and not _sees_all(block, measured):
        return ""
    if field is None or field.positions >= 2 * longest:
        return "Each position sees the whole picture."

    return f"Each position sees {field.positions} × {field.positions} pixels."


def _sees_all(block: BlockNumbers, measured: Measured) -> bool:
    """Returns whether a block without a receptive field sees everything.

    Behind a reshape positions are others, and what one of them sees is not known.
    """
    blocks = measured.measurement.by_name if measured.measurement is not None else {}
    seen = {block.node.name}
    waiting = [block]
    while waiting:
        each = waiting.pop()
        shapes = tuple(shape for shape in each.inputs if shape is not None)
        if each.block is None or len(shapes) < len(each.inputs):
            return False
        if not _reshapes(each.node) and each.block.receptive_field(*shapes) is None:
            return True

        for name in each.node.inputs:
            read = blocks.get(name)
            if read is not None and read.receptive_field is None and name not in seen:
                seen.add(name)
                waiting.append(read)

    return False


def _reshapes(node: Node) -> bool:
    """Returns whether positions behind a block are not those before it."""
    kinds = {node.kind} if node.definition is None else kinds_in(node.definition.graph)
    return not kinds.isdisjoint(RESHAPING)


def _memory(block: BlockNumbers, measured: Measured) -> str:
    """Returns what is held in training because of a block."""
    rows = block.bytes
    state = sum(rows.get(row, 0) for row in STATE)
    batch = measured.resolved.training.batch_size
    parts = [
        (rows.get("weights", 0), "weights"),
        (rows.get("gradients", 0), "gradients"),
        (state, f"of {measured.resolved.optimizer.label}"),
        (rows.get("activations", 0), f"activations of {batch} examples"),
    ]
    held = [f"{bytes_text(size)} {what}" for size, what in parts if size]
    if not held:
        return "It holds no memory of its own in training."

    return f"In training {bytes_text(block.total_bytes)}: {', '.join(held)}."
