"""Edits of a graph by whole lines: all settings of a block at once, and another kind for it.

Each returns another graph, as those of `models.edits` do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models import edits
from models.graph import Graph, Node, node_of
from models.layers.block import BlockError
from models.layers.own_block import block_class, read_settings
from models.network import read_block
from models.spec import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.graph import Kind


def kind_label(node: Node) -> str:
    """Returns what the kind of a block is called; its own name where there is no such kind."""
    try:
        return block_class(node).label
    except (BlockError, UnknownChoice):
        return node.kind


def with_settings(graph: Graph, name: str, settings: Mapping[str, Any]) -> Graph:
    """Returns the graph with these settings of a block and no others. Raises GraphError."""
    node = graph[name]
    read_block(replace(node, settings=dict(settings)))
    left_out = dict.fromkeys(node.settings)
    return edits.set_settings(graph, name, **{**left_out, **settings})


def with_kind(graph: Graph, name: str, kind: Kind) -> Graph:
    """Returns the graph with another kind of block; settings that it has too stay."""
    kept: dict[str, Any] = {}
    for key, value in graph[name].settings.items():
        try:
            read_settings(node_of(name, kind, {key: value}))
            kept[key] = value
        except BlockError:
            continue  # the new kind has no such setting, or allows other values

    return edits.set_kind(graph, name, kind, kept)
