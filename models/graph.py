"""A network as a value: named blocks in topological order, with kind, settings and inputs.

Templates produce graphs, the window draws them, and `Network` makes them runnable. This module
does not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.old_names import renamed_block

INPUT = "input"
"""The name under which blocks read the example itself, or the first half of a pair."""

OTHER = "other"
"""The name under which blocks read the second half of a pair."""


BLOCKS = "blocks"
"""The name under which files hold the blocks of a network."""


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

    @property
    def message(self) -> str:
        """What is wrong and what to change, without the name of the block."""
        return f"{self.what} {self.remedy}".strip()


@dataclass(frozen=True)
class Node:
    """One block of a graph.

    `inputs` names the blocks that it reads; INPUT is the example itself, OTHER the second half of a
    pair. `name` begins the names of the block's weights in checkpoints, so that a template that
    changes it cannot read the runs of earlier versions.
    """

    name: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


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

            complete.append(Node(node.name, node.kind, dict(node.settings), inputs))
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
            kind, settings = renamed_block(block["kind"], block.get("settings", {}))
            nodes.append(Node(block["name"], kind, settings, tuple(block.get("inputs", ()))))

        return cls(tuple(nodes))
