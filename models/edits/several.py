"""Edits of several blocks at once: delete, copy, paste, repeat. Each returns another graph.

This module does not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.edits.blocks import index_of, remove
from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.graph_file import LONGEST_NAME, MOST_BLOCKS
from models.groups import check_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.shape import Shape

MOST_REPEATS = 100


@dataclass(frozen=True)
class Fragment:
    """Blocks that were taken out of a graph, in order. What they read may stand elsewhere."""

    nodes: tuple[Node, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The names that they read and that are none of theirs, in order, each once."""
        inner = {node.name for node in self.nodes}
        read = (name for node in self.nodes for name in node.inputs if name not in inner)
        return tuple(dict.fromkeys(read))


def remove_all(
    graph: Graph, names: Sequence[str], shapes: Mapping[str, Shape] | None = None
) -> Graph:
    """Returns the graph without some blocks; each gap is closed, see `edits.remove`.

    Raises GraphError where no block would be left.
    """
    for name in reversed([node.name for node in graph.nodes if node.name in names]):
        if any(node.name == name for node in graph.nodes):  # a sum goes with its last branch
            graph = remove(graph, name, shapes)

    return graph


def copy_blocks(graph: Graph, names: Sequence[str]) -> Fragment:
    """Returns some blocks of a graph. Raises GraphError where there is none of these names."""
    nodes = tuple(node for node in graph.nodes if node.name in names)
    if not nodes:
        raise GraphError(INPUT, "No block is chosen.", "Choose some.")

    return Fragment(nodes)


def paste(graph: Graph, fragment: Fragment, behind: str) -> tuple[Graph, tuple[str, ...]]:
    """Returns the graph with copies of blocks behind one of its own, and their names.

    The first block that they read elsewhere becomes `behind`; what read that reads the last copy.
    Of other blocks that they read, those that stand above keep their place, and for the rest they
    read `behind` too. Copies get names that are free. Raises GraphError where they read each other
    in a circle, or are too many.
    """
    count = len(graph.nodes) + len(fragment.nodes)
    if count > MOST_BLOCKS:
        raise GraphError(
            behind, f"The network would have {count:,} blocks; {MOST_BLOCKS:,} are the most."
        )

    position = 0 if behind in (INPUT, OTHER) else index_of(graph, behind) + 1
    above = {INPUT, OTHER, *(node.name for node in graph.nodes[:position])}
    taken = {INPUT, OTHER, *(node.name for node in graph.nodes)}
    sources = fragment.sources
    names = {source: source if source in above else behind for source in sources}
    names |= dict.fromkeys(sources[:1], behind)
    copies: list[Node] = []
    for node in fragment.nodes:
        unknown = [source for source in node.inputs if source not in names]
        if unknown:
            raise GraphError(
                node.name, f"'{node.name}' reads '{unknown[0]}', which does not stand above it."
            )

        inputs = tuple(names[source] for source in node.inputs)
        name = numbered(node.name, taken)
        taken.add(name)
        names[node.name] = name
        copies.append(replace(node, name=name, inputs=inputs))

    last = copies[-1].name
    rest = (
        replace(node, inputs=tuple(last if name == behind else name for name in node.inputs))
        for node in graph.nodes[position:]
    )
    return Graph((*graph.nodes[:position], *copies, *rest)), tuple(node.name for node in copies)


def repeat(graph: Graph, names: Sequence[str], times: int) -> tuple[Graph, tuple[str, ...]]:
    """Returns the graph in which some blocks stand several times in a row, and the new names.

    times: how often, the blocks that are there counted; from 2 to MOST_REPEATS. Raises GraphError
    where they are no whole: where others read a block within them, see `models.groups.check_group`.
    """
    if not 2 <= times <= MOST_REPEATS:
        raise GraphError(INPUT, f"Blocks can stand from 2 to {MOST_REPEATS} times in a row.")

    check_group(graph, names)
    fragment = copy_blocks(graph, names)
    last = fragment.nodes[-1].name
    added: list[str] = []
    for _ in range(times - 1):
        graph, new = paste(graph, fragment, last)
        added += new
        last = new[-1]

    return graph, tuple(added)


def duplicate(graph: Graph, names: Sequence[str]) -> tuple[Graph, tuple[str, ...]]:
    """Returns the graph with copies of some blocks behind the last of them, and their names."""
    fragment = copy_blocks(graph, names)
    return paste(graph, fragment, fragment.nodes[-1].name)


def numbered(name: str, taken: set[str]) -> str:
    """Returns the name if it is free, else the next that is, with another number at its end."""
    if name not in taken:
        return name

    base = name.rstrip("0123456789")
    base = base if base.isidentifier() else name
    number = 2 if base == name else int(name[len(base) :]) + 1
    while (candidate := f"{base[: LONGEST_NAME - len(str(number))]}{number}") in taken:
        number += 1

    return candidate
