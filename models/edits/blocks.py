"""Edits of one block of a graph: its settings, its kind, its place.

Names of blocks stay, so that weights of an earlier network find theirs. This module does not import
torch; whether the blocks fit each other is seen where they are placed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.graph import INPUT, OTHER, Graph, GraphError, Node, name_of, node_of
from models.graph_file import check_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.graph import Kind
    from models.shape import Shape

MERGES = ("add", "multiply", "concatenate")
"""Kinds of blocks that bring several inputs together."""

_SHORT = {
    "convolution": "conv",
    "convolution-1d": "conv",
    "batch-norm": "norm",
    "layer-norm": "norm",
    "group-norm": "norm",
    "rms-norm": "norm",
    "global-pooling": "pool",
    "pooling": "pool",
    "pooling-1d": "pool",
    "output": "answer",
}
"""What blocks of a kind are called, where that is not the kind itself."""


def free_name(graph: Graph, kind: Kind) -> str:
    """Returns a name for a new block of this kind: "conv3"."""
    taken = {node.name for node in graph.nodes} | {INPUT, OTHER}
    base = _SHORT.get(name_of(kind), name_of(kind).replace("-", "_"))
    if base not in taken and not any(name.rstrip("0123456789") == base for name in taken):
        return base if base == "answer" else f"{base}1"

    number = 1
    while f"{base}{number}" in taken:
        number += 1

    return f"{base}{number}"


def set_settings(graph: Graph, name: str, **settings: Any) -> Graph:
    """Returns the graph with settings of a block changed; None takes a setting's default."""

    def change(node: Node) -> Node:
        merged = node.settings | settings
        return replace(
            node, settings={key: value for key, value in merged.items() if value is not None}
        )

    return _changed(graph, name, change)


def set_inputs(graph: Graph, name: str, *inputs: str) -> Graph:
    """Returns the graph in which a block reads others. Raises GraphError."""
    return _changed(graph, name, lambda node: replace(node, inputs=tuple(inputs)))


def replace_kind(graph: Graph, name: str, kind: Kind, **settings: Any) -> Graph:
    """Returns the graph with another kind of block in a block's place, under a name of its own."""
    new_name = free_name(graph, kind)
    return _changed(graph, name, lambda node: node_of(new_name, kind, settings, node.inputs))


def set_kind(graph: Graph, name: str, kind: Kind, settings: dict[str, Any]) -> Graph:
    """Returns the graph with another kind of block under the same name."""
    return _changed(graph, name, lambda node: node_of(name, kind, settings, node.inputs))


def merge_inputs(graph: Graph, name: str, kind: str) -> Graph:
    """Returns the graph with a new block before another one that reads all that it read."""
    node = graph[name]
    new = Node(free_name(graph, kind), kind, {}, node.inputs)
    position = index_of(graph, name)
    nodes = list(graph.nodes)
    nodes[position : position + 1] = [new, replace(node, inputs=(new.name,))]
    return Graph(tuple(nodes))


def rename(graph: Graph, name: str, new_name: str) -> Graph:
    """Returns the graph with another name for a block. Raises GraphError."""
    check_name(new_name, name)
    return _changed(graph, name, lambda node: replace(node, name=new_name))


def insert_after(
    graph: Graph,
    name: str,
    kind: Kind,
    settings: dict[str, Any] | None = None,
    also: tuple[str, ...] = (),
) -> tuple[Graph, str]:
    """Returns the graph with a new block behind another, and its name.

    What read the other block reads the new one. name: INPUT puts it at the beginning. also: what
    the new block reads besides, of the blocks before.
    """
    new_name = free_name(graph, kind)
    new = node_of(new_name, kind, settings, (name, *also))
    position = 0 if name in (INPUT, OTHER) else index_of(graph, name) + 1
    nodes = [reading(node, {name: new_name}) for node in graph.nodes]
    return Graph((*nodes[:position], new, *nodes[position:])), new_name


