"""ConvNeXt: a CNN with large filters and few norms (Liu et al. 2022, arXiv:2201.03545)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for
from models.sizes import downsample_steps
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from models.shape import Problem


@TEMPLATES.register
class ConvNeXt(Template):
    """A patch embedding, then stages of ConvNeXt blocks, global pooling, a linear output.

    Between stages the size is halved and the width doubled.
    """

    kind: ClassVar[str] = "convnext"
    label: ClassVar[str] = "ConvNeXt"
    summary: ClassVar[str] = "A modern CNN: large filters, few norms."
    family: ClassVar[str] = "CNN"
    order: ClassVar[int] = 30

    depth: int = setting(
        2,
        label="Depth",
        unit="blocks a stage",
        ge=1,
        le=12,
        help="More blocks refine more, but cost time.",
    )
    width: int = setting(
        48,
        label="Width",
        unit="channels",
        ge=8,
        le=256,
        step=8,
        help="How many things the first stage can look for.",
    )
    patch_size: int | None = setting(
        None,
        label="Patch size",
        unit="pixels",
        ge=1,
        le=16,
        help="Side of the squares the picture is first cut into. Smaller sees finer and costs "
        "more.",
    )
    filter_size: int | None = setting(
        None,
        label="Filter size",
        unit="places",
        ge=3,
        le=15,
        step=2,
        advanced=True,
        help="How far a block looks around.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Skips blocks at random while training; helps with few examples.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        patch = _patch(problem)
        shortest = min(problem.shape[1:]) // patch
        return {
            "patch_size": patch,
            "filter_size": 7 if shortest >= 7 else 5 if shortest >= 5 else 3,
        }

    def graph(self, problem: Problem) -> Graph:
        patch = self.patch_size or _patch(problem)
        size = self.filter_size or 7
        height, across = (-(-side // patch) for side in problem.shape[1:])
        block: dict[str, Any] = {"kernel_size": size, "stochastic_depth": self.dropout}

        nodes = [
            Node(
                "stem",
                "convolution",
                {"channels": self.width, "kernel_size": patch, "stride": patch, "bias": True},
            ),
            Node("stem_norm", "layer-norm"),
        ]

        stages = 1 + min(3, max(1, downsample_steps(height, across)))
        for stage in range(1, stages + 1):
            if stage > 1:
                channels = self.width * 2 ** (stage - 1)
                nodes += [
                    Node(f"norm{stage}", "layer-norm"),
                    Node(
                        f"shrink{stage}",
                        "convolution",
                        {"channels": channels, "kernel_size": 2, "stride": 2, "bias": True},
                    ),
                ]
            nodes += [
                Node(f"block{stage}_{number}", "convnext", block)
                for number in range(1, self.depth + 1)
            ]

        nodes += [
            Node("pool", "global-pooling", {"mode": "mean"}),
            Node("norm", "layer-norm"),
            Node("answer", "output", {"outputs": problem.outputs}),
        ]
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 4e-3),
                "weight_decay": 0.05,
            },
            "schedule": {"kind": "cosine"},
            "training": epochs_and_batch(problem.examples, epochs=12) | {"gradient_clip": 1.0},
        }


def _patch(problem: Problem) -> int:
    """Returns the patch size: 1 below 16 pixels, 2 below 64, 4 up to 128, 8 beyond.

    It is at most a quarter of the shorter side.
    """
    longest = max(problem.shape[1:])
    patch = 1 if longest < 16 else 2 if longest < 64 else 4 if longest <= 128 else 8
    return max(1, min(patch, min(problem.shape[1:]) // 4))
