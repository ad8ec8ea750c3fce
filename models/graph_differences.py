"""What one graph has otherwise than another, block by block, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.graph import Graph, Node


def graph_differences(before: Graph, after: Graph) -> list[str]:
    """Returns a sentence for each block of either graph that the other has not, or has otherwise.

    Blocks are the same where their names are. The order is that of `after`, then what is gone.
    """
    old = {node.name: node for node in before.nodes}
    new = {node.name: node for node in after.nodes}
    found = []
    for name, node in new.items():
        if name not in old:
            found.append(f"'{name}' is new: {_words(node)}.")
        elif node != old[name]:
            found += _changes(old[name], node)

    return found + [f"'{name}' is gone: {_words(old[name])}." for name in old if name not in new]


def _changes(old: Node, new: Node) -> list[str]:
    found = []
    if old.kind != new.kind:
        found.append(f"'{new.name}' is a {new.kind}, no {old.kind}.")
    else:
        for name in dict.fromkeys((*old.settings, *new.settings)):
            values = old.settings.get(name), new.settings.get(name)
            if values[0] != values[1]:
                found.append(
                    f"'{new.name}': {name.replace('_', ' ')} {_value(values[1])} instead of "
                    f"{_value(values[0])}."
                )

    if old.kind == new.kind and old.definition != new.definition:
        found.append(f"'{new.name}' is made of other blocks than it was.")
    if old.inputs != new.inputs:
        found.append(f"'{new.name}' reads {_names(new.inputs)} instead of {_names(old.inputs)}.")

    return found


def _words(node: Node) -> str:
    values = (f"{name.replace('_', ' ')} {_value(value)}" for name, value in node.settings.items())
    return ", ".join([node.kind, *values])


def _value(value: Any) -> str:
    if value is None:
        return "the usual"
    if isinstance(value, bool):
        return "on" if value else "off"

    return str(value)


def _names(names: tuple[str, ...]) -> str:
    return " and ".join(f"'{name}'" for name in names)
