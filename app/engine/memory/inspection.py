"""A graph -> shapes, parameters, multiply-adds and bytes of every block, without data and without
its memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.compute.fake_tensors import ActivationMeter, WorkMeter, fake_tensors
from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.network import (
    PlacedBlock,
    check_output,
    fake_inputs,
    input_shapes,
    place_block,
    read_block,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from models.shape import Problem, Shape

PROBE = 2
"""Examples that are sent through: batch norm takes another way for a single value."""


@dataclass(frozen=True)
class BlockReport:
    """One block, for one example. shape is None behind a block that cannot be.

    title: a few words with its settings. help: what it does. activation_bytes: what training keeps
    for the backward pass because of it (what several blocks share counts for the first). error,
    remedy: why it cannot be, else "".
    """

    name: str
    kind: str
    title: str
    help: str
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape | None, ...]
    shape: Shape | None
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    error: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Inspection:
    """All blocks in order, and their sums.

    error: the first block's that cannot be, None for a sound graph.
    """

    blocks: tuple[BlockReport, ...]
    parameters: int
    multiply_adds: int
    error: GraphError | None = None

    @property
    def activation_bytes(self) -> int:
        return sum(block.activation_bytes for block in self.blocks)

    def __getitem__(self, name: str) -> BlockReport:
        return next(block for block in self.blocks if block.name == name)


def inspect(graph: Graph, problem: Problem) -> Inspection:
    """Never raises for a graph that cannot be: the block at fault carries the error, those behind
    it no shape.
    """
    found, error = _placed(graph, problem)
    figures = _measure(graph, problem, found)
    shapes = input_shapes(problem) | {name: one.shape for name, one in found.items()}
    reports = tuple(
        _report(node, shapes, figures.get(node.name, (0, 0, 0)), error) for node in graph.nodes
    )

    return Inspection(
        reports,
        sum(block.parameters for block in reports),
        sum(block.multiply_adds for block in reports),
        error,
    )


def _placed(graph: Graph, problem: Problem) -> tuple[dict[str, PlacedBlock], GraphError | None]:
    """The blocks that can be, up to the first that cannot."""
    found: dict[str, PlacedBlock] = {}
    shapes = input_shapes(problem)
    try:
        for node in graph.nodes:
            one = place_block(node, shapes)
            if node is graph.nodes[-1]:
                check_output(node, one.shape, problem)

            found[node.name] = one
            shapes[node.name] = one.shape
    except GraphError as error:
        return found, error

    return found, None


def _measure(
    graph: Graph, problem: Problem, found: dict[str, PlacedBlock]
) -> dict[str, tuple[int, int, int]]:
    """Parameters, multiply-adds and bytes kept, of each block of a sound beginning of the graph."""
    figures: dict[str, tuple[int, int, int]] = {}
    with fake_tensors():
        values = dict(zip((INPUT, OTHER), fake_inputs(problem, PROBE), strict=False))
        batch = tuple(values.values())
        blocks: dict[str, nn.Module] = {name: one.module() for name, one in found.items()}
        known = [
            tensor
            for block in blocks.values()
            for tensor in (*block.parameters(), *block.buffers())
        ]

        kept = ActivationMeter([*known, *batch])
        for node in graph.nodes[: len(found)]:
            before = kept.bytes
            block = blocks[node.name]
            with kept, WorkMeter() as work:
                values[node.name] = block(*(values[name] for name in node.inputs))

            parameters = sum(parameter.numel() for parameter in block.parameters())
            figures[node.name] = (
                parameters,
                work.multiply_adds // PROBE,
                (kept.bytes - before) // PROBE,
            )

    return figures


def _report(
    node: Node, shapes: Mapping[str, Shape], figures: tuple[int, int, int], error: GraphError | None
) -> BlockReport:
    try:
        block = read_block(node)
        title = block.title()
        text = block.summary
    except GraphError:
        title = node.kind
        text = ""

    here = error if error is not None and error.node == node.name else None
    return BlockReport(
        node.name,
        node.kind,
        title,
        text,
        node.inputs,
        tuple(shapes.get(name) for name in node.inputs),
        shapes.get(node.name),
        *figures,
        here.what if here else "",
        here.remedy if here else "",
    )
