"""Two towers: an encoder for each half of a pair, trained by contrast (Radford et al. 2021)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import INPUT, OTHER, Graph, GraphError, Node, prefixed
from models.recipe import pairs
from models.shape import Answers, InputKind, Problem
from models.spec import UnknownChoice, setting
from models.template import TEMPLATES, Template

ENCODERS: dict[InputKind, str] = {
    "image": "resnet",
    "text": "text-cnn",
    "row": "mlp",
    "signal": "cnn-1d",
}
"""The template that encodes a half of this kind, where nothing else was chosen."""

_LABELS = {
    "cnn": "Small CNN",
    "resnet": "ResNet",
    "convnext": "ConvNeXt",
    "vit": "Vision transformer",
    "text-cnn": "Text CNN",
    "text-encoder": "Text encoder",
    "mlp": "Plain MLP",
    "cnn-1d": "1-D CNN",
    "ft-transformer": "FT-Transformer",
}
"""The templates that can encode a half, with their labels.

They are written out because templates are still being registered when settings are declared.
"""


@TEMPLATES.register
class TwoTower(Template):
    """Encoders whose embeddings a contrastive output compares (CLIP, arXiv:2103.00020).

    Halves of the same form (two pictures, two texts) are read by one encoder with one set of
    weights.
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
        choices=_LABELS,
        help="The template that looks at the first half of a pair.",
    )
    right: str | None = setting(
        None,
        label="Second encoder",
        choices=_LABELS,
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
        help="How many different things the encoders can look for; each keeps its own default "
        "if this is left open.",
    )
    dropout: float | None = setting(
        None,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        advanced=True,
        help="Sets numbers to zero at random while training; each encoder keeps its own default "
        "if this is left open.",
    )

    @classmethod
    def unfit(cls, problem: Problem) -> str:
        reason = super().unfit(problem)
        if not reason and problem.other is None:
            return f"{cls.label} needs pairs."

        for half in (0, 1):
            reason = reason or _default_encoder(problem, half).unfit(problem.tower(half))

        return reason

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {
            "left": _default_encoder(problem, 0).kind,
            "right": _default_encoder(problem, 1).kind,
            "shared": _same_form(problem),
        }

    def graph(self, problem: Problem) -> Graph:
        """Draws both encoders and the contrastive output.

        Raises GraphError where an encoder does not fit its half.
        """
        left = self._tower(problem, 0, self.left)
        if self.shared:
            return self._shared_encoder(problem, left)

        right = self._tower(problem, 1, self.right)
        nodes = (*prefixed(left, "left", INPUT), *prefixed(right, "right", OTHER))
        ends = (f"left_{left.nodes[-1].name}", f"right_{right.nodes[-1].name}")

        return Graph((*nodes, Node("match", "contrastive-output", {}, ends)))

    def _shared_encoder(self, problem: Problem, encoder: Graph) -> Graph:
        """Returns the graph in which both halves go through one encoder as one batch."""
        if not _same_form(problem):
            raise GraphError(
                "both",
                "One encoder cannot see both halves: they are not alike.",
                "Turn 'One encoder for both' off.",
            )
        if self.left != self.right:
            raise GraphError(
                "both",
                f"One encoder for both cannot be {_label(self.left)} and {_label(self.right)}.",
                "Choose the same encoder twice, or turn 'One encoder for both' off.",
            )

        return Graph(
            (
                Node("both", "concatenate-in-batch", {}, (INPUT, OTHER)),
                *prefixed(encoder, "encoder", "both"),
                Node("match", "contrastive-output"),
            )
        )

    def _tower(self, problem: Problem, half: int, chosen: str | None) -> Graph:
        """Returns the graph of the encoder for one half (0 or 1), of the chosen template."""
        tower_problem = problem.tower(half)
        side = ("left", "right")[half]
        try:
            encoder = TEMPLATES.get(chosen) if chosen else _default_encoder(problem, half)
        except UnknownChoice as error:
            raise GraphError(side, str(error), error.remedy) from None

        if reason := encoder.unfit(tower_problem):
            fitting = [kind.label for kind in TEMPLATES.all() if not kind.unfit(tower_problem)]
            raise GraphError(
                side, reason, f"Choose {' or '.join(fitting)} as the encoder of this half."
            )

        values = {
            name: getattr(self, name)
            for name in ("width", "dropout")
            if name in encoder.model_fields and getattr(self, name) is not None
        }
        template = encoder.model_validate(values)
        return template.resolved(tower_problem).graph(tower_problem)

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return pairs(problem, rate=2e-3)


def _default_encoder(problem: Problem, half: int) -> type[Template]:
    return TEMPLATES.get(ENCODERS[problem.inputs[half].kind])


def _same_form(problem: Problem) -> bool:
    """Returns whether both halves have the same form, so that one encoder can read both.

    Two texts must also have the same token numbers, which the same size of vocabulary does not
    promise; it holds because pairs of texts are prepared with one tokenizer.
    """
    first, second = problem.inputs
    return first == second


def _label(kind: str | None) -> str:
    return _LABELS.get(kind or "", kind or "")
