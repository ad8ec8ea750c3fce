"""A graph made runnable: its torch modules, their initial weights and their parameter groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from models.first_weights import WITH_BIAS, rule_of
from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.layers.block import Block, BlockError
from models.layers.heads.output import OutputModule
from models.layers.linear.members import MembersBlock
from models.layers.own_block import TAKEN_NAMES, OwnBlock, read_settings
from models.memory.recomputing import recompute, worth_recomputing
from models.memory.without_memory import give_memory, without_memory
from models.shape import Problem, Shape, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class PlacedBlock:
    """A block in its place in a graph.

    inputs: the shapes that it reads. shape: the one of its output. Both are of one example.
    """

    node: Node
    block: Block
    inputs: tuple[Shape, ...]
    shape: Shape

    @cached_property
    def settings(self) -> str:
        """All that the block is as text, which is equal for equal ones and can be hashed."""
        definition = self.node.definition
        return repr(self.block) if definition is None else repr((self.block, definition))

    def module(self) -> nn.Module:
        """Builds the block's torch module."""
        return self.block.module(*self.inputs)

    def behind(self, *inputs: Shape) -> PlacedBlock:
        """Returns the same block behind inputs of other shapes, without reading its settings again.

        Raises GraphError where their number or their shapes do not fit.
        """
        try:
            moved = PlacedBlock(self.node, self.block, inputs, self.block.output_shape(*inputs))
        except BlockError as error:
            raise GraphError(self.node.name, error.what, error.remedy) from None

        moved.__dict__["settings"] = self.settings  # it takes as long as to place the block
        return moved


# --- from nodes to blocks


def read_block(node: Node) -> Block:
    """Returns the block that a node describes.

    Raises GraphError for an unknown kind, for settings that are out of their limits, and for a name
    that a torch module has already.
    """
    if node.name in TAKEN_NAMES:
        raise GraphError(
            node.name,
            f"A block cannot be called '{node.name}': torch has a function of that name.",
            f"Give it another name, such as '{node.name}_1'.",
        )

    try:
        return read_settings(node)
    except BlockError as error:
        raise GraphError(node.name, error.what, error.remedy) from None


def check_blocks(graph: Graph) -> None:
    """Raises GraphError at the first block whose kind, name or settings are wrong.

    No shape is needed for that, and so no data.
    """
    for node in graph.nodes:
        read_block(node)


def place_block(node: Node, shapes: Mapping[str, Shape]) -> PlacedBlock:
    """Returns the block of a node that reads blocks of the given shapes, by their names.

    Raises GraphError where the number of inputs or their shapes do not fit.
    """
    block = read_block(node)
    inputs = tuple(shapes[name] for name in node.inputs)
    try:
        return PlacedBlock(node, block, inputs, block.output_shape(*inputs))
    except BlockError as error:
        raise GraphError(node.name, error.what, error.remedy) from None


def place_blocks(graph: Graph, problem: Problem) -> Iterator[PlacedBlock]:
    """Yields every block in its place, in order.

    Raises GraphError at the first block that does not fit.
    """
    shapes = input_shapes(problem)
    answers: dict[str, int] = {}
    for node in graph.nodes:
        block = place_block(node, shapes)
        check_problem(block, problem, node is graph.nodes[-1], answers)
        shapes[node.name] = block.shape
        yield block


def check_problem(
    placed: PlacedBlock, problem: Problem, is_last: bool, answers: dict[str, int]
) -> None:
    """Raises GraphError where a block that fits its inputs does not fit the problem.

    answers: how many each block before it gives to an example in training; its own are added.
    """
    node = placed.node
    try:
        answers[node.name] = _answers(node, placed.block, answers)
    except GraphError as error:  # of a block within a group
        raise GraphError(node.name, error.what, error.remedy) from None

    for embedding, known in _vocabularies(node, placed.block):
        needed = vocabulary_for(embedding, problem)
        if known < needed:
            raise GraphError(
                node.name,
                f"The texts have {needed:,} different tokens; it knows {known:,}.",
                f"Set the vocabulary to {needed}.",
            )

    if is_last:
        check_output(node, placed.shape, problem)


