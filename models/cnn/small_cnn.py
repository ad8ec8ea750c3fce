"""A small plain CNN (LeCun et al. 1998, with the batch norm of Ioffe & Szegedy 2015)."""

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
    """`depth` times convolution, batch norm and ReLU, with pooling between them.

    Each convolution has twice the channels of the one before. Global pooling and a linear output
    follow.
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
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        size = after_stride(problem.shape, stem_stride(problem.shape))
        usual = max(3, 1 + downsample_steps(*size))
        most = 1 + downsample_steps(*size, smallest=2)
        return {"depth": max(1, min(4, most, usual))}

    def graph(self, problem: Problem) -> Graph:
        depth = self.depth or 1
        nodes: list[Node] = []
        for number in range(1, depth + 1):
            if number == 1:
                channels = self.width
                stride = stem_stride(problem.shape)
            else:
                channels = rounded(self.width * 2 ** min(number - 1, 4))
                stride = 1

            convolution: dict[str, Any] = {
                "channels": channels,
                "kernel_size": max(self.filter_size, stride),
                "stride": stride,
            }
            nodes += [
                Node(f"conv{number}", "convolution", convolution),
                Node(f"norm{number}", "batch-norm", {"activation": "relu"}),
            ]
            if number < depth:
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
