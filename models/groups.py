"""Groups of blocks: several blocks become one of a kind of one's own, and come apart again.

Whether a definition can be is seen when it is built, see `models.layers.own_block`. This module
does not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from models.edits.blocks import free_name
from models.graph import INPUT, OTHER, PARAMETER, BlockDefinition, Graph, GraphError, Node
from models.graph_file import NO_SETTINGS
from models.own_blocks import check_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_READ = 2
"""How many blocks outside a group can be read by it."""


@dataclass(frozen=True)
class Parameter:
    """A setting that a group can have: a value that settings of some of its blocks have in common.

    users: the blocks with their setting.
    """

    name: str
    value: Any
    users: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SettingOfBlock:
    """A setting of a block with its value and its type, of which only equality counts."""

    block: str
    setting: str
    value: Any
    type: Any


def parameters_of(settings: Iterable[SettingOfBlock]) -> list[Parameter]:
    """Returns the settings that a group of blocks can have, equal ones of equal name as one.

    settings: those of the blocks, in order. Where blocks have different values of a setting, the
    first keeps the name of the setting, and others have that of their block before it.
    """
    users: dict[tuple[str, str], list[SettingOfBlock]] = {}
    for each in settings:
        if each.value is not None:
            users.setdefault((each.setting, repr((each.value, each.type))), []).append(each)

    found: list[Parameter] = []
    taken: set[str] = set(NO_SETTINGS)
    for (setting, _), same in users.items():
        name = setting if setting not in taken else f"{same[0].block}_{setting}"
        taken.add(name)
        used_by = tuple((each.block, each.setting) for each in same)
        found.append(Parameter(name, same[0].value, used_by))

    return found


def check_group(graph: Graph, names: Sequence[str]) -> list[str]:
    """Returns what blocks read that shall become one block; at most `MOST_READ`, in order.

    Raises GraphError where they cannot be one: where more is read, and where others read a block
    that is not the last of them.
    """
    chosen = [node for node in graph.nodes if node.name in names]
    if not chosen:
        raise GraphError(INPUT, "No block is chosen.", "Choose some.")

    last = chosen[-1].name
    inner = {node.name for node in chosen}
    sources: list[str] = []
    for node in graph.nodes:
        for source in node.inputs:
            if node.name in inner and source not in inner and source not in sources:
                sources.append(source)
            if node.name not in inner and source in inner and source != last:
                raise GraphError(
                    source,
                    f"'{node.name}' reads '{source}', and of a block only the last part can be "
                    "read.",
                    f"Choose '{node.name}' too, or leave '{source}' out.",
                )

    end = graph.nodes[-1].name
    if end in inner and end != last:
        raise GraphError(end, f"'{end}' gives the answer.", f"Leave '{end}' out.")
    if len(sources) > MOST_READ:
        listed = ", ".join(f"'{source}'" for source in sources)
        raise GraphError(
            chosen[0].name,
            f"Together they read {len(sources)} others ({listed}); {MOST_READ} are the most.",
            "Choose other blocks.",
        )

    return sources


def group(
    graph: Graph,
    names: Sequence[str],
    kind: str,
    parameters: Sequence[Parameter] = (),
    summary: str = "",
) -> tuple[Graph, str]:
    """Returns the graph with one block of a new kind in place of several, and the block's name.

    It computes the same. parameters: the settings of the new kind. Raises GraphError, see
    `check_group` and `models.own_blocks.check_kind`.
    """
    sources = check_group(graph, names)
    chosen = [node for node in graph.nodes if node.name in names]
    inside = dict(zip(sources, (INPUT, OTHER), strict=False))
    taken = {user: f"{PARAMETER}{each.name}" for each in parameters for user in each.users}

    def settings(node: Node) -> dict[str, Any]:
        values = {key: value for (name, key), value in taken.items() if name == node.name}
        return node.settings | values

    blocks = Graph(
        tuple(
            replace(
                node,
                settings=settings(node),
                inputs=tuple(inside.get(source, source) for source in node.inputs),
            )
            for node in chosen
        )
    )
    definition = BlockDefinition(
        check_kind(kind), blocks, {each.name: each.value for each in parameters}, summary
    )
    if any(node.kind == kind and node.definition != definition for node in graph.nodes):
        raise GraphError(
            chosen[-1].name,
            f"Another block of your own is called '{kind}' here.",
            "Choose another name.",
        )

    last = chosen[-1].name
    name = free_name(graph, kind)
    new = Node(name, kind, {}, tuple(sources), definition)
    nodes = []
    for node in graph.nodes:
        if node.name == last:
            nodes.append(new)
        elif node.name not in names:
            reads = tuple(name if source == last else source for source in node.inputs)
            nodes.append(replace(node, inputs=reads))

    return Graph(tuple(nodes)), name


def take_apart(graph: Graph, name: str) -> tuple[Graph, tuple[str, ...]]:
    """Returns the graph with the blocks of a group in its place, and their names.

    A block keeps its name where no other has it. Raises GraphError for a block that is no group,
    and for one to which too little is connected.
    """
    node = graph[name]
    if node.definition is None:
        raise GraphError(name, "It is a single block.", "Choose a block of your own.")

    taken = {other.name for other in graph.nodes if other.name != name} | {INPUT, OTHER}
    names = dict(zip((INPUT, OTHER), node.inputs, strict=False))
    inner = node.definition.filled(node.settings).nodes
    if any(OTHER in each.inputs for each in inner) and OTHER not in names:
        raise GraphError(name, f"'{name}' reads two blocks, and only one is connected to it.")

    for each in inner:
        names[each.name] = _free(each.name, name, taken)
        taken.add(names[each.name])

    apart = [
        replace(each, name=names[each.name], inputs=tuple(names[source] for source in each.inputs))
        for each in inner
    ]
    last = apart[-1].name
    nodes: list[Node] = []
    for other in graph.nodes:
        if other.name == name:
            nodes += apart
        else:
            reads = tuple(last if source == name else source for source in other.inputs)
            nodes.append(replace(other, inputs=reads))

    return Graph(tuple(nodes)), tuple(each.name for each in apart)


def expanded(graph: Graph) -> Graph:
    """Returns the graph with all groups apart, also those within others.

    A block "conv1" of a group "stage1" is called "stage1.conv1", as its weights are.
    """
    nodes: list[Node] = []
    last: dict[str, str] = {}
    for node in graph.nodes:
        inputs = tuple(last.get(source, source) for source in node.inputs)
        if node.definition is None:
            nodes.append(replace(node, inputs=inputs))
            continue

        outside = dict(zip((INPUT, OTHER), inputs, strict=False))
        for each in expanded(node.definition.filled(node.settings)).nodes:
            reads = tuple(outside.get(name, f"{node.name}.{name}") for name in each.inputs)
            nodes.append(replace(each, name=f"{node.name}.{each.name}", inputs=reads))

        last[node.name] = nodes[-1].name

    return Graph(tuple(nodes))


def _free(name: str, group_name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate = f"{group_name}_{name}" if number == 2 else f"{group_name}_{name}_{number}"
        number += 1

    return candidate
