"""Blocks of a kind that a person made: a group of blocks that stands in a network as one.

The class of such a kind is made of its definition. Its settings have the types, limits and words of
those settings of its blocks that take their values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, ValidationError, create_model
from torch import nn

from models.graph import INPUT, OTHER, PARAMETER, BlockDefinition
from models.layers.block import BLOCKS, Block, BlockError
from models.receptive_field import ONE_POSITION
from models.repair.wrong_values import wrong_setting
from models.spec import LOWER, UPPER, UnknownChoice, limits_in, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from pydantic.fields import FieldInfo

    from models.graph import Node
    from models.receptive_field import ReceptiveField
    from models.shape import Shape

TAKEN_NAMES = frozenset(
    (*dir(nn.ModuleDict()), "initialise", "undecayed", "_steps", "_last_reader")
)
"""Attributes of the modules that hold blocks, and what is asked of every module by its name; a
block cannot be called so."""

MOST_IN_TITLE = 2
"""Settings that the title of a block shows."""


@dataclass(frozen=True)
class InnerBlock:
    """A block within a group, in its place: see `models.network.PlacedBlock`."""

    node: Node
    block: Block
    inputs: tuple[Shape, ...]
    shape: Shape


class OwnBlock(Block):
    """Base class of the kinds that a person made; each has a definition."""

    definition: ClassVar[BlockDefinition]

    def title(self) -> str:
        shown = [
            f"{setting.label.lower()} {getattr(self, setting.name)}"
            for setting in settings(type(self))
            if setting.type in ("integer", "number", "choice")
        ]
        return " · ".join([self.label, *([", ".join(shown[:MOST_IN_TITLE])] if shown else [])])

    def blocks(self) -> Iterator[tuple[Node, Block]]:
        """Yields the blocks of the group with the values of its settings. Raises BlockError."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        for node in self.definition.filled(values).nodes:
            try:
                yield node, read_settings(node)
            except BlockError as error:
                raise _inside(node, error) from None

    def placed(self, *inputs: Shape) -> Iterator[InnerBlock]:
        """Yields the blocks of the group in their places. Raises BlockError."""
        shapes = dict(zip((INPUT, OTHER), inputs, strict=False))
        for node, block in self.blocks():
            read = tuple(shapes[name] for name in node.inputs)
            try:
                shapes[node.name] = block.output_shape(*read)
            except BlockError as error:
                raise _inside(node, error) from None

            yield InnerBlock(node, block, read, shapes[node.name])

    def shape(self, *inputs: Shape) -> Shape:
        return [inner.shape for inner in self.placed(*inputs)][-1]

    def module(self, *inputs: Shape) -> nn.Module:
        return OwnBlockModule(list(self.placed(*inputs)))

    def multiply_adds(self, *inputs: Shape) -> int:
        return sum(inner.block.multiply_adds(*inner.inputs) for inner in self.placed(*inputs))

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        return self.seen((ONE_POSITION,) * len(inputs), *inputs)

    def seen(
        self, fields: tuple[ReceptiveField | None, ...], *inputs: Shape
    ) -> ReceptiveField | None:
        known = dict(zip((INPUT, OTHER), fields, strict=False))
        last = INPUT
        for inner in self.placed(*inputs):
            last = inner.node.name
            read = tuple(known[name] for name in inner.node.inputs)
            known[last] = inner.block.seen(read, *inner.inputs)

        return known[last]


class OwnBlockModule(nn.ModuleDict):
    """A group of blocks as one module: (B, *inputs) -> (B, *shape).

    Its modules are under the names of the blocks.
    """

    def __init__(self, blocks: Sequence[InnerBlock]) -> None:
        super().__init__({inner.node.name: inner.block.module(*inner.inputs) for inner in blocks})
        self._steps = tuple((inner.node.name, inner.node.inputs) for inner in blocks)
        self._last_reader = {name: reader for reader, inputs in self._steps for name in inputs}

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        values = dict(zip((INPUT, OTHER), inputs, strict=False))
        for block, read in self._steps:
            result = self[block](*(values[name] for name in read))
            for name in set(read):
                if self._last_reader[name] == block:
                    del values[name]

            values[block] = result

        return values[self._steps[-1][0]]


def block_class(node: Node) -> type[Block]:
    """Returns the class of a block.

    Raises UnknownChoice for a kind that there is not, and BlockError where the definition of a kind
    of one's own cannot be.
    """
    return BLOCKS.get(node.kind) if node.definition is None else own_class(node.definition)


def read_settings(node: Node) -> Block:
    """Returns the block with the settings of a node. Raises BlockError where there is none."""
    try:
        kind = block_class(node)
        return kind.model_validate(node.settings)
    except UnknownChoice as error:
        raise BlockError(error.what, error.hint) from None
    except ValidationError as error:
        raise BlockError(*wrong_setting(node.kind, kind, error)) from None


