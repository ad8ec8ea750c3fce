"""Kinds of blocks that a person made, as files hold them: groups of blocks under a name.

An experiment brings its own: `[model.own_blocks.NAME]` with `blocks`, which are written as those of
the network, and `settings`, each with its default. A block of the group takes the value of a
setting where it says "$setting". This module does not import torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.graph import BLOCKS, BlockDefinition, Graph, GraphError, node_of
from models.graph_file import LONGEST_NAME, MOST_BLOCKS, NO_SETTINGS, plain_blocks, read_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_BLOCKS = "own_blocks"
"""The name under which files hold the kinds of blocks that they bring themselves."""

MOST_DEFINITIONS = 100

DEEPEST = 8
"""How deep groups may stand in one another."""

_KEYS = ("summary", "settings", BLOCKS)

_EXAMPLE = 'For example: blocks = [{name = "conv1", kind = "convolution"}].'


def read_definitions(data: Any) -> dict[str, BlockDefinition]:
    """Returns the kinds in plain data, by name; those that are read already stay as they are.

    Whether their blocks and settings are possible is looked at when one is built, see
    `models.layers.own_block`. Raises GraphError.
    """
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise GraphError(OWN_BLOCKS, "These are no own blocks.", "Name each: [model.own_blocks.x].")
    if len(data) > MOST_DEFINITIONS:
        raise GraphError(
            OWN_BLOCKS,
            f"There are {len(data):,} own blocks; {MOST_DEFINITIONS} are the most.",
            "Leave out those that the network has no use for.",
        )

    reader = _Reader(data)
    return {kind: reader.read(kind) for kind in data}


def plain_definitions(definitions: Mapping[str, BlockDefinition] | None) -> dict[str, Any]:
    """Returns plain data for TOML, of which `read_definitions` makes the same kinds."""
    return {
        kind: {
            **({"summary": definition.summary} if definition.summary else {}),
            **({"settings": dict(definition.settings)} if definition.settings else {}),
            BLOCKS: plain_blocks(definition.graph),
        }
        for kind, definition in (definitions or {}).items()
    }


def definitions_in(
    graph: Graph, known: Mapping[str, BlockDefinition] | None = None
) -> dict[str, BlockDefinition]:
    """Returns the kinds of one's own that a graph uses, those within others included, by name.

    known: others beside them, which come first. Raises GraphError where two are called alike.
    """
    found = dict(known or {})
    for definition in _definitions(graph):
        if found.setdefault(definition.kind, definition) != definition:
            raise GraphError(
                place_of(definition.kind),
                "There is another own block of that name.",
                "Give one of them another name.",
            )

    return found


def stands_beside(definition: BlockDefinition, known: Mapping[str, BlockDefinition]) -> bool:
    """Returns whether a kind, with those that it holds, is none that others are called like."""
    try:
        definitions_in(Graph((node_of("block", definition),)), known)
    except GraphError:
        return False

    return True


def kinds_in(graph: Graph) -> set[str]:
    """Returns the kinds of all blocks of a graph, also of those within groups."""
    graphs = [graph, *(definition.graph for definition in _definitions(graph))]
    return {node.kind for each in graphs for node in each.nodes}


def check_kind(kind: str) -> str:
    """Returns the name of a kind of one's own. Raises GraphError where it cannot be called so."""
    if len(kind) > LONGEST_NAME:
        raise GraphError(
            place_of(kind[:LONGEST_NAME]),
            f"Its name has {len(kind):,} characters; {LONGEST_NAME} are the most.",
            "Give it a shorter name.",
        )
    if not kind.replace("-", "_").isidentifier() or kind.startswith(("_", "-")):
        raise GraphError(
            place_of(kind),
            "Its name holds letters, digits, - and _, and begins with a letter.",
            f"Call it '{valid_kind(kind)}'.",
        )

    return kind


def valid_kind(text: str) -> str:
    """Returns a name for a kind that is like this text: "My block!" is "My-block"."""
    letters = "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in text)
    kind = "-".join(part for part in letters.split("-") if part).strip("_")[:LONGEST_NAME]
    return kind if kind.replace("-", "_").isidentifier() else f"block-{kind}".rstrip("-")


