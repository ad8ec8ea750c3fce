"""A graph made runnable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from pydantic import ValidationError
from torch import nn

from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.layers.block import BLOCKS, Block, Impossible
from models.layers.linear import AnswerModule
from models.recomputing import recomputed, saves
from models.shape import Problem, Shape, words
from models.spec import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class Placed:
    """A block in its place: what it is, the shapes it reads and the shape it makes, of one example."""

    node: Node
    block: Block
    inputs: tuple[Shape, ...]
    shape: Shape

    def module(self) -> nn.Module:
        return self.block.module(*self.inputs)


def read_block(node: Node) -> Block:
    """The block of a node.

    Raises GraphError for an unknown kind and for settings that are out of their limits.
    """
    try:
        return BLOCKS.read({"kind": node.kind, **node.settings})
    except UnknownChoice as error:
        raise GraphError(node.name, str(error), error.remedy) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise GraphError(
            node.name, f"{name}: {first['msg']}.", f"Change '{name}' of this block."
        ) from None


def place(node: Node, shapes: Mapping[str, Shape]) -> Placed:
    """The block of a node among blocks of known shapes. Raises GraphError where it cannot be."""
    block = read_block(node)
    least, most = block.arity
    if not least <= len(node.inputs) <= most:
        needs = (
            f"{least} input{'s' if least > 1 else ''}"
            if least == most
            else f"at least {least} inputs"
        )
        raise GraphError(
            node.name, f"{block.label} reads {len(node.inputs)} blocks.", f"Give it {needs}."
        )

    inputs = tuple(shapes[name] for name in node.inputs)
    try:
        return Placed(node, block, inputs, block.shape(*inputs))
    except Impossible as error:
        raise GraphError(node.name, error.what, error.remedy) from None


def check_answer(node: Node, shape: Shape, problem: Problem) -> None:
    """Raises GraphError unless the last block answers with as many numbers as are asked for."""
    if shape != problem.answer:
        remedy = (
            f"End it with an 'answer' block of {problem.outputs} outputs."
            if problem.answers == "values"
            else ("Choose a template that fits the task.")
        )
        raise GraphError(
            node.name,
            f"The network answers with {words(shape)}; {words(problem.answer)} are asked for.",
            remedy,
        )


def source_shapes(problem: Problem) -> dict[str, Shape]:
    """What blocks may read beside other blocks."""
    return {name: one.shape for name, one in zip((INPUT, OTHER), problem.inputs, strict=False)}


def fake_targets(problem: Problem, batch_size: int) -> tuple[torch.Tensor, ...]:
    """A batch without meaning, of the forms that the network meets: a tensor, or one for each half
    of a pair.
    """
    made = []
    for one in problem.inputs:
        dtype = torch.int64 if one.kind == "text" else torch.float32
        values = torch.zeros(batch_size, *one.shape, dtype=dtype)
        made.append(
            values.contiguous(memory_format=torch.channels_last) if one.kind == "image" else values
        )

    return tuple(made)


def placed(graph: Graph, problem: Problem) -> Iterator[Placed]:
    """Every block in its place, in order. Raises GraphError at the first that cannot be."""
    shapes = source_shapes(problem)
    for node in graph.nodes:
        one = place(node, shapes)
        shapes[node.name] = one.shape
        if node is graph.nodes[-1]:
            check_answer(node, one.shape, problem)

        yield one


class Network(nn.Module):
    """A graph made runnable: (B, *problem.shape) -> (B, *problem.answer); of pairs, it is given
    both halves as a tuple.

    `blocks` holds a module per block under its name, in order. Weights are torch's own first
    values; `build_model` gives values that follow a seed. `recompute`: in training keep only what
    goes into a block and compute the rest again in the backward pass (Chen et al. 2016,
    arXiv:1604.06174). Raises GraphError for a graph that cannot be.
    """

    def __init__(self, graph: Graph, problem: Problem) -> None:
        super().__init__()
        self.graph = graph
        self.problem = problem
        self.recompute = False

        self.blocks = nn.ModuleDict()
        for one in placed(graph, problem):
            try:
                self.blocks[one.node.name] = one.module()
            except KeyError:
                raise GraphError(
                    one.node.name,
                    f"A block cannot be called '{one.node.name}'.",
                    "Give it another name, without dots.",
                ) from None

        self._last_reader = {name: node.name for node in graph.nodes for name in node.inputs}
        # The last block is the first whose turn it is in the backward pass: to forget what it made
        # would be in vain.
        self._worth_it = {node.name for node in graph.nodes[:-1] if saves(self.blocks[node.name])}

    def forward(self, x: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
        values = dict(zip((INPUT, OTHER), x, strict=False)) if isinstance(x, tuple) else {INPUT: x}
        again = (
            self._worth_it if self.recompute and self.training and torch.is_grad_enabled() else ()
        )
        for node in self.graph.nodes:
            block = self.blocks[node.name]
            if node.name in again:
                result = recomputed(block, *(values[name] for name in node.inputs))
            else:
                result = block(*(values[name] for name in node.inputs))

            # What no later block reads is let go at once, so that judging needs no more memory than
            # it must.
            for name in set(node.inputs):
                if self._last_reader[name] == node.name:
                    del values[name]

            values[node.name] = result

        return values[self.graph.nodes[-1].name]


def build_model(graph: Graph, problem: Problem, seed: int) -> Network:
    """The network with initial weights that follow from the seed alone, on the CPU in float32.

    The global random state is neither read nor changed. Raises GraphError.
    """
    with torch.device("meta"):
        network = Network(graph, problem)

    network.to_empty(device="cpu")
    initialise(network, torch.Generator().manual_seed(seed))
    return network


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Sets every weight and buffer anew, module by module in their order.

    Convolutions: He et al. 2015 (arXiv:1502.01852), normal by fan-in. Linear layers: Glorot &
    Bengio 2010, uniform. Embeddings: normal, 0.02, and the row of the padding 0. The answer:
    normal, 0.01. Norms: 1 and 0. A module with weights of its own has a method
    `initialise(generator)`.
    """
    for module in network.modules():
        if isinstance(module, AnswerModule):
            nn.init.normal_(module.weight, std=0.01, generator=generator)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, generator=generator)
        elif isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d)):
            # Of a transposed convolution the first axis is the inputs: what torch calls its fan-in
            # is its fan-out.
            nn.init.kaiming_normal_(
                module.weight, mode="fan_out", nonlinearity="relu", generator=generator
            )
        elif isinstance(module, (nn.Conv1d, nn.Conv2d)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02, generator=generator)
            if module.padding_idx is not None:
                module.weight[module.padding_idx].zero_()
        elif isinstance(module, (nn.LayerNorm, nn.GroupNorm, nn.BatchNorm1d, nn.BatchNorm2d)):
            module.reset_parameters()
        elif callable(own := getattr(module, "initialise", None)):
            own(generator)
        elif next(module.parameters(recurse=False), None) is not None:
            raise TypeError(f"{type(module).__name__} has weights and no method 'initialise'")
        if isinstance(module, _BIASED) and module.bias is not None:
            nn.init.zeros_(module.bias)


