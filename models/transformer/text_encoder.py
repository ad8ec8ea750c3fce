"""Text encoder: attention in both directions (Vaswani et al. 2017; Devlin et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.graph import INPUT, Graph, Node
from models.recipe import texts
from models.shape import InputKind, Problem
from models.sizes import heads_for
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from typing import Self


@TEMPLATES.register
class TextEncoder(Template):
    """Token and position embedding, transformer blocks, the mean of all tokens, a linear output.

    Neither attention nor the mean takes padding into account.
    """

    kind: ClassVar[str] = "text-encoder"
    label: ClassVar[str] = "Text encoder"
    summary: ClassVar[str] = (
        "Every word looks at all others, so that its meaning follows from the sentence."
    )
    family: ClassVar[str] = "Transformer"
    order: ClassVar[int] = 65
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)

    depth: int = setting(
        2,
        label="Depth",
        unit="blocks",
        ge=1,
        le=24,
        help="More blocks work out more, but cost time.",
    )
    width: int = setting(
        96,
        label="Width",
        unit="numbers a token",
        ge=8,
        le=1024,
        step=8,
        help="How much a token can hold.",
    )
    heads: int | None = setting(
        None,
        label="Heads",
        ge=1,
        le=64,
        help="How many things a token can look for at once; must divide the width.",
    )
    dropout: float = setting(
        0.2,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )

    def resolved(self, problem: Problem) -> Self:  # noqa: ARG002 - heads follow the width alone
        """Returns the same template with all settings; each head gets about 32 numbers."""
        return self.replace(heads=self.heads or heads_for(self.width))

    def graph(self, problem: Problem) -> Graph:
        embedding: dict[str, Any] = {"vocabulary": max(1, problem.vocabulary), "width": self.width}
        settings: dict[str, Any] = {"heads": self.heads or 1, "dropout": self.dropout}

        nodes = [
            Node("mask", "padding-mask", {}, (INPUT,)),
            Node("embedding", "token-embedding", embedding, (INPUT,)),
            Node("positions", "position-embedding", {"scale": 0.02}),
            Node("forget", "dropout", {"rate": self.dropout}),
        ]
        for number in range(1, self.depth + 1):
            nodes.append(Node(f"block{number}", "transformer", settings, (nodes[-1].name, "mask")))

        nodes += [
            Node("norm", "layer-norm"),
            Node("pool", "global-pooling", {"mode": "mean"}, ("norm", "mask")),
            Node("answer", "output", {"outputs": problem.outputs}),
        ]
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return texts(problem, rate=1e-3)