def place_of(kind: str) -> str:
    """Returns what messages call a kind of one's own."""
    return f"own block '{kind}'"


def _definitions(graph: Graph) -> Iterator[BlockDefinition]:
    for node in graph.nodes:
        if node.definition is not None:
            yield node.definition
            yield from _definitions(node.definition.graph)


class _Reader:
    """Reads kinds that may hold each other, each once."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._known: dict[str, BlockDefinition] = {}
        self._open: list[str] = []

    def read(self, kind: str) -> BlockDefinition:
        given = self._data[kind]
        if isinstance(given, BlockDefinition):
            return given
        if kind in self._known:
            return self._known[kind]
        if kind in self._open:
            way = [*self._open[self._open.index(kind) :], kind]
            raise GraphError(
                place_of(kind),
                f"It contains itself: {' → '.join(way)}.",
                "Build it of other blocks.",
            )

        self._open.append(kind)
        definition = self._definition(check_kind(kind), given)
        self._open.pop()
        self._check_size(definition)
        self._known[kind] = definition
        return definition

    def _definition(self, kind: str, given: Any) -> BlockDefinition:
        place = place_of(kind)
        if not isinstance(given, Mapping):
            raise GraphError(place, "This is no own block.", _EXAMPLE)

        for key in given:
            if key not in _KEYS:
                near = difflib.get_close_matches(str(key), _KEYS, n=1)
                remedy = f"Did you mean '{near[0]}'?" if near else f"It has {', '.join(_KEYS)}."
                raise GraphError(place, f"An own block has no '{key}'.", remedy)

        summary = given.get("summary", "")
        if not isinstance(summary, str):
            raise GraphError(place, "Its 'summary' is no text.", "Write a sentence in quotes.")

        blocks = given.get(BLOCKS)
        if not blocks:
            raise GraphError(place, "It has no blocks.", _EXAMPLE)

        try:
            graph = read_blocks(blocks, self._used_by(blocks))
        except GraphError as error:
            raise inside(place, error) from None

        return BlockDefinition(kind, graph, _settings(place, given.get("settings", {})), summary)

    def _used_by(self, blocks: Any) -> dict[str, BlockDefinition]:
        """Returns the kinds of one's own that a list of blocks names."""
        kinds = [block.get("kind") for block in blocks if isinstance(block, Mapping)]
        return {
            kind: self.read(kind) for kind in kinds if isinstance(kind, str) and kind in self._data
        }

    def _check_size(self, definition: BlockDefinition) -> None:
        if definition.depth > DEEPEST:
            raise GraphError(
                place_of(definition.kind),
                f"Its groups stand more than {DEEPEST} deep in one another.",
                "Take one of them apart.",
            )
        if definition.count > MOST_BLOCKS:
            raise GraphError(
                place_of(definition.kind),
                f"It comes to {definition.count:,} blocks; {MOST_BLOCKS:,} are the most.",
                "Build it of fewer blocks.",
            )


def inside(place: str, error: GraphError) -> GraphError:
    """Returns the error of a block within a group as one of the group."""
    if error.place == "the network":
        return GraphError(place, error.what, error.remedy)

    return GraphError(place, f"In it, {error.place}: {error.what}", error.remedy)


def _settings(place: str, given: Any) -> dict[str, Any]:
    """Returns the settings of a kind with their defaults. Raises GraphError."""
    if not isinstance(given, Mapping):
        raise GraphError(
            place, "Its 'settings' are no table.", "For example: settings = {channels = 32}."
        )

    for name, value in given.items():
        if not name.isidentifier() or name.startswith("_") or name in NO_SETTINGS:
            raise GraphError(
                place,
                f"A setting cannot be called '{name}'.",
                "Its name holds letters, digits and _, and is none of name, kind and inputs.",
            )

        members = value if isinstance(value, list) else [value]
        if not all(isinstance(member, (bool, int, float, str)) for member in members):
            raise GraphError(
                place,
                f"The default of '{name}' is no number, no text, neither true nor false, and no "
                "list of them.",
                f"Change the default of '{name}'.",
            )

    return dict(given)
