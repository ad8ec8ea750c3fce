"""All numbers of a graph, block by block, as a value of which a changed graph makes the next.

`measure_graph` measures only blocks that are new to this process, or that read something of another
form, and takes places and shapes from the measurement of before. The bytes of all blocks add up to
the ledger: exactly for weights, gradients and state, and nearly for activations, as autograd keeps
a tensor once that several blocks need; it counts for the first of them. What the loss keeps counts
for the last block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from app.engine.compute.fake_tensors import fake_tensors
from app.engine.memory.block_cost import Conditions, Cost, Form, cost_of_block, cost_of_loss
from app.engine.memory.known_costs import KNOWN
from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.network import (
    PlacedBlock,
    check_problem,
    fake_inputs,
    input_shapes,
    place_block,
    read_block,
)
from models.receptive_field import ReceptiveField, of_example

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.experiment.resolve import ResolvedExperiment
    from models.layers.block import Block
    from models.shape import Problem, Shape

BLOCK_ROWS = (
    "weights",
    "gradients",
    "first_moment",
    "second_moment",
    "other_state",
    "activations",
)
"""Rows of the ledger that are held because of single blocks, in its order."""


@dataclass(frozen=True)
class BlockNumbers:
    """What one block is and costs.

    inputs: the shapes that it reads; None behind a block that cannot be. shape: of its output, None
    where it cannot be. multiply_adds: for one example. bytes: of a whole batch, by BLOCK_ROWS.
    block: None where kind or settings are wrong. receptive_field: what a position of its output
    sees of the example, None where that is everything. error: why it cannot be.
    """

    node: Node
    inputs: tuple[Shape | None, ...]
    shape: Shape | None = None
    block: Block | None = None
    parameters: int = 0
    multiply_adds: int = 0
    bytes: dict[str, int] = field(default_factory=dict)
    receptive_field: ReceptiveField | None = None
    error: GraphError | None = None

    @property
    def total_bytes(self) -> int:
        """All that is held because of it."""
        return sum(self.bytes.values())


@dataclass(frozen=True)
class GraphMeasurement:
    """The numbers of every block, in order. The first block that cannot be carries the error.

    problem, conditions: what it was measured for. placed: the blocks in their places, for the next
    measurement.
    """

    blocks: tuple[BlockNumbers, ...]
    problem: Problem
    conditions: Conditions
    placed: Mapping[str, PlacedBlock] = field(repr=False, compare=False)

    @cached_property
    def by_name(self) -> dict[str, BlockNumbers]:
        return {block.node.name: block for block in self.blocks}

    @property
    def error(self) -> GraphError | None:
        """What is wrong with the first block that cannot be; None for a sound graph."""
        return next((block.error for block in self.blocks if block.error is not None), None)

    @property
    def parameters(self) -> int:
        return sum(block.parameters for block in self.blocks)

    @property
    def multiply_adds(self) -> int:
        return sum(block.multiply_adds for block in self.blocks)

    @property
    def bytes(self) -> dict[str, int]:
        """What all blocks together hold, by BLOCK_ROWS."""
        return {row: sum(block.bytes.get(row, 0) for block in self.blocks) for row in BLOCK_ROWS}


def measure_graph(
    graph: Graph,
    problem: Problem,
    resolved: ResolvedExperiment,
    conditions: Conditions,
    before: GraphMeasurement | None = None,
) -> GraphMeasurement:
    """Measures every block up to the first that cannot be; nothing is allocated.

    resolved: the experiment, for its loss. before: a measurement of which equal places are taken.
    It never raises for a graph of which a block cannot be: that one carries the error.
    """
    if before is not None and before.problem != problem:
        before = None

    placed, error = _placed(graph, problem, before)
    meter = _Meter(problem, conditions)
    if placed:
        with fake_tensors():
            meter.read_inputs()
            for node in graph.nodes:
                if node.name in placed:
                    meter.measure(placed[node.name], node is graph.nodes[-1])

            if error is None:
                meter.measure_loss(resolved, graph.nodes[-1].name)

    fields = _fields(problem, placed, before)
    blocks = _numbers(graph, problem, placed, fields, meter, error)
    return GraphMeasurement(blocks, problem, conditions, placed)


def _placed(
    graph: Graph, problem: Problem, before: GraphMeasurement | None
) -> tuple[dict[str, PlacedBlock], GraphError | None]:
    """Returns the blocks before the first that cannot be, and that one's error."""
    known = before.placed if before is not None else {}
    placed: dict[str, PlacedBlock] = {}
    shapes = input_shapes(problem)
    answers: dict[str, int] = {}
    try:
        for node in graph.nodes:
            block = known.get(node.name)
            inputs = tuple(shapes.get(name) for name in node.inputs)
            if block is None or block.node != node:
                block = place_block(node, shapes)
            elif block.inputs != inputs:
                block = block.behind(*(shapes[name] for name in node.inputs))

            check_problem(block, problem, node is graph.nodes[-1], answers)

            placed[node.name] = block
            shapes[node.name] = block.shape
    except GraphError as error:
        return placed, error.to_keep()

    return placed, None