_BIASED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def decay_groups(
    network: nn.Module, weight_decay: float, everywhere: bool = False
) -> list[dict[str, Any]]:
    """Parameter groups for an optimizer: weight decay on matrices and filters only, or everywhere.

    Biases, norms, positions and scales are left alone: pulling them to zero removes nothing
    superfluous. A module names such parameters of its own in `undecayed`; what has one dimension is
    never decayed.
    """
    if everywhere:
        return [{"params": list(network.parameters()), "weight_decay": weight_decay}]

    kept: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for module in network.modules():
        undecayed: Iterable[str] = getattr(module, "undecayed", ())
        for name, parameter in module.named_parameters(recurse=False):
            kept[parameter.ndim > 1 and name not in undecayed].append(parameter)

    groups = [
        {"params": kept[True], "weight_decay": weight_decay},
        {"params": kept[False], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def hidden_matrices(network: nn.Module) -> set[nn.Parameter]:
    """The matrices that turn one layer's numbers into the next one's: two-dimensional weights, but
    not the tables of embeddings, positions and scales, and not the answer.
    """
    found = set()
    for module in network.modules():
        if isinstance(module, (nn.Embedding, AnswerModule)):
            continue

        undecayed: Iterable[str] = getattr(module, "undecayed", ())
        own = module.named_parameters(recurse=False)
        found |= {
            parameter for name, parameter in own if parameter.ndim == 2 and name not in undecayed
        }

    return found
