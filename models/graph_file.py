"""Graphs as files hold them: a list of blocks, each with its settings beside name and kind.

`inputs` is written where a block reads something else than the block before it. Names become
attributes of a class when the network is written as code, and so they are identifiers.
"""

from __future__ import annotations

import difflib
import keyword
from collections.abc import Mapping, Sequence
from typing import Any

from models.graph import BLOCKS, INPUT, OTHER, BlockDefinition, Graph, GraphError, Node
from models.old_names import renamed_block

MOST_BLOCKS = 1_000
"""Blocks of one network; the largest template has some sixty."""

LONGEST_NAME = 60

NO_SETTINGS = ("name", "kind", "inputs")
"""What a block has beside its settings; no setting is called so."""


def read_blocks(data: Any, own: Mapping[str, BlockDefinition] | None = None) -> Graph:
    """Returns the graph that a list of blocks describes; a graph stays as it is.

    own: the kinds of one's own that it may use, by name. Kinds and settings are looked at when the
    blocks are built, see `models.network.read_block`. Raises GraphError at the first block that
    cannot stand in a graph.
    """
    if isinstance(data, Graph):
        return data

    nodes = read_nodes(data, own)
    _check_inputs(nodes)
    return Graph(tuple(nodes))


def read_nodes(data: Any, own: Mapping[str, BlockDefinition] | None = None) -> list[Node]:
    """Returns the blocks of a list, whatever they read; own: see `read_blocks`.

    Raises GraphError at the first that is no block, and for too many.
    """
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise GraphError(BLOCKS, "This is no list of blocks.", _EXAMPLE)
    if len(data) > MOST_BLOCKS:
        raise GraphError(
            BLOCKS,
            f"The network has {len(data):,} blocks; {MOST_BLOCKS:,} are the most.",
            "Take fewer and larger blocks.",
        )

    own = own or {}
    return [_read_block(block, number, own) for number, block in enumerate(data, start=1)]


def plain_blocks(graph: Graph) -> list[dict[str, Any]]:
    """Returns plain data for TOML and JSON, of which `read_blocks` makes the same graph."""
    blocks = []
    name_before = INPUT
    for node in graph.nodes:
        block = {"name": node.name, "kind": node.kind, **node.settings}
        if node.inputs != (name_before,):
            block["inputs"] = list(node.inputs)

        blocks.append({key: value for key, value in block.items() if value is not None})
        name_before = node.name

    return blocks


def check_name(name: Any, place: str) -> str:
    """Returns the name of a block. place: what the message calls the block without one.

    Raises GraphError where a block cannot be called so.
    """
    if not isinstance(name, str) or not name:
        raise GraphError(place, "It has no name.", 'Give it one: name = "conv1".')
    if len(name) > LONGEST_NAME:
        raise GraphError(
            place,
            f"Its name has {len(name):,} characters; {LONGEST_NAME} are the most.",
            "Give it a shorter name.",
        )
    if name in (INPUT, OTHER):
        raise GraphError(name, f"'{name}' is the example itself.", "Give the block another name.")
    if keyword.iskeyword(name):
        raise GraphError(
            name, f"'{name}' is a word of the language Python.", f"Call it '{name}_1'."
        )
    if not name.isidentifier():
        raise GraphError(
            name,
            "A name holds letters, digits and _, and begins with no digit.",
            f"Call it '{valid_name(name)}'.",
        )

    return name


def valid_name(text: str) -> str:
    """Returns a name for a block that is like this text: "conv.1" is "conv_1"."""
    name = "".join(letter if letter.isalnum() else "_" for letter in text).strip("_")
    if not name.isidentifier():
        name = f"block_{name}".rstrip("_")

    return f"{name}_1" if keyword.iskeyword(name) or name in (INPUT, OTHER) else name


_EXAMPLE = 'For example: blocks = [{name = "conv1", kind = "convolution"}].'


def _read_block(block: Any, number: int, own: Mapping[str, BlockDefinition]) -> Node:
    """Returns the node of one block; number: its place, 1 for the first. Raises GraphError."""
    place = f"block {number}"
    if not isinstance(block, Mapping):
        raise GraphError(place, "This is no block.", _EXAMPLE)

    name = check_name(block.get("name"), place)
    kind = block.get("kind")
    if not isinstance(kind, str) or not kind:
        raise GraphError(name, "It has no kind.", 'Give it one: kind = "convolution".')

    inputs = block.get("inputs", ())
    if (
        not isinstance(inputs, Sequence)
        or isinstance(inputs, str)
        or not all(isinstance(source, str) for source in inputs)
    ):
        raise GraphError(
            name,
            "Its 'inputs' are no list of names.",
            'For example: inputs = ["conv1", "input"].',
        )

    settings = {key: value for key, value in block.items() if key not in NO_SETTINGS}
    for key, value in settings.items():
        _check_value(name, key, value)

    if kind in own:
        return Node(name, kind, settings, tuple(inputs), own[kind])

    return Node(name, *renamed_block(kind, settings), tuple(inputs))


def _check_value(name: str, key: str, value: Any) -> None:
    """Raises GraphError for a value that no setting has, such as a date."""
    members = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(member, (bool, int, float, str)) for member in members):
        raise GraphError(
            name,
            f"Its '{key}' is no number, no text, neither true nor false, and no list of them.",
            f"Change '{key}' of this block.",
        )


def _check_inputs(nodes: Sequence[Node]) -> None:
    """Raises GraphError at a block that reads itself, one that there is not, or one below it."""
    number_of = {node.name: number for number, node in enumerate(nodes)}
    for number, node in enumerate(nodes):
        for source in node.inputs:
            if source in (INPUT, OTHER) or number_of.get(source, number) < number:
                continue

            if source not in number_of:
                known = [INPUT, *(other.name for other in nodes[:number])]
                near = difflib.get_close_matches(source, known, n=1)
                raise GraphError(
                    node.name,
                    f"It reads '{source}', which does not exist.",
                    f"Did you mean '{near[0]}'?" if near else "Connect it to a block above.",
                )

            circle = _circle(nodes, node.name, source)
            if circle:
                raise GraphError(
                    node.name,
                    f"It reads what it makes itself: {' → '.join(circle)}.",
                    "Let it read a block above.",
                )

            raise GraphError(
                node.name,
                f"It reads '{source}', which stands below it.",
                f"Move '{source}' above it.",
            )


def _circle(nodes: Sequence[Node], name: str, source: str) -> list[str]:
    """Returns the way from a block to itself by way of `source`, which it reads; [] for none."""
    inputs = {
        node.name: node.inputs or ((before.name,) if before is not None else (INPUT,))
        for before, node in zip([None, *nodes], nodes, strict=False)
    }

    # From the source upwards: each block leads to the one that reads it.
    reader: dict[str, str] = {source: name}
    waiting = [source]
    while waiting:
        block = waiting.pop()
        if block == name:
            way = [name]
            while len(way) == 1 or way[-1] != name:
                way.append(reader[way[-1]])

            return way

        for other in inputs.get(block, ()):
            if other not in reader:
                reader[other] = block
                waiting.append(other)

    return []
