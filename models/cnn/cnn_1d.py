"""1-D CNN: filters that slide along a signal or a mixed table row (Wang et al. 2017)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import Graph, Node
from models.recipe import dropout_for, epochs_and_batch, rate_for, rows
from models.shape import InputKind, Problem
from models.sizes import rounded
from models.spec import setting
from models.template import TEMPLATES, Template

POSITIONS = 16
"""The length of the sequence into which the columns of a table row are mixed.

Their own order means nothing, so that an order is learned.
"""


@TEMPLATES.register
class CNN1D(Template):
    """A convolution, residual blocks with pooling between them, global pooling, a linear output.

    It follows Wang et al. 2017 (arXiv:1611.06455). The columns of a row are first mixed by a linear
    layer into a sequence.
    """

    kind: ClassVar[str] = "cnn-1d"
    label: ClassVar[str] = "1-D CNN"
    summary: ClassVar[str] = (
        "Filters that slide along a signal and find its patterns wherever they are."
    )
    family: ClassVar[str] = "CNN"
    order: ClassVar[int] = 55
    reads: ClassVar[tuple[InputKind, ...]] = ("signal", "row")

    depth: int | None = setting(
        None,
        label="Depth",
        unit="blocks",
        ge=1,
        le=12,
        help="More blocks see longer patterns, but cost time.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="channels",
        ge=4,
        le=512,
        step=8,
        help="How many patterns a layer can look for.",
    )
    filter_size: int | None = setting(
        None,
        label="Filter size",
        unit="places",
        ge=1,
        le=63,
        step=2,
        help="How many places a filter sees.",
    )
    dropout: float | None = setting(
        None,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        if problem.input == "row":
            width = 8 if problem.examples < 500 else 16
            return {
                "depth": 1,
                "width": width,
                "filter_size": 3,
                "dropout": dropout_for(problem.examples),
            }

        length = -(-problem.shape[1] // _stem_stride(problem.shape[1]))
        depth = 1
        while length // 2 >= 16 and depth < 5:
            length //= 2
            depth += 1

        return {"depth": depth, "width": 48, "filter_size": 5, "dropout": 0.1}

    def graph(self, problem: Problem) -> Graph:
        depth = self.depth or 1
        width = self.width or 16
        size = self.filter_size or 3

        dropout = self.dropout or 0.0

        if problem.input == "row":
            nodes = [
                Node("columns", "categorical-embedding", {"categories": list(problem.categories)}),
                Node("mix", "linear", {"outputs": POSITIONS * width, "activation": "relu"}),
                Node("forget", "dropout", {"rate": dropout}),
                Node("places", "reshape", {"target_shape": [POSITIONS, width]}),
            ]
            stride = 1
        else:
            nodes = [Node("moments", "transpose")]
            stride = _stem_stride(problem.shape[1])

        stem: dict[str, Any] = {
            "channels": width,
            "kernel_size": max(size, 2 * stride - 1),
            "stride": stride,
        }
        nodes.append(Node("stem", "convolution-1d", stem))

        channels = width
        for number in range(1, depth + 1):
            if number > 1:
                channels = min(rounded(1.5 * channels), 4 * width)
                nodes += [
                    Node(
                        f"wider{number}", "convolution-1d", {"channels": channels, "kernel_size": 1}
                    ),
                    Node(f"halve{number}", "pooling-1d"),
                ]
            nodes.append(
                Node(f"block{number}", "residual-1d", {"kernel_size": size, "dropout": dropout})
            )

        if problem.input != "row":
            nodes.append(Node("norm", "layer-norm", {"activation": "relu"}))

        last = nodes[-1].name
        nodes += [
            Node("strongest", "global-pooling", {"mode": "max"}, (last,)),
            Node("mean", "global-pooling", {"mode": "mean"}, (last,)),
            Node("found", "concatenate", {}, ("strongest", "mean")),
            Node("dropout", "dropout", {"rate": dropout}),
            Node("answer", "output", {"outputs": problem.outputs}),
        ]
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        if problem.input == "row":
            return rows(problem, rate=1e-3)
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 4e-3),
                "weight_decay": 0.02,
            },
            "schedule": {"kind": "one-cycle"},
            "training": epochs_and_batch(problem.examples, epochs=15) | {"gradient_clip": 1.0},
        }


def _stem_stride(length: int) -> int:
    """Returns the stride of the first filters, after which at most about 512 positions remain."""
    stride = 1
    while length / stride > 512 and stride < 64:
        stride *= 2

    return stride
