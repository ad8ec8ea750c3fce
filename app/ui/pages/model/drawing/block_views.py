"""The blocks as they are drawn, of what was measured and of a graph that has changed since."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.engine.data.kinds import kind_of
from app.engine.data.nouns import noun
from app.engine.text import count_text
from app.ui.canvas.block_view import BlockView
from app.ui.text.words import size_words
from models.graph import INPUT, OTHER
from models.shape import Input, words

if TYPE_CHECKING:
    from app.engine.memory.inspection import BlockReport
    from app.ui.state.network_measurer import Measured
    from models.graph import Graph, Node


def block_views(measured: Measured, graph: Graph | None = None) -> tuple[BlockView, ...]:
    """Returns the blocks as they are drawn, what comes in on top.

    That is one example, or both halves of a pair. graph: the network as it is now, if it was
    changed since: blocks that the change can reach are shown without numbers, and no block with its
    share of the whole.
    """
    now = None if graph is None or is_measured(graph, measured) else graph
    inspection = measured.inspection
    # Of a network that cannot be built, and of a changed one, the whole is not known.
    whole = now is None and inspection.error is None
    total = max(1, inspection.parameters) if whole else math.inf
    held = (
        {block.node.name: block.total_bytes for block in measured.measurement.blocks}
        if measured.measurement is not None and now is None
        else {}
    )
    if now is None:
        return (
            *_sources(measured),
            *(
                _measured_view(block, measured, total, held.get(block.name, 0))
                for block in inspection.blocks
            ),
        )

    known = unchanged(now, measured)
    reports = {block.name: block for block in inspection.blocks}
    return (
        *_sources(measured),
        *(
            _measured_view(reports[node.name], measured, total, 0)
            if node.name in known
            else _pending_view(node, measured)
            for node in now.nodes
        ),
    )


def _sources(measured: Measured) -> list[BlockView]:
    return [
        BlockView(
            name,
            noun(part.kind, 1).capitalize(),
            input_words(part),
            source=True,
            help=kind_of(part.kind).enters,
            form=part.shape,
        )
        for name, part in zip((INPUT, OTHER), measured.problem.inputs, strict=False)
    ]


def _measured_view(block: BlockReport, measured: Measured, total: float, held: int) -> BlockView:
    measurement = measured.measurement
    numbers = measurement.by_name.get(block.name) if measurement is not None else None
    kind = numbers.block if numbers is not None else None
    return BlockView(
        name=block.name,
        title=block.title,
        shape=words(block.shape) if block.shape is not None else "",
        inputs=tuple(block.inputs),
        help=block.help,
        parameters=block.parameters,
        share=block.parameters / total,
        multiply_adds=block.multiply_adds,
        activation_bytes=block.activation_bytes,
        held=held,
        error=block.error,
        remedy=block.remedy,
        reached=block.shape is not None,
        form=block.shape or (),
        most_inputs=kind.arity[1] if kind is not None else 1,
        group=numbers is not None and numbers.node.definition is not None,
    )


def _pending_view(node: Node, measured: Measured) -> BlockView:
    """Returns a block whose numbers are not known yet; its title may be known from before."""
    from models.new_block import most_inputs, title_of  # noqa: PLC0415 - it loads torch

    measurement = measured.measurement
    before = measurement.by_name.get(node.name) if measurement is not None else None
    if before is not None and before.block is not None and before.node == node:
        return BlockView(
            node.name,
            before.block.title(),
            "",
            node.inputs,
            pending=True,
            most_inputs=before.block.arity[1],
            group=node.definition is not None,
        )

    return BlockView(
        node.name,
        title_of(node),
        "",
        node.inputs,
        pending=True,
        most_inputs=most_inputs(node.definition or node.kind),
        group=node.definition is not None,
    )


def is_measured(graph: Graph, measured: Measured) -> bool:
    """Returns whether it is this graph that was measured."""
    measurement = measured.measurement
    return measurement is None or graph.nodes == tuple(block.node for block in measurement.blocks)


def unchanged(graph: Graph, measured: Measured) -> set[str]:
    """Returns the blocks that are as they were measured, and all before them; the inputs too."""
    measurement = measured.measurement
    before = measurement.by_name if measurement is not None else {}
    last = measurement.blocks[-1].node.name if measurement is not None else ""
    known = {INPUT, OTHER}
    for node in graph.nodes:
        numbers = before.get(node.name)
        # The last block is also judged by whether it answers what is asked.
        same_end = (node is graph.nodes[-1]) == (node.name == last)
        same = numbers is not None and numbers.node == node and same_end
        if same and known.issuperset(node.inputs):
            known.add(node.name)

    return known


def input_words(part: Input) -> str:
    """Returns the shape of what comes in, in the words of its kind.

    These are channels of a picture, columns, tokens or values.
    """
    if part.kind == "image":
        return words(part.shape)

    categories = len(part.categories)
    if part.kind == "row" and categories:
        numbers = count_text(part.numeric_columns, "number")
        return f"{numbers}, {count_text(categories, 'category', 'categories')}"

    return size_words(part)
