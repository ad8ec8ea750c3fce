"""ResNet: residual blocks, few and small ones (He et al. 2016, arXiv:1512.03385)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for
from models.sizes import after_stride, downsample_steps, rounded, stem_filter, stem_stride
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from models.shape import Problem


@TEMPLATES.register
class ResNet(Template):
    """A convolution, residual blocks that downsample while they can, pooling, a linear output.

    For Fashion-MNIST it has 660,266 parameters (32, 48, 96 and 192 channels).
    """

    kind: ClassVar[str] = "resnet"
    label: ClassVar[str] = "ResNet"
    summary: ClassVar[str] = "Blocks with a bypass, so that depth does not hurt. The safe choice."
    family: ClassVar[str] = "CNN"
    order: ClassVar[int] = 20

    depth: int | None = setting(
        None,
        label="Depth",
        unit="blocks",
        ge=1,
        le=16,
        help="More blocks see larger shapes, but cost time.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="channels",
        ge=8,
        le=256,
        step=8,
        help="How many different things a layer can look for.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )
    pooling: Literal["max", "mean"] = setting(
        "max",
        label="Global pooling",
        choices={"max": "The strongest", "mean": "The mean"},
        advanced=True,
        help="What is kept of all places at the end: the strongest answer finds details, the mean "
        "judges the whole.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        size = after_stride(problem.shape, stem_stride(problem.shape))
        return {"depth": max(2, min(3, downsample_steps(*size, smallest=3))), "width": 32}

    def graph(self, problem: Problem) -> Graph:
        stride = stem_stride(problem.shape)
        width = self.width or 32
        nodes = [
            Node(
                "stem",
                "convolution",
                {"channels": width, "kernel_size": stem_filter(stride), "stride": stride},
            ),
            Node("stem_norm", "batch-norm", {"activation": "relu"}),
        ]

        height, across = after_stride(problem.shape, stride)
        channels = 0.75 * width
        for number in range(1, (self.depth or 2) + 1):
            downsample = min(height, across) >= 4
            if downsample:
                height //= 2
                across //= 2

            if downsample or number == 1:
                channels = min(2 * channels, 12 * width)

            settings: dict[str, Any] = {
                "channels": rounded(channels),
                "downsample": downsample,
                "dropout": self.dropout,
            }
            nodes.append(Node(f"block{number}", "residual", settings))

        nodes.append(Node("pool", "global-pooling", {"mode": self.pooling}))
        nodes.append(Node("answer", "output", {"outputs": problem.outputs}))
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        """Returns 12 epochs of AdamW with one cycle up to 0.008, measured on Fashion-MNIST."""
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 8e-3),
                "weight_decay": 0.05,
            },
            "schedule": {"kind": "one-cycle"},
            "training": epochs_and_batch(problem.examples, epochs=12) | {"gradient_clip": 0.0},
        }