def _answers(node: Node, block: Block, before: Mapping[str, int]) -> int:
    """Returns how many answers to an example a block gives in training: that of each member.

    Raises GraphError where its inputs give different numbers of them.
    """
    if isinstance(block, OwnBlock):
        outside = dict(zip((INPUT, OTHER), node.inputs, strict=False))
        inside = {name: before.get(source, 1) for name, source in outside.items()}
        for inner, inner_block in block.blocks():
            inside[inner.name] = _answers(inner, inner_block, inside)
        return inside[inner.name]

    read = {before.get(name, 1) for name in node.inputs} or {1}
    if len(read) > 1:
        raise GraphError(
            node.name,
            f"In training it would join the answers of {max(read):,} members with "
            f"{'a single answer' if min(read) == 1 else f'those of {min(read):,}'}.",
            "Let the bypass end before the members, or begin behind them.",
        )

    return max(read) * (block.members if isinstance(block, MembersBlock) else 1)


def _vocabularies(node: Node, block: Block) -> Iterator[tuple[Node, int]]:
    """Yields each block that knows tokens, and how many; also those within a group.

    Those read what the network around the group calls so.
    """
    if isinstance(block, OwnBlock):
        outside = dict(zip((INPUT, OTHER), node.inputs, strict=False))
        for inner, inner_block in block.blocks():
            reads = tuple(outside.get(name, name) for name in inner.inputs)
            yield from _vocabularies(replace(inner, inputs=reads), inner_block)
        return

    known: int | None = getattr(block, "vocabulary", None)
    if known is not None:
        yield node, known


def vocabulary_for(node: Node, problem: Problem) -> int:
    """Returns how many tokens the text has that a block reads, 0 where there is none.

    Behind other blocks it may be the text of either half of a pair.
    """
    examples = dict(zip((INPUT, OTHER), problem.inputs, strict=False))
    read = examples.get(node.inputs[0]) if node.inputs else None
    return problem.vocabulary_of_texts if read is None else read.vocabulary


def check_output(node: Node, shape: Shape, problem: Problem) -> None:
    """Raises GraphError unless the last block has the output shape that the problem asks for."""
    if shape == problem.output_shape:
        return

    if problem.answers == "values":
        remedy = f"End it with an 'output' block of {problem.outputs} outputs."
    else:
        remedy = "Choose a template that fits the task, or end it with a block of that form."

    raise GraphError(
        node.name,
        f"The network answers with {words(shape)}; "
        f"the task asks for {words(problem.output_shape)}.",
        remedy,
    )


def input_shapes(problem: Problem) -> dict[str, Shape]:
    """Returns the shapes of the example, or of both halves of a pair, by the names in graphs."""
    return {
        name: example.shape for name, example in zip((INPUT, OTHER), problem.inputs, strict=False)
    }


def fake_inputs(problem: Problem, batch_size: int) -> tuple[torch.Tensor, ...]:
    """Returns a batch of zeros as the network meets it: one tensor, or two for halves of pairs."""
    tensors = []
    for example in problem.inputs:
        dtype = torch.int64 if example.kind == "text" else torch.float32
        values = torch.zeros(batch_size, *example.shape, dtype=dtype)
        if example.kind == "image":
            values = values.contiguous(memory_format=torch.channels_last)

        tensors.append(values)

    return tuple(tensors)


# --- the network


