"""Blocks of a network as text, to be copied and pasted: in the words of an experiment file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.experiment.block_lines import blocks_text, own_blocks_text
from models.edits.several import Fragment
from models.graph import BLOCKS, INPUT, Graph, GraphError, Node
from models.graph_file import read_nodes
from models.own_blocks import OWN_BLOCKS, definitions_in, plain_definitions, read_definitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.graph import BlockDefinition

MOST = 1 << 20
"""Characters that are read; a hundred blocks have ten thousand."""

HEAD = "# Blocks of a network. Netwright pastes them into another one."

NO_BLOCKS = "The text that was copied holds no blocks of a network."


def text_of(fragment: Fragment) -> str:
    """Returns blocks as text, with the kinds of one's own that they use."""
    lines = blocks_text(map(_plain, fragment.nodes))
    parts = [f"{HEAD}\n{lines}"]
    own = definitions_in(Graph(tuple(_alone(node) for node in fragment.nodes)))
    if own:
        parts.append(own_blocks_text(plain_definitions(own), OWN_BLOCKS))

    return "\n".join(parts)


def read_text(text: str) -> Fragment:
    """Returns the blocks in a text: of `text_of`, or those of a whole experiment file.

    Raises UserError, in a sentence, for any other text.
    """
    if len(text) > MOST:
        raise UserError(NO_BLOCKS)

    try:
        data: Any = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(NO_BLOCKS) from error

    if BLOCKS not in data and isinstance(data.get("model"), dict):
        data = data["model"]
    if not data.get(BLOCKS):
        raise UserError(NO_BLOCKS)

    try:
        return Fragment(tuple(_read(data)))
    except GraphError as error:
        raise UserError(f"In what was copied, {error.place}: {error.what}") from error


def _read(data: Mapping[str, Any]) -> list[Node]:
    """Returns the blocks of plain data; each names what it reads. Raises GraphError."""
    own: dict[str, BlockDefinition] = read_definitions(data.get(OWN_BLOCKS))
    nodes = read_nodes(data[BLOCKS], own)
    known: set[str] = set()
    complete: list[Node] = []
    for node in nodes:
        if node.name in known:
            raise GraphError(node.name, f"Two blocks are called '{node.name}'.")

        known.add(node.name)
        before = complete[-1].name if complete else INPUT
        inputs = node.inputs or (before,)
        complete.append(Node(node.name, node.kind, node.settings, inputs, node.definition))

    return complete


def _alone(node: Node) -> Node:
    """Returns the block as one that reads the example: of a part of a graph no more is known."""
    return Node(node.name, node.kind, node.settings, (INPUT,), node.definition)


def _plain(node: Node) -> dict[str, Any]:
    block = {"name": node.name, "kind": node.kind, **node.settings, "inputs": list(node.inputs)}
    return {key: value for key, value in block.items() if value is not None}
