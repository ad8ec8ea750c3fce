"""The names of attributes and variables in printed code."""

from __future__ import annotations

import keyword
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import nn

from models.graph import INPUT, OTHER

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from models.graph import Graph, Node
    from models.shape import InputKind, Problem

VARIABLE = "x"
"""The variable of a value that the next block reads, and nothing else."""

INPUT_NAMES: dict[InputKind, str] = {
    "image": "image",
    "row": "row",
    "text": "tokens",
    "signal": "signal",
}
"""What an input is called that is read more than once, or beside another one."""

_IN_USE = {"self", "torch", "nn", "functional", "math", "range", VARIABLE}
"""Names that `forward` may need."""

_OF_MODULES = set(dir(nn.Module())) | {"training"}
"""Attributes that every module has."""


def identifier(name: str, taken: Container[str]) -> str:
    """Returns a name as an identifier of Python that is not taken."""
    plain = unicodedata.normalize("NFKC", name)
    plain = re.sub(r"\W", "_", plain)
    if not plain or plain[0].isdigit() or plain.startswith("_"):
        plain = f"block_{plain.lstrip('_')}"
    if not plain.isidentifier():
        plain = "block"

    candidate = plain
    number = 2
    while candidate in taken or keyword.iskeyword(candidate):
        candidate = f"{plain}_{number}" if number > 2 else f"{plain}_"
        number += 1

    return candidate


@dataclass
class Attributes:
    """The attributes of the network, by the names of their blocks."""

    by_block: dict[str, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=lambda: set(_OF_MODULES))

    def of(self, block: str) -> str:
        """Returns the attribute that holds the module of a block."""
        if block not in self.by_block:
            self.by_block[block] = identifier(block, self._taken)
            self._taken.add(self.by_block[block])

        return self.by_block[block]


def input_names(graph: Graph, problem: Problem, same: Mapping[str, str]) -> dict[str, str]:
    """Returns the arguments of `forward` by the names of the inputs; same: see Values."""
    if problem.other is not None:
        first, other = (INPUT_NAMES[example.kind] for example in problem.inputs)
        return {INPUT: first, OTHER: other} if first != other else {INPUT: "first", OTHER: "second"}

    nodes = [node for node in graph.nodes if node.name not in same]
    readers = [node for node in nodes if INPUT in (_origin(name, same) for name in node.inputs)]
    if readers == nodes[:1] and _origin(graph.nodes[-1].name, same) != INPUT:
        return {INPUT: VARIABLE}

    return {INPUT: INPUT_NAMES[problem.input]}


@dataclass
class Values:
    """The variables of `forward`, by the names of inputs and blocks.

    same: blocks that give what another block, or an input, gave.
    """

    variables: dict[str, str]
    same: Mapping[str, str]
    readers: dict[str, list[str]]

    def read(self, node: Node) -> list[str]:
        """Returns the variables that a block reads, in order."""
        return [self.variables[_origin(name, self.same)] for name in node.inputs]

    def written(self, node: Node) -> str:
        """Returns the variable of a block's output."""
        return self.variables[node.name]

    def is_read(self, node: Node) -> bool:
        """Whether a block reads the output of this one."""
        return bool(self.readers.get(node.name))


def values_of(
    graph: Graph, inputs: Mapping[str, str], same: Mapping[str, str], unread: Container[str] = ()
) -> Values:
    """Returns the variables of a graph: `x` from a block to the next, else the block's own name.

    unread: blocks that are not printed, as nobody reads what they compute.
    """
    nodes = [node for node in graph.nodes if node.name not in same and node.name not in unread]
    readers: dict[str, list[str]] = {}
    for node in nodes:
        for name in dict.fromkeys(_origin(name, same) for name in node.inputs):
            readers.setdefault(name, []).append(node.name)

    last = graph.nodes[-1]
    if last.name in same:
        readers.setdefault(_origin(last.name, same), []).append(last.name)

    variables = dict(inputs)
    taken = {*_IN_USE, *inputs.values()}
    order = [*(node.name for node in nodes), *([last.name] if last.name in same else [])]
    for place, node in enumerate(nodes):
        if readers.get(node.name, []) == order[place + 1 : place + 2]:
            variables[node.name] = VARIABLE
        else:
            variables[node.name] = identifier(node.name, taken)
            taken.add(variables[node.name])

    return Values(variables, same, readers)


def unread_blocks(graph: Graph, leave_no_trace: Container[str]) -> set[str]:
    """Returns the blocks that may be left out: nothing that is printed reads them.

    leave_no_trace: the blocks without weights, averages and random numbers.
    """
    unread: set[str] = set()
    read = {graph.nodes[-1].name}
    for node in reversed(graph.nodes):
        if node.name not in read and node.name in leave_no_trace:
            unread.add(node.name)
        else:
            read.update(node.inputs)

    return unread


def _origin(name: str, same: Mapping[str, str]) -> str:
    """Returns the block, or the input, whose output this name stands for."""
    while name in same:
        name = same[name]

    return name
