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


WIDTHS = (1, 3, 6, 12)
"""Channels of the blocks that halve, by the width; from the fourth on they stay."""


@TEMPLATES.register
class ResNet(Template):
    """A convolution, residual blocks that downsample while they can, pooling, a linear output.

    For Fashion-MNIST it has 625,466 parameters (16, 32, 96 and 192 channels). The first block,
    where the most detail is left, halves behind its first convolution; the others halve before it.
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
        # Filters that move by one pixel cost the most; few of them suffice.
        filters = rounded(0.5 * width) if stride == 1 else width
        nodes = [
            Node(
                "stem",
                "convolution",
                {"channels": filters, "kernel_size": stem_filter(stride), "stride": stride},
            ),
            Node("stem_norm", "batch-norm", {"activation": "relu"}),
        ]

        height, across = after_stride(problem.shape, stride)
        widened = 0
        for number in range(1, (self.depth or 2) + 1):
            downsample = min(height, across) >= 4
            if downsample:
                height //= 2
                across //= 2

            if downsample or number == 1:
                widened += 1

            settings: dict[str, Any] = {
                "channels": rounded(width * WIDTHS[min(widened, len(WIDTHS)) - 1]),
                "downsample": downsample,
                "halving": "before-norm" if number == 1 else "first",
                "first_weights": "identity",
                "dropout": self.dropout,
            }
            nodes.append(Node(f"block{number}", "residual", settings))

        nodes.append(Node("pool", "global-pooling", {"mode": self.pooling}))
        nodes.append(Node("answer", "output", {"outputs": problem.outputs}))
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        """Returns 9 epochs of AdamW with a short warm-up and a straight fall from 0.008.

        On Fashion-MNIST they reach 94.03 % of the test pictures (seeds 100 to 102: 94.03, 94.05 and
        94.02) in a third of the processor time of 12 epochs of the widths 32, 48, 96 and 192.
        They were chosen on 10,000 training pictures kept aside, in fewer epochs: a second moment of
        0.99 instead of 0.999 and the straight fall brought 0.4 points together, shifts of one pixel
        instead of two 0.4, halving behind the first convolution instead of before it 0.6 at equal
        cost, and filters that begin by passing channels on 0.2.
        """
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 8e-3),
                "beta2": 0.99,
                "weight_decay": 0.05,
            },
            "schedule": {"kind": "linear"},
            "training": epochs_and_batch(problem.examples, epochs=9) | {"gradient_clip": 0.0},
        }
