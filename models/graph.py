"""A network as a value: named blocks in topological order, each with a kind, its settings and its
inputs.

Templates produce graphs; the window draws them; `Network` makes them runnable. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

INPUT = "input"
OTHER = "other"
"""What a block may read beside other blocks: the example, and the second half of a pair."""


class GraphError(ValueError):
    """A graph that cannot be.

    `node` names the block at fault; `remedy` says what to change there.
    """

    def __init__(self, node: str, what: str, remedy: str = "") -> None:
        self.node = node
        self.what = what
        self.remedy = remedy
        super().__init__(f"{node}: {what} {remedy}".strip())


@dataclass(frozen=True)
class Node:
    """One block.

    `inputs` names the blocks it reads; INPUT is the example itself, OTHER the second half of a
    pair.
    """

    name: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Blocks in topological order; the last one is the answer.

    A block without inputs reads the one before.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Fills in the inputs that were not said.

        Raises GraphError for an empty graph, a name used twice or unknown, and a block that reads
        one behind it.
        """
        if not self.nodes:
            raise GraphError(INPUT, "The network has no blocks.", "Choose a template.")

        seen = {INPUT, OTHER}
        before = INPUT

        complete = []
        for node in self.nodes:
            if node.name in seen:
                raise GraphError(
                    node.name, f"Two blocks are called '{node.name}'.", "Rename one of them."
                )

            inputs = node.inputs or (before,)
            for name in inputs:
                if name not in seen:
                    raise GraphError(
                        node.name,
                        f"It reads '{name}', which does not stand before it.",
                        "Connect it to a block above.",
                    )

            complete.append(Node(node.name, node.kind, dict(node.settings), inputs))
            seen.add(node.name)
            before = node.name

        object.__setattr__(self, "nodes", tuple(complete))

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def to_plain(self) -> list[dict[str, Any]]:
        """Plain data for JSON or TOML; :meth:`from_plain` makes the same graph of it."""
        return [
            {"name": n.name, "kind": n.kind, "settings": dict(n.settings), "inputs": list(n.inputs)}
            for n in self.nodes
        ]

    @classmethod
    def from_plain(cls, data: list[dict[str, Any]]) -> Graph:
        """Raises GraphError, or KeyError where a block has no name or kind."""
        return cls(
            tuple(
                Node(
                    block["name"],
                    block["kind"],
                    dict(block.get("settings", {})),
                    tuple(block.get("inputs", ())),
                )
                for block in data
            )
        )