class _Meter:
    """Goes from block to block and follows whose storages autograd keeps."""

    def __init__(self, problem: Problem, conditions: Conditions) -> None:
        self._problem = problem
        self._conditions = conditions
        self._for_blocks = (conditions.key, any(half.kind == "image" for half in problem.inputs))
        self._for_loss = (conditions.key, repr(problem))
        self.of_block: dict[str, Cost] = {}
        self.activations: dict[str, int] = {}
        self._forms: dict[str, Form] = {}
        self._storages: dict[str, tuple[str, int]] = {}
        """By block: whose storage its output lies in, and its bytes."""
        self._counted = {INPUT, OTHER}
        """Whose storages are counted; the batch has a row of its own."""

    def read_inputs(self) -> None:
        inputs = fake_inputs(self._problem, self._conditions.batch)
        for name, tensor in zip((INPUT, OTHER), inputs, strict=False):
            self._forms[name] = Form.of(tensor)
            self._storages[name] = (name, 0)

    def measure(self, placed: PlacedBlock, is_last: bool) -> None:
        node = placed.node
        forms = tuple(self._forms[name] for name in node.inputs)
        ends = is_last and self._conditions.recompute
        key = (node.kind, placed.settings, placed.inputs, forms, ends)
        cost = KNOWN.get(
            (self._for_blocks, key),
            lambda: cost_of_block(placed, forms, self._conditions, self._problem, is_last),
        )
        self.of_block[node.name] = cost
        self._forms[node.name] = cost.output
        self._storages[node.name] = (
            (node.name, cost.output_bytes)
            if cost.same_as is None
            else self._storages[node.inputs[cost.same_as]]
        )
        self.activations[node.name] = self._kept(cost, node.inputs, node.name)

    def measure_loss(self, resolved: ResolvedExperiment, last: str) -> None:
        """Adds what the loss keeps to the last block."""
        output = self._forms[last]
        key = ("loss", repr(resolved.loss), resolved.task.kind, output)
        cost = KNOWN.get((self._for_loss, key), lambda: self._of_loss(resolved, output))
        self.activations[last] += self._kept(cost, (last,), "")

    def _of_loss(self, resolved: ResolvedExperiment, output: Form) -> Cost:
        problem = self._problem
        loss = resolved.loss.build((1,) * problem.outputs, torch.device("cpu"), problem.examples)
        targets = resolved.task.fake_targets(problem, self._conditions.batch)
        return cost_of_loss(loss, output, targets, self._conditions)

    def _kept(self, cost: Cost, inputs: tuple[str, ...], name: str) -> int:
        """Returns the bytes that are kept because of a block, and of no block before it."""
        total = cost.kept
        readers = [inputs[number] for number in cost.keeps_inputs]
        for source in [*readers, *([name] if cost.keeps_output and name else ())]:
            owner, size = self._storages[source]
            if owner not in self._counted:
                self._counted.add(owner)
                total += size

        return total


def _fields(
    problem: Problem,
    placed: Mapping[str, PlacedBlock],
    before: GraphMeasurement | None,
) -> dict[str, ReceptiveField | None]:
    """Returns what a position of each block sees of the example; None where that is all of it."""
    fields = {
        name: of_example(example)
        for name, example in zip((INPUT, OTHER), problem.inputs, strict=False)
    }
    known = dict(fields)
    if before is not None:
        known |= {block.node.name: block.receptive_field for block in before.blocks}

    for name, block in placed.items():
        seen = tuple(fields[source] for source in block.node.inputs)
        is_known = before is not None and before.placed.get(name) is block
        if is_known and seen == tuple(known[source] for source in block.node.inputs):
            fields[name] = known[name]
        else:
            fields[name] = block.block.seen(seen, *block.inputs)

    return fields


def _numbers(
    graph: Graph,
    problem: Problem,
    placed: Mapping[str, PlacedBlock],
    fields: Mapping[str, ReceptiveField | None],
    meter: _Meter,
    error: GraphError | None,
) -> tuple[BlockNumbers, ...]:
    shapes: dict[str, Shape] = input_shapes(problem) | {
        name: block.shape for name, block in placed.items()
    }
    numbers = []
    for node in graph.nodes:
        inputs = tuple(shapes.get(name) for name in node.inputs)
        if node.name not in placed:
            own = error if error is not None and error.node == node.name else None
            numbers.append(BlockNumbers(node, inputs, block=_block(node), error=own))
            continue

        cost = meter.of_block[node.name]
        rows: dict[str, Any] = {**cost.bytes, "activations": meter.activations[node.name]}
        numbers.append(
            BlockNumbers(
                node,
                inputs,
                placed[node.name].shape,
                placed[node.name].block,
                cost.parameters,
                cost.multiply_adds,
                {row: rows[row] for row in BLOCK_ROWS},
                fields[node.name],
            )
        )

    return tuple(numbers)


def _block(node: Node) -> Block | None:
    """Returns the block of a node; None where its kind or settings are wrong."""
    try:
        return read_block(node)
    except GraphError:
        return None
