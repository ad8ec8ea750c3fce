"""A network as a value: named blocks in topological order, with kind, settings and inputs.

Templates produce graphs, the window draws them, and `Network` makes them runnable. This module
does not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from models.old_names import renamed_block

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUT = "input"
"""The name under which blocks read the example itself, or the first half of a pair."""

OTHER = "other"
"""The name under which blocks read the second half of a pair."""


BLOCKS = "blocks"
"""The name under which files hold the blocks of a network."""

PARAMETER = "$"
"""What stands before the name of a setting of a group where one of its blocks takes the value."""


class GraphError(ValueError):
    """A graph that is no network.

    `node` names the block at fault, `what` gives the reason, `remedy` what to change there.
    """

    def __init__(self, node: str, what: str, remedy: str = "") -> None:
        self.node = node
        self.what = what
        self.remedy = remedy
        super().__init__(f"{node}: {self.message}")

    @property
    def place(self) -> str:
        """The block in the words of a sentence: "block 'conv1'"."""
        if self.node in (INPUT, BLOCKS):
            return "the network"

        return self.node if " " in self.node else f"block '{self.node}'"

    def to_keep(self) -> GraphError:
        """Returns it without the way that it came: that holds all that the functions there knew."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    @property
    def message(self) -> str:
        """What is wrong and what to change, without the name of the block."""
        return f"{self.what} {self.remedy}".strip()


@dataclass(frozen=True)
class Node:
    """One block of a graph.

    `inputs` names the blocks that it reads; INPUT is the example itself, OTHER the second half of a
    pair. `name` begins the names of the block's weights in checkpoints, so that a template that
    changes it cannot read the runs of earlier versions. `definition`: what a kind of one's own is;
    None for the kinds of this package.
    """

    name: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    definition: BlockDefinition | None = None


@dataclass(frozen=True)
class Graph:
    """Blocks in topological order, of which the last one gives the output.

    A block without inputs reads the one before it.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Fills in the inputs that were left out.

        Raises GraphError for an empty graph, a name that is used twice or unknown, and a block that
        reads one behind it.
        """
        if not self.nodes:
            raise GraphError(
                INPUT, "The network has no blocks.", "Add a block, or choose a template."
            )

        known_names = {INPUT, OTHER}
        name_before = INPUT

        complete = []
        for node in self.nodes:
            if node.name in known_names:
                raise GraphError(
                    node.name, f"Two blocks are called '{node.name}'.", "Rename one of them."
                )

            inputs = node.inputs or (name_before,)
            for name in inputs:
                if name not in known_names:
                    raise GraphError(
                        node.name,
                        f"It reads '{name}', which does not stand before it.",
                        "Connect it to a block above.",
                    )

            # Graphs share the blocks that an edit left: undo keeps thousands of graphs.
            complete.append(node if node.inputs else replace(node, inputs=inputs))
            known_names.add(node.name)
            name_before = node.name

        object.__setattr__(self, "nodes", tuple(complete))

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def to_plain(self) -> list[dict[str, Any]]:
        """Returns plain data for JSON, of which :meth:`from_plain` makes the same graph."""
        return [
            {
                "name": node.name,
                "kind": node.kind,
                "settings": dict(node.settings),
                "inputs": list(node.inputs),
                **({"definition": node.definition.to_plain()} if node.definition else {}),
            }
            for node in self.nodes
        ]

    @classmethod
    def from_plain(cls, data: list[dict[str, Any]]) -> Graph:
        """Returns the graph in plain data; names of older versions are read as the new ones.

        Raises GraphError, or KeyError where a block has no name or kind.
        """
        nodes = []
        for block in data:
            kind, settings = block["kind"], block.get("settings", {})
            described = block.get("definition")
            definition = BlockDefinition.from_plain(described) if described else None
            if definition is None:
                kind, settings = renamed_block(kind, settings)

            inputs = tuple(block.get("inputs", ()))
            nodes.append(Node(block["name"], kind, settings, inputs, definition))

        return cls(tuple(nodes))


@dataclass(frozen=True)
class BlockDefinition:
    """A kind of block that a person made: a group of blocks under a name.

    graph: the blocks. INPUT and OTHER are what the group reads, and its last block gives the
    output. settings: name -> default, of what can be set from outside; a setting of a block in the
    group has that value where it is "$name".
    """

    kind: str
    graph: Graph
    settings: dict[str, Any] = field(default_factory=dict)
    summary: str = ""

    def __hash__(self) -> int:
        return hash(self.kind)

    @cached_property
    def count(self) -> int:
        """How many blocks it comes to, those of groups within it included."""
        definitions = (node.definition for node in self.graph.nodes)
        return sum(1 if inner is None else inner.count for inner in definitions)

    @cached_property
    def depth(self) -> int:
        """How deep groups stand in one another; 1 where it holds none."""
        definitions = (node.definition for node in self.graph.nodes)
        return 1 + max((inner.depth for inner in definitions if inner is not None), default=0)

    def filled(self, settings: Mapping[str, Any]) -> Graph:
        """Returns the blocks with these values of its settings; those left out are the defaults."""
        values = {
            f"{PARAMETER}{name}": value for name, value in {**self.settings, **settings}.items()
        }

        def value_of(value: Any) -> Any:
            return values.get(value, value) if isinstance(value, str) else value

        return Graph(
            tuple(
                replace(
                    node, settings={key: value_of(value) for key, value in node.settings.items()}
                )
                for node in self.graph.nodes
            )
        )

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON, of which :meth:`from_plain` makes the same definition."""
        return {
            "kind": self.kind,
            "summary": self.summary,
            "settings": dict(self.settings),
            "blocks": self.graph.to_plain(),
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> BlockDefinition:
        """Returns the definition in plain data. Raises GraphError or KeyError."""
        graph = Graph.from_plain(data["blocks"])
        return cls(data["kind"], graph, dict(data["settings"]), data.get("summary", ""))


Kind = str | BlockDefinition
"""A kind of block: the name of one of this package, or the definition of one's own."""


def name_of(kind: Kind) -> str:
    """Returns the name of a kind, as files hold it."""
    return kind if isinstance(kind, str) else kind.kind


def node_of(
    name: str, kind: Kind, settings: Mapping[str, Any] | None = None, inputs: tuple[str, ...] = ()
) -> Node:
    """Returns a node of any kind."""
    definition = None if isinstance(kind, str) else kind
    return Node(name, name_of(kind), dict(settings or {}), inputs, definition)


def prefixed(graph: Graph, prefix: str, source: str) -> tuple[Node, ...]:
    """Returns the blocks under prefixed names; what read the example reads `source`."""
    names = {INPUT: source} | {node.name: f"{prefix}_{node.name}" for node in graph.nodes}
    return tuple(
        Node(names[node.name], node.kind, node.settings, tuple(names[name] for name in node.inputs))
        for node in graph.nodes
    )
