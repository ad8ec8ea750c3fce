"""A small plain CNN: filters, pooling, an answer (LeCun et al. 1998, with the batch norm of 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for
from models.sizes import after_stride, downsample_steps, rounded, stem_stride
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from models.shape import Problem


@TEMPLATES.register
class SmallCNN(Template):
    """`depth` times convolution, batch norm and ReLU, with pooling between them; each looks for
    twice as much as the one before. Then global pooling and a linear answer.
    """

    kind: ClassVar[str] = "cnn"
    label: ClassVar[str] = "Small CNN"
    summary: ClassVar[str] = "A few filters, then an answer. Fast; a first look."
    family: ClassVar[str] = "CNN"
    order: ClassVar[int] = 10

    depth: int | None = setting(
        None,
        label="Depth",
        unit="convolutions",
        ge=1,
        le=8,
        help="More convolutions see larger shapes; the picture is halved between them.",
    )
    width: int = setting(
        16,
        label="Width",
        unit="channels",
        ge=4,
        le=256,
        step=4,
        help="How many patterns the first convolution looks for.",
    )
    filter_size: int = setting(
        3,
        label="Filter size",
        unit="pixels",
        ge=1,
        le=11,
        step=2,
        help="Height and width of the filters.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Forgets at random while training; helps with few examples.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        places = after_stride(problem.shape, stem_stride(problem.shape))
        return {
            "depth": max(
                1, min(4, 1 + downsample_steps(*places, smallest=2), max(3, 1 + downsample_steps(*places)))
            )
        }

    def graph(self, problem: Problem) -> Graph:
        stride = stem_stride(problem.shape)
        nodes: list[Node] = []
        for number in range(1, (self.depth or 1) + 1):
            channels = rounded(self.width * 2 ** min(number - 1, 4)) if number > 1 else self.width
            step = stride if number == 1 else 1
            nodes += [
                Node(
                    f"conv{number}",
                    "convolution",
                    {
                        "channels": channels,
                        "kernel_size": max(self.filter_size, step),
                        "stride": step,
                    },
                ),
                Node(f"norm{number}", "batch-norm", {"activation": "relu"}),
            ]

            if number < (self.depth or 1):
                nodes.append(Node(f"pool{number}", "pooling", {"mode": "max", "kernel_size": 2}))

        nodes.append(Node("pool", "global-pooling", {"mode": "mean"}))
        if self.dropout:
            nodes.append(Node("dropout", "dropout", {"rate": self.dropout}))

        nodes.append(Node("answer", "output", {"outputs": problem.outputs}))
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 1e-2),
                "weight_decay": 0.02,
            },
            "schedule": {"kind": "one-cycle"},
            "training": epochs_and_batch(problem.examples, epochs=10) | {"gradient_clip": 0.0},
        }
