"""GPT: a language model that continues a text token by token (Radford et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.graph import Graph, Node
from models.recipe import language
from models.shape import Answers, InputKind, Problem
from models.sizes import heads_for
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from typing import Self


@TEMPLATES.register
class GPT(Template):
    """Token and position embedding, causal transformer blocks, at each token logits of the next.

    Padding needs no mask: it stands only at the end, where no real token attends.
    """

    kind: ClassVar[str] = "gpt"
    label: ClassVar[str] = "GPT"
    summary: ClassVar[str] = (
        "Reads a text from the left and learns what comes next, so it can go on writing."
    )
    family: ClassVar[str] = "Transformer"
    order: ClassVar[int] = 70
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)
    gives: ClassVar[tuple[Answers, ...]] = ("tokens",)

    depth: int = setting(
        4,
        label="Depth",
        unit="blocks",
        ge=1,
        le=24,
        help="More blocks work out more, but cost time.",
    )
    width: int = setting(
        128,
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
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps with short texts that are seen "
        "often.",
    )

    filter_size: int = setting(
        4,
        label="Neighbours",
        unit="tokens",
        ge=1,
        le=16,
        advanced=True,
        help="A small filter lets a token see this many tokens up to itself from the start; 1 "
        "is the plain layout, which learns more slowly at first.",
    )

    def resolved(self, problem: Problem) -> Self:  # noqa: ARG002 - heads follow the width alone
        """Returns the same template with all settings; each head gets about 32 numbers."""
        return self.replace(heads=self.heads or heads_for(self.width))

    def graph(self, problem: Problem) -> Graph:
        settings: dict[str, Any] = {
            "heads": self.heads or 1,
            "expansion": 4.0,
            "dropout": self.dropout,
            "causal": True,
        }
        embedding: dict[str, Any] = {"vocabulary": max(1, problem.vocabulary), "width": self.width}
        return Graph(
            (
                Node("embedding", "token-embedding", embedding),
                *self._short_convolution(),
                Node("positions", "position-embedding", {"scale": 0.02}),
                *(
                    Node(f"block{number}", "transformer", settings)
                    for number in range(1, self.depth + 1)
                ),
                Node("norm", "layer-norm"),
                Node("answer", "token-output", {"outputs": problem.outputs}),
            )
        )

    def _short_convolution(self) -> tuple[Node, ...]:
        """Returns a causal convolution over neighbouring tokens, whose output is added to them."""
        if self.filter_size == 1:
            return ()

        filters: dict[str, Any] = {
            "channels": self.width,
            "kernel_size": self.filter_size,
            "causal": True,
        }
        return (
            Node("nearby", "convolution-1d", filters),
            Node("together", "add", {}, ("embedding", "nearby")),
        )

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return language(problem, rate=1e-2)
