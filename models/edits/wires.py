"""Wires of a graph: which block reads which. Each edit returns another graph, or raises GraphError.

A wire runs from a block to one that reads it, and never in a circle. Blocks are put into another
order only where a new wire asks for it. This module does not import torch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.edits.blocks import free_name, index_of, insert_before
from models.graph import INPUT, OTHER, Graph, GraphError, Node, node_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.graph import Kind


def connect(graph: Graph, source: str, target: str, most: int = 1) -> Graph:
    """Returns the graph in which a block reads another one.

    most: how many blocks the target can read. Where it reads as many already, the new wire takes
    the place of the last one; else it comes beside them. Raises GraphError where the wire would run
    backwards, and where it is there already.
    """
    check_wire(graph, source, target)
    inputs = graph[target].inputs
    kept = inputs if len(inputs) < most else inputs[: max(0, most - 1)]
    return _with_inputs(graph, target, (*kept, source))


def disconnect(graph: Graph, source: str, target: str) -> Graph:
    """Returns the graph in which a block does not read another one.

    Raises GraphError where it would read nothing.
    """
    kept = tuple(name for name in graph[target].inputs if name != source)
    if not kept:
        raise GraphError(
            target, f"'{target}' reads nothing else.", "Draw another wire to it, or delete it."
        )

    return _with_inputs(graph, target, kept)


def move_end(graph: Graph, source: str, target: str, new_target: str, most: int = 1) -> Graph:
    """Returns the graph in which a wire ends at another block. most: see `connect`."""
    if new_target == target:
        return graph

    return connect(disconnect(graph, source, target), source, new_target, most)


def move_start(graph: Graph, source: str, target: str, new_source: str) -> Graph:
    """Returns the graph in which a wire begins at another block. Raises GraphError."""
    if new_source == source:
        return graph

    check_wire(graph, new_source, target)
    names = {source: new_source}
    inputs = tuple(names.get(name, name) for name in graph[target].inputs)
    return _with_inputs(graph, target, inputs)


def insert_on(
    graph: Graph,
    source: str,
    target: str,
    kind: Kind,
    settings: dict[str, Any] | None = None,
    also: tuple[str, ...] = (),
) -> tuple[Graph, str]:
    """Returns the graph with a new block on a wire, and its name.

    also: what it reads besides, of the blocks before. Raises GraphError where there is no such
    wire.
    """
    inputs = graph[target].inputs if target not in (INPUT, OTHER) else ()
    if source not in inputs:
        raise GraphError(target, f"No wire runs from '{source}' to '{target}'.")

    return insert_before(graph, target, inputs.index(source), kind, settings, also)


def add_branch(
    graph: Graph, source: str, kind: Kind, settings: dict[str, Any] | None = None
) -> tuple[Graph, str]:
    """Returns the graph with a new block that reads another, beside what reads that already.

    Nothing reads the new block yet. Behind the last block it is the last one itself.
    """
    name = free_name(graph, kind)
    position = 0 if source in (INPUT, OTHER) else index_of(graph, source) + 1
    new = node_of(name, kind, settings, (source,))
    return Graph((*graph.nodes[:position], new, *graph.nodes[position:])), name


def check_wire(graph: Graph, source: str, target: str) -> None:
    """Raises GraphError where no wire can run from one block to the other."""
    if target in (INPUT, OTHER):
        raise GraphError(target, "The example reads nothing: wires begin at it.")
    if source == target:
        raise GraphError(target, "A block cannot read itself.")
    if source in graph[target].inputs:
        raise GraphError(target, f"'{target}' reads '{source}' already.")
    if target in above(graph, source):
        raise GraphError(
            target, f"A wire cannot run backwards: what '{target}' gives goes into '{source}'."
        )


def above(graph: Graph, name: str) -> set[str]:
    """Returns all blocks whose output comes into a block, on any way."""
    known = {node.name: node for node in graph.nodes}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        node = known.get(waiting.pop())
        for source in node.inputs if node is not None else ():
            if source not in found:
                found.add(source)
                waiting.append(source)

    return found


def in_order(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Returns blocks so that each stands behind all that it reads, else in the order they had.

    Every block names what it reads. Raises GraphError where they read each other in a circle.
    """
    waiting = list(nodes)
    placed = {INPUT, OTHER}
    ordered: list[Node] = []
    while waiting:
        ready = (index for index, node in enumerate(waiting) if placed.issuperset(node.inputs))
        index = next(ready, None)
        if index is None:
            raise GraphError(waiting[0].name, "It reads what it makes itself.")

        ordered.append(waiting.pop(index))
        placed.add(ordered[-1].name)

    return tuple(ordered)


def _with_inputs(graph: Graph, name: str, inputs: tuple[str, ...]) -> Graph:
    return Graph(
        in_order(
            replace(node, inputs=inputs) if node.name == name else node for node in graph.nodes
        )
    )
