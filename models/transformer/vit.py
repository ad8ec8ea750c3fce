"""ViT: a picture as tokens that look at each other (Dosovitskiy et al. 2021, arXiv:2010.11929)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for
from models.sizes import heads_for, rounded
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from models.shape import Problem


@TEMPLATES.register
class VisionTransformer(Template):
    """Patches, positions, transformer blocks, the mean of all tokens, a linear answer (the plain
    layout of Beyer et al. 2022, arXiv:2205.01580: no class token).

    The patches are cut by a few small convolutions (Xiao et al. 2021, arXiv:2106.14881): from
    little data a plain cut learns much more slowly. `stem="patches"` gives the plain cut.
    """

    kind: ClassVar[str] = "vit"
    label: ClassVar[str] = "Vision transformer"
    summary: ClassVar[str] = "Cuts the picture into patches that look at each other."
    family: ClassVar[str] = "Transformer"
    order: ClassVar[int] = 40

    depth: int = setting(
        4,
        label="Depth",
        unit="blocks",
        ge=1,
        le=24,
        help="More blocks think longer, and cost time.",
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
    patch_size: int | None = setting(
        None,
        label="Patch size",
        unit="pixels",
        ge=1,
        le=64,
        help="Side of the squares. Smaller patches see finer; half the side is four times the "
        "tokens.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Forgets at random while training; helps with few examples.",
    )
    stem: Literal["convolutions", "patches"] = setting(
        "convolutions",
        label="Patches cut by",
        advanced=True,
        choices={"convolutions": "A few convolutions", "patches": "A plain cut"},
        help="Convolutions learn from fewer examples; the plain cut is the original and needs "
        "many.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {"patch_size": _patch(problem)}

    def resolved(self, problem: Problem) -> VisionTransformer:
        """Heads follow the width: about 32 numbers each."""
        heads = self.heads or heads_for(self.width)
        return self.replace(heads=heads, patch_size=self.patch_size or _patch(problem))

    def graph(self, problem: Problem) -> Graph:
        heads = self.heads or 1
        patch = self.patch_size or _patch(problem)
        # Strides multiply to the patch size only for powers of two; other sizes are cut plainly.
        by_convolutions = self.stem == "convolutions" and patch > 1 and patch & (patch - 1) == 0
        fits = patch <= min(problem.shape[1:])

        return Graph(
            (
                *(self._convolutions(patch) if by_convolutions and fits else self._cut(patch)),
                Node("positions", "position-embedding", {"columns": -(-problem.shape[2] // patch)}),
                *(
                    Node(f"block{number}", "transformer", {"heads": heads, "dropout": self.dropout})
                    for number in range(1, self.depth + 1)
                ),
                Node("norm", "layer-norm"),
                Node("pool", "global-pooling", {"mode": "mean"}),
                Node("answer", "output", {"outputs": problem.outputs}),
            )
        )

    def _cut(self, patch: int) -> tuple[Node, ...]:
        return (Node("patches", "patch-embedding", {"patch_size": patch, "width": self.width}),)

    def _convolutions(self, patch: int) -> tuple[Node, ...]:
        """Three or more 3×3 filters, of which as many halve as the patch size asks, up to the width
        of a token.
        """
        halving = patch.bit_length() - 1
        strides = [1] * max(0, 3 - halving) + [2] * halving

        nodes: list[Node] = []
        for number, stride in enumerate(strides, start=1):
            channels = rounded(self.width / 2 ** min(len(strides) - number, halving))
            settings: dict[str, Any] = {"channels": channels, "kernel_size": 3, "stride": stride}
            nodes += [
                Node(f"conv{number}", "convolution", settings),
                Node(f"norm{number}", "batch-norm"),
            ]

        nodes.append(
            Node("mix", "convolution", {"channels": self.width, "kernel_size": 1, "bias": True})
        )
        return (*nodes, Node("tokens", "flatten-to-tokens"))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 1.5e-3),
                "weight_decay": 0.05,
            },
            "schedule": {"kind": "cosine", "warmup": 0.1},
            "training": epochs_and_batch(problem.examples, epochs=15) | {"gradient_clip": 1.0},
        }


def _patch(problem: Problem) -> int:
    """A power of two from 2 to 16 that leaves at least 7 patches on the longer side and 2 on the
    shorter.
    """
    longest = max(problem.shape[1:])
    shortest = min(problem.shape[1:])
    size = 2 ** int(math.log2(max(2, longest / 7)))

    return max(1, min(16, size, 2 ** int(math.log2(max(1, shortest // 2)))))
