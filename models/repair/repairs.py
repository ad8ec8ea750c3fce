"""Mistakes in a graph, and edits that mend them.

A repair is tried before it is offered: the block at fault then fits, and where any repair makes the
whole graph sound, only such are offered.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models import edits
from models.graph import Graph, GraphError, Node
from models.network import input_shapes, place_blocks, read_block
from models.repair.ideas import Idea, ideas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.shape import Problem, Shape

MOST_REPAIRS = 4
"""How many are offered for one mistake."""

MOST_TRIED = 60
"""How many edits are tried for one mistake; each places all blocks again."""


@dataclass(frozen=True)
class Repair:
    """An edit that mends a mistake. text: what it does, as a button says it. graph: the result."""

    text: str
    graph: Graph


@dataclass(frozen=True)
class Mistake:
    """What is wrong with the first block of a graph that cannot be.

    what: in a sentence. remedy: what to change. inputs: the shapes that the block reads, None for
    one that is not known. repairs: the best first.
    """

    node: str
    what: str
    remedy: str
    inputs: tuple[Shape | None, ...]
    repairs: tuple[Repair, ...]


def find_mistake(graph: Graph, problem: Problem) -> Mistake | None:
    """Returns the first mistake of a graph with its repairs; None for a sound graph."""
    shapes, error = _place(graph, problem)
    if error is None:
        return None

    known = {node.name for node in graph.nodes}
    node = graph[error.node] if error.node in known else graph.nodes[-1]
    inputs = tuple(shapes.get(name) for name in node.inputs)
    return Mistake(
        node.name,
        error.what,
        error.remedy,
        inputs,
        tuple(_repairs(graph, node, shapes, problem)),
    )


def _repairs(graph: Graph, node: Node, shapes: dict[str, Shape], problem: Problem) -> list[Repair]:
    """Returns repairs that hold: those that leave no mistake, else those that leave later ones."""
    place = _position(graph, node.name)
    seen: list[Any] = []
    sound: list[Repair] = []
    partial: list[Repair] = []
    for idea in itertools.islice(_all_ideas(graph, node, shapes, problem), MOST_TRIED):
        repaired = _edited(idea)
        if repaired is None:
            continue

        _, error = _place(repaired, problem)
        same = _blocks(repaired)
        if same in seen:
            continue

        seen.append(same)
        if error is None:
            sound.append(Repair(idea.text, repaired))
        elif len(repaired.nodes) - _position(repaired, error.node) < len(graph.nodes) - place:
            partial.append(Repair(idea.text, repaired))

        if len(sound) == MOST_REPAIRS:
            break

    return (sound or partial)[:MOST_REPAIRS]


def _all_ideas(
    graph: Graph, node: Node, shapes: dict[str, Shape], problem: Problem
) -> Iterator[Idea]:
    yield from ideas(graph, node, shapes, problem)
    yield Idea(f"Remove '{node.name}'", lambda: edits.remove(graph, node.name))


def _edited(idea: Idea) -> Graph | None:
    """Returns the graph after an edit; None where it cannot be made."""
    try:
        return idea.edit()
    except GraphError:
        return None


def _place(graph: Graph, problem: Problem) -> tuple[dict[str, Any], GraphError | None]:
    """Returns the shapes of the blocks before the first that cannot be, and that one's error."""
    shapes: dict[str, Any] = dict(input_shapes(problem))
    try:
        for placed in place_blocks(graph, problem):
            shapes[placed.node.name] = placed.shape
    except GraphError as error:
        return shapes, error

    return shapes, None


def _blocks(graph: Graph) -> list[Any]:
    """Returns what a graph comes to: a setting that is written out may be the usual one."""
    found: list[Any] = []
    for node in graph.nodes:
        try:
            found.append((node.name, node.inputs, read_block(node)))
        except GraphError:
            found.append((node.name, node.inputs, node.settings))

    return found


def _position(graph: Graph, name: str) -> int:
    """Returns the place of a block, the last one for a name that is of none."""
    names = [node.name for node in graph.nodes]
    return names.index(name) if name in names else len(names) - 1
