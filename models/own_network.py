"""A network of one's own: blocks that a person chose, instead of a template that draws them.

`MODELS` are all ways to choose a network: every template, and blocks of one's own. This module does
not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, SerializeAsAny, model_validator

from models.graph import BLOCKS, BlockDefinition, Graph, GraphError
from models.graph_file import MOST_BLOCKS, plain_blocks, read_blocks
from models.own_blocks import (
    OWN_BLOCKS,
    definitions_in,
    kinds_in,
    plain_definitions,
    read_definitions,
)
from models.shape import Answers, InputKind, Problem
from models.spec import Registry
from models.template import TEMPLATES, Template, usual_template

ATTENTION = ("transformer", "attention", "self-attention", "cross-attention")
"""Kinds of blocks that train as transformers do: with a warm-up and clipped gradients."""


def _read_origin(value: Any) -> Template | None:
    template: Template | None = TEMPLATES.read(value)
    return template


def _plain_origin(origin: Template | None) -> dict[str, Any] | None:
    return None if origin is None else TEMPLATES.write(origin)


class OwnNetwork(Template):
    """A graph as it was given, for whatever data; it never changes by itself.

    own_blocks: the kinds of blocks that the network brings itself, by name, None for none.
    origin: the template that drew it before it was changed, with all of its settings.
    """

    kind: ClassVar[str] = "own"
    label: ClassVar[str] = "Own network"
    summary: ClassVar[str] = "Blocks that you chose and connected yourself."
    family: ClassVar[str] = "Own"
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "row", "text", "signal")
    gives: ClassVar[tuple[Answers, ...]] = ("values", "tokens", "copy", "pair")

    blocks: Annotated[InstanceOf[Graph], PlainSerializer(plain_blocks)]
    own_blocks: Annotated[
        dict[str, InstanceOf[BlockDefinition]] | None, PlainSerializer(plain_definitions)
    ] = None
    origin: Annotated[
        SerializeAsAny[Template] | None,
        BeforeValidator(_read_origin),
        PlainSerializer(_plain_origin),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _read_blocks(cls, values: Any) -> Any:
        """Reads the blocks with the kinds that the network brings itself. Raises GraphError."""
        if not isinstance(values, Mapping):
            return values

        own = read_definitions(values.get(OWN_BLOCKS))
        graph = read_blocks(values.get(BLOCKS), own)
        own = definitions_in(graph, own)
        count = sum(1 if not node.definition else node.definition.count for node in graph.nodes)
        if count > MOST_BLOCKS:
            raise GraphError(
                BLOCKS,
                f"With its own blocks taken apart the network has {count:,} blocks; "
                f"{MOST_BLOCKS:,} are the most.",
                "Take fewer and larger blocks.",
            )

        return {**values, BLOCKS: graph, OWN_BLOCKS: own or None}

    @classmethod
    def unfit(cls, problem: Problem) -> str:
        """Returns "": which block does not fit is seen where the blocks are placed."""
        del problem
        return ""

    def graph(self, problem: Problem) -> Graph:
        del problem
        return self.blocks

    def recommended(self, problem: Problem) -> dict[str, dict[str, Any]]:
        """Returns the recipe of the template that `like` names."""
        return self.like(problem).recipe(problem)

    def like(self, problem: Problem) -> type[Template]:
        """Returns the template whose recipe is taken for this network.

        It is the one that it was drawn by, where that fits the problem. Otherwise it is the first
        transformer where it has attention, else the usual template.
        """
        if self.origin is not None and not self.origin.unfit(problem):
            return type(self.origin)

        if not kinds_in(self.blocks).isdisjoint(ATTENTION):
            for template in TEMPLATES.all():
                if template.family == "Transformer" and not template.unfit(problem):
                    return template

        return usual_template(problem)


class _Models(Registry[Template]):
    """All templates, and blocks of one's own, which no list of templates shows."""

    def all(self) -> tuple[type[Template], ...]:
        return TEMPLATES.all()

    def get(self, kind: str) -> type[Template]:
        return OwnNetwork if kind == OwnNetwork.kind else TEMPLATES.get(kind)

    def kind_in(self, values: Mapping[str, Any]) -> Any:
        return OwnNetwork.kind if BLOCKS in values else super().kind_in(values)

    def read(self, value: Any) -> Any:
        if not isinstance(value, Mapping) or BLOCKS not in value:
            return TEMPLATES.read(value)
        if self.key in value:
            raise ValueError("'template' and 'blocks' exclude each other; leave one of them out")

        return OwnNetwork.model_validate(dict(value))

    def write(self, choice: Template) -> dict[str, Any]:
        if isinstance(choice, OwnNetwork):
            return choice.model_dump(exclude_none=True)

        return super().write(choice)


MODELS: Registry[Template] = _Models("template", key=TEMPLATES.key)
