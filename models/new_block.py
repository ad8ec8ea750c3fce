"""New blocks: which kinds there are, and settings with which one fits where it is put."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from models.graph import node_of
from models.layers.block import BLOCKS, Block, BlockError
from models.layers.own_block import block_class, read_settings
from models.spec import UnknownChoice, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.graph import BlockDefinition, Kind, Node
    from models.shape import Shape

Settings = dict[str, Any]


FAMILIES = {"elementwise": "Activation", "heads": "Answer", "merge": "Bring together"}
"""What a family of blocks is called on screen, where that is not the name of its folder."""


@functools.cache
def kinds_by_family() -> dict[str, list[type[Block]]]:
    """Returns all kinds of blocks by the name of their family, both in alphabetical order."""
    families: dict[str, list[type[Block]]] = {}
    for block in sorted(BLOCKS.all(), key=lambda each: each.label):
        folder = block.__module__.split(".")[-2]
        families.setdefault(FAMILIES.get(folder, folder.capitalize()), []).append(block)

    return dict(sorted(families.items()))


def usable(definitions: Iterable[BlockDefinition]) -> list[tuple[Kind, type[Block]]]:
    """Returns the kinds of one's own that can be, with their classes, in alphabetical order."""
    found: list[tuple[Kind, type[Block]]] = []
    for definition in definitions:
        try:
            found.append((definition, class_of(definition)))
        except BlockError:
            continue

    return sorted(found, key=lambda pair: pair[1].label)


def why_not(definition: BlockDefinition) -> str:
    """Returns in a sentence why a kind of one's own cannot be, and what to change; "" if it can."""
    try:
        class_of(definition)
    except BlockError as error:
        return str(error)

    return ""


def least_inputs(kind: Kind) -> int:
    """Returns how many other blocks a block of this kind reads at least."""
    return class_of(kind).arity[0]


def most_inputs(kind: Kind) -> int:
    """Returns how many other blocks a block of this kind reads at most; 1 for an unknown kind."""
    try:
        return class_of(kind).arity[1]
    except (BlockError, UnknownChoice):
        return 1


def title_of(node: Node) -> str:
    """Returns what a block is called on screen; its kind where kind or settings are wrong."""
    try:
        return read_settings(node).title()
    except (BlockError, UnknownChoice):
        return node.kind


def class_of(kind: Kind) -> type[Block]:
    """Returns the class of a kind. Raises UnknownChoice or BlockError, see `block_class`."""
    return block_class(node_of("", kind))


def fitting_settings(kind: Kind, inputs: tuple[Shape, ...], wanted: Shape) -> Settings | None:
    """Returns settings with which a block of this kind can read these inputs.

    wanted: the shape that its output has if any settings tried give that; otherwise the usual
    settings come first. None where none of them fits.
    """
    fitting = [
        (values, shape)
        for values in _tried(kind, inputs[0], wanted)
        if (shape := output_shape(kind, values, inputs)) is not None
    ]
    for values, shape in fitting:
        if shape == wanted:
            return values

    return fitting[0][0] if fitting else None


def settings_instead(
    kind: Kind, before: Settings, inputs: tuple[Shape, ...], wanted: Shape
) -> Settings | None:
    """Returns settings for a block in the place of one of another kind; None where none fit.

    before: the settings of the block that goes; those that the new kind has too are kept, unless it
    fits only without them. wanted: the shape that its output has, if any settings tried give that.
    """
    declared = {setting.name for setting in settings(class_of(kind))}
    carried = {name: value for name, value in before.items() if name in declared}
    usual = fitting_settings(kind, inputs, wanted)
    tried = [carried, {**(usual or {}), **carried}, *([usual] if usual is not None else [])]
    shapes = [output_shape(kind, values, inputs) for values in tried]
    if wanted in shapes:
        return tried[shapes.index(wanted)]

    fitting = [values for values, shape in zip(tried, shapes, strict=True) if shape is not None]
    return fitting[0] if fitting else None


def output_shape(kind: Kind, values: Settings, inputs: tuple[Shape, ...]) -> Shape | None:
    """Returns the shape of the output; None where the block cannot read such inputs."""
    try:
        return read_settings(node_of("", kind, values)).output_shape(*inputs)
    except BlockError:
        return None


def _tried(kind: Kind, has: Shape, wanted: Shape) -> list[Settings]:
    """Returns settings to try: the usual ones, and those that keep sizes."""
    declared = {setting.name: setting for setting in settings(class_of(kind))}
    sizes: Settings = {}
    width = (wanted[0] if len(wanted) == 3 else wanted[-1]) if wanted else 1
    for name in ("channels", "outputs", "width"):
        if name in declared:
            sizes[name] = width
    if len(wanted) == 3:
        sizes |= {
            name: side
            for name, side in zip(("height", "width"), wanted[1:], strict=True)
            if {"height", "width"} <= declared.keys()
        }
    if len(wanted) == 2 and "length" in declared:
        sizes["length"] = wanted[0]

    tried: list[Settings] = [{}, sizes, {**sizes, "kernel_size": 3}, {**sizes, "stride": 1}]
    shared = has[0] if len(has) == 3 else has[-1] if has else 1
    for name in ("heads", "groups"):
        if name in declared and declared[name].default is not None:
            usual = int(declared[name].default)
            divisor = next(count for count in range(usual, 0, -1) if shared % count == 0)
            tried.append({**sizes, name: divisor})

    return [values for values in tried if values.keys() <= declared.keys()]