class Network(nn.Module):
    """A runnable graph: (B, *problem.shape) -> (B, *problem.output_shape); pairs come as a tuple.

    `blocks` holds a module for each block under its name, in order. The weights are torch's own
    first values; `build_model` gives values that follow from a seed. `recompute`: in training keep
    only what goes into a block and compute the rest again in the backward pass (Chen et al. 2016,
    arXiv:1604.06174). Raises GraphError for a graph whose blocks do not fit.
    """

    def __init__(self, graph: Graph, problem: Problem) -> None:
        super().__init__()
        self.graph = graph
        self.problem = problem
        self.recompute = False

        self.blocks = nn.ModuleDict()
        for block in place_blocks(graph, problem):
            name = block.node.name
            try:
                self.blocks[name] = block.module()
            except KeyError:
                raise GraphError(
                    name,
                    f"A block cannot be called '{name}'.",
                    "Give it another name, without dots.",
                ) from None

        self._last_reader = {name: node.name for node in graph.nodes for name in node.inputs}

        # The last block is the first one in the backward pass: to forget its activations would be
        # in vain.
        self._recomputable = {
            node.name for node in graph.nodes[:-1] if worth_recomputing(self.blocks[node.name])
        }

    def forward(self, x: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
        values = dict(zip((INPUT, OTHER), x, strict=False)) if isinstance(x, tuple) else {INPUT: x}
        recomputes = self.recompute and self.training and torch.is_grad_enabled()

        for node in self.graph.nodes:
            block = self.blocks[node.name]
            if recomputes and node.name in self._recomputable:
                result = recompute(block, *(values[name] for name in node.inputs))
            else:
                result = block(*(values[name] for name in node.inputs))

            # What no later block reads is freed at once, so that evaluation needs no more memory
            # than it must.
            for name in set(node.inputs):
                if self._last_reader[name] == node.name:
                    del values[name]

            values[node.name] = result

        return values[self.graph.nodes[-1].name]


def build_model(graph: Graph, problem: Problem, seed: int) -> Network:
    """Returns the network with initial weights that follow from the seed alone, on the CPU.

    The weights are float32. The global random state is neither read nor changed. Raises GraphError
    for a graph whose blocks do not fit.
    """
    with without_memory():
        network = Network(graph, problem)

    give_memory(network)
    initialise(network, torch.Generator().manual_seed(seed))
    return network


# --- initial weights


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Sets every weight and buffer to its initial value, module by module in their order.

    Each layer of torch begins as first_weights says, biases at 0. A module with weights of its own
    has a method `initialise(generator)`. Raises TypeError for a module of which nothing is known.
    """
    for module in network.modules():
        rule = rule_of(module)
        if rule is not None:
            rule.fill(module, generator)
        elif callable(own := getattr(module, "initialise", None)):
            own(generator)
        elif next(module.parameters(recurse=False), None) is not None:
            raise TypeError(f"{type(module).__name__} has weights and no method 'initialise'")

        if isinstance(module, WITH_BIAS) and module.bias is not None:
            nn.init.zeros_(module.bias)


# --- groups of parameters


def decay_groups(
    network: nn.Module, weight_decay: float, everywhere: bool = False
) -> list[dict[str, Any]]:
    """Returns parameter groups for an optimizer, with weight decay on matrices and filters only.

    everywhere: all parameters are decayed. Biases, norms, positions and scales are left out
    otherwise, because to pull them to zero removes nothing superfluous: what has one dimension, and
    what a module names in `undecayed`.
    """
    if everywhere:
        return [{"params": list(network.parameters()), "weight_decay": weight_decay}]

    decayed: list[nn.Parameter] = []
    undecayed: list[nn.Parameter] = []
    for module in network.modules():
        exempt: Iterable[str] = getattr(module, "undecayed", ())
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.ndim > 1 and name not in exempt:
                decayed.append(parameter)
            else:
                undecayed.append(parameter)

    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": undecayed, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def hidden_matrices(network: nn.Module) -> set[nn.Parameter]:
    """Returns the matrices between hidden layers: weights of two dimensions, for Muon.

    Tables of embeddings, positions and scales are left out, and the weights of the output layer.
    """
    matrices = set()
    for module in network.modules():
        if isinstance(module, (nn.Embedding, OutputModule)):
            continue

        undecayed: Iterable[str] = getattr(module, "undecayed", ())
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.ndim == 2 and name not in undecayed:
                matrices.add(parameter)

    return matrices