@lru_cache(maxsize=256)
def own_class(definition: BlockDefinition) -> type[OwnBlock]:
    """Returns the class of a kind that a person made. Raises BlockError where it cannot be."""
    if any(block.kind == definition.kind for block in BLOCKS.all()):
        raise BlockError(
            f"'{definition.kind}' is the name of a kind of block that there is already.",
            "Give your own block another name.",
        )

    fields: dict[str, Any] = {name: _field(definition, name) for name in definition.settings}
    _check_uses(definition)
    kind = create_model(
        f"OwnBlock_{definition.kind}", __base__=OwnBlock, __module__=__name__, **fields
    )
    kind.definition = definition
    kind.kind = definition.kind
    kind.label = _words(definition.kind)
    reads_other = any(OTHER in node.inputs for node in definition.graph.nodes)
    kind.arity = (2, 2) if reads_other else (1, 1)
    _check_defaults(kind)
    kind.summary = definition.summary or _summary(definition)
    return kind


def _field(definition: BlockDefinition, name: str) -> tuple[Any, FieldInfo]:
    """Returns type and declaration of a setting: those of the settings that take its value."""
    if hasattr(OwnBlock, name):
        raise BlockError(f"A setting cannot be called '{name}'.", "Give it another name.")

    users: list[tuple[str, FieldInfo]] = []
    for node in definition.graph.nodes:
        for key, value in node.settings.items():
            if value != f"{PARAMETER}{name}":
                continue

            try:
                users.append((node.name, block_class(node).model_fields[key]))
            except (UnknownChoice, KeyError, BlockError):
                continue  # its block says so when it is read

    if not users:
        raise BlockError(
            f"None of its blocks takes the value of its setting '{name}'.",
            f'Write "{PARAMETER}{name}" where one shall take it, or leave the setting out.',
        )

    first, declared = users[0]
    for other, field in users[1:]:
        if field.annotation != declared.annotation:
            raise BlockError(
                f"'{name}' cannot be a setting of both '{first}' and '{other}': they take "
                "values of different types.",
                "Give one of them a setting of its own.",
            )

    field = _shared(definition.settings[name], _words(name), [field for _, field in users])
    return declared.annotation, field


def _shared(default: Any, label: str, fields: Sequence[FieldInfo]) -> Any:
    """Declares a setting whose value several others take: within the limits of all of them."""
    limits = [limits_in(field.metadata) for field in fields]
    lower = [(each[name], name) for each in limits for name in LOWER if name in each]
    upper = [(each[name], name) for each in limits for name in UPPER if name in each]
    bounds: dict[str, Any] = {}
    if lower:
        value, name = max(lower)  # of equal ones the stricter: "gt" comes after "ge"
        bounds[name] = value
    if upper:
        value, name = min(upper, key=lambda bound: (bound[0], bound[1] == "le"))
        bounds[name] = value

    first = fields[0]
    return Field(
        default,
        title=label,
        description=first.description,
        json_schema_extra=first.json_schema_extra,
        **bounds,
    )


def _check_uses(definition: BlockDefinition) -> None:
    """Raises BlockError where a block takes the value of a setting that there is not."""
    for node in definition.graph.nodes:
        if node.name in TAKEN_NAMES:
            raise BlockError(
                f"One of its blocks is called '{node.name}': torch has a function of that name.",
                f"Give it another name, such as '{node.name}_1'.",
            )

        for key, value in node.settings.items():
            if not isinstance(value, str) or not value.startswith(PARAMETER):
                continue

            name = value.removeprefix(PARAMETER)
            if name not in definition.settings:
                raise BlockError(
                    f"'{key}' of its block '{node.name}' is the setting '{name}', which it has "
                    "not.",
                    f"Add it: settings = {{{name} = ...}}.",
                )


def _check_defaults(kind: type[OwnBlock]) -> None:
    """Raises BlockError where a default, or a setting of one of its blocks, is wrong."""
    try:
        usual = kind.model_validate(kind.definition.settings)
    except ValidationError as error:
        what, remedy = wrong_setting(kind.kind, kind, error)
        raise BlockError(f"Of its defaults, {what}", remedy) from None

    for _ in usual.blocks():
        pass


def _inside(node: Node, error: BlockError) -> BlockError:
    return BlockError(f"In it, block '{node.name}': {error.what}", error.remedy)


def _words(name: str) -> str:
    """Returns the words of a name: "my-block" is "My block"."""
    text = name.replace("-", " ").replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _summary(definition: BlockDefinition) -> str:
    nodes = definition.graph.nodes
    count = f"{len(nodes)} blocks" if len(nodes) > 1 else "1 block"
    named = ", ".join(
        node.kind if node.definition is not None else BLOCKS.get(node.kind).label.lower()
        for node in nodes[:4]
    )
    return f"A block of your own: {count} ({named}{' and others' if len(nodes) > 4 else ''})."
