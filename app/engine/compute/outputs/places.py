"""Where the blocks of a network are, those in groups too, and which axis holds their units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.graph import INPUT, OTHER
from models.layers.own_block import OwnBlock, OwnBlockModule
from models.network import place_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from models.layers.block import Block
    from models.network import Network
    from models.shape import Shape

KEEPING = ("elementwise", "dropout", "merge", "normalisation")
"""Families of blocks that leave every number where it stands; others read matrices as tokens."""

WITHIN = "/"
"""Stands between the name of a group and that of a block in it."""


@dataclass(frozen=True)
class Place:
    """A block's module in the network, and whether the columns of its output are positions."""

    name: str
    module: nn.Module
    columns_are_positions: bool


def places_of(network: Network) -> Iterator[Place]:
    """Yields every block, those of a group before the group itself."""
    layouts = {
        name: part.kind == "signal"
        for name, part in zip((INPUT, OTHER), network.problem.inputs, strict=False)
    }
    for placed in place_blocks(network.graph, network.problem):
        node = placed.node
        read = tuple(layouts[name] for name in node.inputs)
        module = network.blocks[node.name]
        places = list(_within(node.name, module, placed.block, placed.inputs, read))
        layouts[node.name] = places[-1].columns_are_positions
        yield from places


def _within(
    name: str, module: nn.Module, block: Block, inputs: tuple[Shape, ...], read: tuple[bool, ...]
) -> Iterator[Place]:
    """Yields the blocks of a group, then the block itself."""
    if not isinstance(block, OwnBlock) or not isinstance(module, OwnBlockModule):
        yield Place(name, module, _layout(block, inputs, read))
        return

    layouts = dict(zip((INPUT, OTHER), read, strict=False))
    last = False
    for inner in block.placed(*inputs):
        node = inner.node
        inner_name = f"{name}{WITHIN}{node.name}"
        inner_read = tuple(layouts[source] for source in node.inputs)
        inner_module = module[node.name]
        for place in _within(inner_name, inner_module, inner.block, inner.inputs, inner_read):
            last = place.columns_are_positions
            yield place

        layouts[node.name] = last

    yield Place(name, module, last)


def _layout(block: Block, inputs: tuple[Shape, ...], read: tuple[bool, ...]) -> bool:
    """Returns whether the columns of a block's output are positions, as those of a signal are.

    read: the same of each of its inputs.
    """
    reads, gives = block.channels_first
    if reads or gives:
        return gives
    if len(inputs[0]) != 2:
        return False
    if block.kind == "transpose":
        return not read[0]

    family = type(block).__module__.split(".")[-2]
    return read[0] and family in KEEPING


def units_of(shape: tuple[int, ...], columns_are_positions: bool) -> int:
    """Returns how many units an output of one example has; see BlockOutput."""
    if len(shape) == 2 and not columns_are_positions:
        return shape[1]

    return shape[0] if shape else 1


def unit_axis(dimensions: int, columns_are_positions: bool) -> int:
    """Returns the axis of the units in an output (B, ...) with so many dimensions."""
    return 2 if dimensions == 3 and not columns_are_positions else 1
