"""Inspects a graph: shapes, parameters, multiply-adds and bytes of every block.

It takes no data and none of the memory that the network would take.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from app.engine.compute.fake_tensors import ActivationMeter, fake_tensors
from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.network import (
    Network,
    PlacedBlock,
    check_problem,
    fake_inputs,
    input_shapes,
    place_block,
    read_block,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.memory.graph_measurement import GraphMeasurement
    from models.shape import Problem, Shape

PROBE = 2
"""Fake examples that are sent through: batch norm works otherwise on a single value."""

_NO_COSTS = (0, 0, 0)
"""Parameters, multiply-adds and activation bytes of a block that cannot be built."""


@dataclass(frozen=True)
class BlockReport:
    """What one block is and costs, for one example.

    title: a few words with its settings. help: what it does. shape: of its output, None behind a
    block that cannot be built. activation_bytes: what training keeps for the backward pass because
    of it (what several blocks share counts for the first). error, remedy: why it cannot be built,
    else "".
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

    error: that of the first block that cannot be built, None for a sound graph.
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
    """Reports on every block of a graph.

    It never raises for a graph that cannot be built: the block at fault carries the error, and
    those behind it have no shape.
    """
    placed, error = _place_blocks(graph, problem)
    costs = _measure_blocks(_Blocks(graph, problem, placed))
    shapes = input_shapes(problem) | {name: block.shape for name, block in placed.items()}
    reports = tuple(
        _report(node, shapes, costs.get(node.name, _NO_COSTS), error) for node in graph.nodes
    )

    return Inspection(
        reports,
        sum(block.parameters for block in reports),
        sum(block.multiply_adds for block in reports),
        error,
    )


def inspection_of(measurement: GraphMeasurement) -> Inspection:
    """Returns a measurement as the report on each block, its bytes for one example."""
    batch = measurement.conditions.batch
    reports = tuple(
        BlockReport(
            block.node.name,
            block.node.kind,
            block.block.title() if block.block is not None else block.node.kind,
            block.block.summary if block.block is not None else "",
            block.node.inputs,
            block.inputs,
            block.shape,
            block.parameters,
            block.multiply_adds,
            block.bytes.get("activations", 0) // batch,
            block.error.what if block.error is not None else "",
            block.error.remedy if block.error is not None else "",
        )
        for block in measurement.blocks
    )
    return Inspection(reports, measurement.parameters, measurement.multiply_adds, measurement.error)


def optimizer_floats(
    resolved: ResolvedExperiment, graph: Graph, problem: Problem
) -> dict[str, int]:
    """Returns the floats that the optimizer keeps, see Optimizer.state_floats.

    Raises GraphError.
    """
    optimizer = resolved.optimizer
    with fake_tensors():
        return optimizer.state_floats(optimizer.parameter_groups(Network(graph, problem)))


def _place_blocks(
    graph: Graph, problem: Problem
) -> tuple[dict[str, PlacedBlock], GraphError | None]:
    """Returns the blocks before the first that cannot be built, and that one's error."""
    placed: dict[str, PlacedBlock] = {}
    shapes = input_shapes(problem)
    answers: dict[str, int] = {}
    try:
        for node in graph.nodes:
            block = place_block(node, shapes)
            check_problem(block, problem, node is graph.nodes[-1], answers)

            placed[node.name] = block
            shapes[node.name] = block.shape
    except GraphError as error:
        return placed, error.to_keep()

    return placed, None


class _Blocks:
    """The blocks of a graph that can be built; equal to others that cost the same."""

    def __init__(self, graph: Graph, problem: Problem, placed: Mapping[str, PlacedBlock]) -> None:
        self.nodes = graph.nodes[: len(placed)]
        self.problem = problem
        self.placed = placed
        self._key = (problem, *(_place_of(node, placed[node.name]) for node in self.nodes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Blocks) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def _place_of(node: Node, placed: PlacedBlock) -> tuple[object, ...]:
    return node.name, node.inputs, placed.inputs, type(placed.block), placed.settings


@lru_cache(maxsize=64)
def _measure_blocks(blocks_of: _Blocks) -> Mapping[str, tuple[int, int, int]]:
    """Returns parameters, multiply-adds and activation bytes of each block that can be built.

    The last ones are remembered: data that are opened again and trainings that begin ask anew.
    """
    problem, placed = blocks_of.problem, blocks_of.placed
    costs: dict[str, tuple[int, int, int]] = {}
    with fake_tensors():
        values = dict(zip((INPUT, OTHER), fake_inputs(problem, PROBE), strict=False))
        batch = tuple(values.values())
        blocks: dict[str, nn.Module] = {name: block.module() for name, block in placed.items()}
        known = [
            tensor
            for block in blocks.values()
            for tensor in (*block.parameters(), *block.buffers())
        ]
        activations = ActivationMeter([*known, *batch])
        for node in blocks_of.nodes:
            before = activations.bytes
            block = blocks[node.name]
            with activations:
                values[node.name] = block(*(values[name] for name in node.inputs))

            costs[node.name] = (
                sum(parameter.numel() for parameter in block.parameters()),
                placed[node.name].block.multiply_adds(*placed[node.name].inputs),
                (activations.bytes - before) // PROBE,
            )

    return costs


def _report(
    node: Node, shapes: Mapping[str, Shape], costs: tuple[int, int, int], error: GraphError | None
) -> BlockReport:
    try:
        block = read_block(node)
        title = block.title()
        summary = block.summary
    except GraphError:
        title = node.kind
        summary = ""

    own_error = error if error is not None and error.node == node.name else None
    return BlockReport(
        node.name,
        node.kind,
        title,
        summary,
        node.inputs,
        tuple(shapes.get(name) for name in node.inputs),
        shapes.get(node.name),
        *costs,
        own_error.what if own_error else "",
        own_error.remedy if own_error else "",
    )