def insert_before(
    graph: Graph,
    name: str,
    number: int,
    kind: Kind,
    settings: dict[str, Any] | None = None,
    also: tuple[str, ...] = (),
) -> tuple[Graph, str]:
    """Returns the graph with a new block between a block and one that it reads, and its name.

    number: which of the block's inputs, 0 for the first. also: what the new block reads besides, of
    the blocks before.
    """
    new_name = free_name(graph, kind)
    node = graph[name]
    new = node_of(new_name, kind, settings, (node.inputs[number], *also))
    inputs = (*node.inputs[:number], new_name, *node.inputs[number + 1 :])
    position = index_of(graph, name)
    nodes = list(graph.nodes)
    nodes[position : position + 1] = [new, replace(node, inputs=inputs)]
    return Graph(tuple(nodes)), new_name


def append(graph: Graph, kind: str, settings: dict[str, Any] | None = None) -> Graph:
    """Returns the graph with a new last block, which reads the last one."""
    last = graph.nodes[-1].name
    new = Node(free_name(graph, kind), kind, dict(settings or {}), (last,))
    return Graph((*graph.nodes, new))


def remove(graph: Graph, name: str, shapes: Mapping[str, Shape] | None = None) -> Graph:
    """Returns the graph without a block; what read it reads what it read.

    shapes: of the outputs of blocks, where they are known: of several that the block read, the one
    closes the gap that has the shape of its output. Else it is the first. A sum, product or
    concatenation of which all but one input end so goes too. Raises GraphError where no block would
    be left.
    """
    node = graph[name]
    source = _successor(node, shapes or {})
    nodes = []
    alone: list[str] = []
    for other in graph.nodes:
        if name not in other.inputs:
            nodes.append(other)
            continue

        inputs = tuple(source if each == name else each for each in other.inputs)
        if other.kind in MERGES:
            inputs = tuple(dict.fromkeys(inputs))
        if other.kind in MERGES and len(inputs) == 1:
            alone.append(other.name)

        nodes.append(replace(other, inputs=inputs))

    rest = tuple(other for other in nodes if other.name != name)
    if not rest:
        raise GraphError(name, "It is the only block.", "Add another one first.")

    smaller = Graph(rest)
    for merge in alone:
        if any(other.name == merge for other in smaller.nodes):
            smaller = remove(smaller, merge, shapes)

    return smaller


def move_before(graph: Graph, name: str, before: str) -> Graph:
    """Returns the graph in which a block stands before another one, and reads what that read.

    The gap that it leaves closes.
    """
    node = graph[name]
    source = graph[before].inputs[0]
    without = remove(graph, name)
    position = index_of(without, before)
    nodes = list(without.nodes)
    nodes[position] = reading(nodes[position], {source: name})
    nodes.insert(position, replace(node, inputs=(source,)))
    return Graph(tuple(nodes))


def ancestors(graph: Graph, name: str) -> list[str]:
    """Returns the blocks on the way to a block along first inputs, the nearest first."""
    known = {node.name: node for node in graph.nodes}
    way: list[str] = []
    source = known[name].inputs[0]
    while source in known:
        way.append(source)
        source = known[source].inputs[0]

    return way


def index_of(graph: Graph, name: str) -> int:
    """Returns the place of a block in the graph, 0 for the first. Raises StopIteration."""
    return next(index for index, node in enumerate(graph.nodes) if node.name == name)


def _successor(node: Node, shapes: Mapping[str, Shape]) -> str:
    """Returns which of its inputs takes the place of a block."""
    own = shapes.get(node.name)
    alike = (source for source in node.inputs if own is not None and shapes.get(source) == own)
    return next(alike, node.inputs[0])


def _changed(graph: Graph, name: str, change: Callable[[Node], Node]) -> Graph:
    """Returns the graph with one block changed, and its new name where others read it."""
    new = change(graph[name])
    return Graph(
        tuple(new if node.name == name else reading(node, {name: new.name}) for node in graph.nodes)
    )


def reading(node: Node, names: dict[str, str]) -> Node:
    """Returns the block with other names for what it reads."""
    return replace(node, inputs=tuple(names.get(source, source) for source in node.inputs))
