"""Two towers: an encoder for each half of a pair, joined by a learned temperature (Radford et al.
2021).
"""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.recipe import pairs
from models.shape import Answers, Input, InputKind, Problem
from models.spec import UnknownChoice, setting
from models.template import TEMPLATES, Template

ENCODERS: dict[InputKind, str] = {
    "image": "resnet",
    "text": "text-cnn",
    "row": "mlp",
    "signal": "cnn-1d",
}
"""What looks at a half when nothing else was chosen."""

_NAMES = {
    "cnn": "Small CNN",
    "resnet": "ResNet",
    "convnext": "ConvNeXt",
    "vit": "Vision transformer",
    "text-cnn": "Text CNN",
    "text-encoder": "Text encoder",
    "mlp": "Plain network",
    "cnn-1d": "1-D CNN",
    "ft-transformer": "FT-Transformer",
}


@TEMPLATES.register
class TwoTower(Template):
    """Each encoder answers with a point in space; `match` compares the points (CLIP,
    arXiv:2103.00020). Halves that are alike (two pictures, two texts) are seen by one encoder
    with one set of weights.
    """

    kind: ClassVar[str] = "two-tower"
    label: ClassVar[str] = "Two towers"
    summary: ClassVar[str] = (
        "An encoder for each half of a pair; what belongs together comes to lie together."
    )
    family: ClassVar[str] = "Pair"
    order: ClassVar[int] = 90
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "row", "text", "signal")
    gives: ClassVar[tuple[Answers, ...]] = ("pair",)

    left: str | None = setting(
        None,
        label="First encoder",
        choices=_NAMES,
        help="The template that looks at the first half of a pair.",
    )
    right: str | None = setting(
        None,
        label="Second encoder",
        choices=_NAMES,
        help="The template that looks at the second half of a pair.",
    )
    shared: bool | None = setting(
        None,
        label="One encoder for both",
        help="Halves that are alike are seen by the same weights, which learn from both.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="of each encoder",
        ge=8,
        le=1024,
        step=8,
        advanced=True,
        help="How many different things the encoders can look for; each has its own measure if "
        "this is left open.",
    )
    dropout: float | None = setting(
        None,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        advanced=True,
        help="Forgets at random while training; each encoder has its own measure if this is left "
        "open.",
    )

    @classmethod
    def unfit(cls, problem: Problem) -> str:
        reason = super().unfit(problem)
        if not reason and problem.other is None:
            return f"{cls.label} needs pairs."

        return reason or next(
            (
                predictions
                for number in (0, 1)
                if (predictions := _usual(problem, number).unfit(problem.tower(number)))
            ),
            "",
        )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {
            "left": _usual(problem, 0).kind,
            "right": _usual(problem, 1).kind,
            "shared": _alike(problem),
        }

    def graph(self, problem: Problem) -> Graph:
        """Raises GraphError when an encoder does not fit its half."""
        left = self._tower(problem, 0, self.left)
        if self.shared:
            if not _alike(problem):
                raise GraphError(
                    "both",
                    "One encoder cannot see both halves: they are not alike.",
                    "Turn 'One encoder for both' off.",
                )
            if self.left != self.right:
                raise GraphError(
                    "both",
                    f"One encoder for both cannot be {_predictions(self.left)} and "
                    f"{_predictions(self.right)}.",
                    "Choose the same encoder twice, or turn 'One encoder for both' off.",
                )

            return Graph(
                (
                    Node("both", "concatenate-in-batch", {}, (INPUT, OTHER)),
                    *_renamed(left, "encoder", "both"),
                    Node("match", "contrastive-output"),
                )
            )

        right = self._tower(problem, 1, self.right)
        nodes = (*_renamed(left, "left", INPUT), *_renamed(right, "right", OTHER))
        ends = (f"left_{left.nodes[-1].name}", f"right_{right.nodes[-1].name}")

        return Graph((*nodes, Node("match", "contrastive-output", {}, ends)))

    def _tower(self, problem: Problem, number: int, chosen: str | None) -> Graph:
        of = problem.tower(number)
        side = ("left", "right")[number]
        try:
            kind = TEMPLATES.get(chosen) if chosen else _usual(problem, number)
        except UnknownChoice as error:
            raise GraphError(side, str(error), error.remedy) from None

        if reason := kind.unfit(of):
            fitting = [one.label for one in TEMPLATES.all() if not one.unfit(of)]
            raise GraphError(
                side, reason, f"Choose {' or '.join(fitting)} as the encoder of this half."
            )

        values = {
            name: getattr(self, name) for name in ("width", "dropout") if name in kind.model_fields
        }
        template = kind.model_validate(
            {name: value for name, value in values.items() if value is not None}
        )
        return template.resolved(of).graph(of)

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return pairs(problem, rate=2e-3)


def _usual(problem: Problem, number: int) -> type[Template]:
    return TEMPLATES.get(ENCODERS[problem.inputs[number].kind])


def _alike(problem: Problem) -> bool:
    first, second = problem.inputs
    return _form(first) == _form(second)


def _form(one: Input) -> tuple[Any, ...]:
    """Two texts must number their tokens alike, which the same vocabulary cannot promise by itself;
    pairs of texts are prepared with one tokenizer.
    """
    return one.kind, one.shape, one.vocabulary, one.categories


def _predictions(kind: str | None) -> str:
    return _NAMES.get(kind or "", kind or "")


def _renamed(graph: Graph, prefix: str, source: str) -> list[Node]:
    """The blocks of a tower under names of their own; what read the example reads `source`."""
    names = {INPUT: source} | {node.name: f"{prefix}_{node.name}" for node in graph.nodes}
    return [
        Node(names[node.name], node.kind, node.settings, tuple(names[name] for name in node.inputs))
        for node in graph.nodes
    ]
