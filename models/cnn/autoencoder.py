"""Convolutional autoencoder: an encoder, a small code, a decoder (Masci et al. 2011)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for, rows
from models.shape import Answers, InputKind, Problem
from models.sizes import rounded
from models.spec import setting
from models.template import TEMPLATES, Template

POSITIONS = 16
"""The length of the sequence into which a table row is mixed."""

_FINE = {1: 512, 2: 64}
"""By dimensions: the side above which layers get few channels, as every one costs much there."""


@TEMPLATES.register
class ConvolutionalAutoencoder(Template):
    """`depth` convolutions with stride 2, a code of few channels, and as many upsampling layers.

    A table row is first mixed by a linear layer into a sequence.
    """

    kind: ClassVar[str] = "conv-autoencoder"
    label: ClassVar[str] = "Autoencoder"
    summary: ClassVar[str] = (
        "Filters squeeze the example into a small code and redraw it from there."
    )
    family: ClassVar[str] = "CNN"
    order: ClassVar[int] = 60
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "signal", "row")
    gives: ClassVar[tuple[Answers, ...]] = ("copy",)

    depth: int | None = setting(
        None,
        label="Depth",
        unit="halvings",
        ge=1,
        le=8,
        help="How often the size is halved on the way to the code.",
    )
    width: int = setting(
        32,
        label="Width",
        unit="channels",
        ge=4,
        le=256,
        step=8,
        help="How many patterns the first layer looks for.",
    )
    latent_channels: int = setting(
        16,
        label="Code",
        unit="channels",
        ge=1,
        le=512,
        step=4,
        help="Channels at the narrowest place. Fewer keep only what matters most.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        advanced=True,
        help="Sets parts of the code to zero at random while training.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {"depth": _downsample_steps(problem)}

    def graph(self, problem: Problem) -> Graph:
        sizes = [problem.shape[1:] if problem.input != "row" else (POSITIONS,)]
        for _ in range(self.depth or 1):
            sizes.append(tuple(-(-side // 2) for side in sizes[-1]))

        widths = [self._width_at(max(sides), len(sides)) for sides in sizes[1:]]
        if problem.input == "image":
            return Graph(tuple(self._picture(problem.shape[0], sizes, widths)))

        nodes = self._sequence(sizes, widths)
        if problem.input == "signal":
            return Graph(
                (
                    Node("moments", "transpose"),
                    *nodes,
                    Node("answer", "token-output", {"outputs": problem.shape[0]}),
                    Node("channels", "transpose"),
                )
            )

        return Graph(
            (
                Node("columns", "categorical-embedding", {"categories": list(problem.categories)}),
                Node("mix", "linear", {"outputs": POSITIONS * self.width}),
                Node("places", "reshape", {"target_shape": [POSITIONS, self.width]}),
                *nodes,
                Node("flat", "reshape"),
                Node("answer", "output", {"outputs": problem.output_shape[0]}),
            )
        )

    def _width_at(self, side: int, dimensions: int) -> int:
        """Returns the channels of a layer by its longest side: the more positions, the fewer."""
        fine = _FINE[dimensions]
        factor = 4 if side <= fine / 8 else 2 if side <= fine / 4 else 1 if side <= fine else 0.5
        return rounded(factor * self.width)

    def _picture(
        self, channels: int, sizes: list[tuple[int, ...]], widths: list[int]
    ) -> list[Node]:
        """Returns the blocks for pictures; `sizes` are the sides before and after each layer."""
        nodes: list[Node] = []
        for number, width in enumerate(widths, start=1):
            nodes += [
                Node(f"halve{number}", "convolution", {"channels": width, "stride": 2}),
                Node(f"halve_norm{number}", "group-norm", _norm(width)),
            ]
            if max(sizes[number]) <= _FINE[len(sizes[number])] // 2:
                nodes += [
                    Node(f"look{number}", "convolution", {"channels": width}),
                    Node(f"look_norm{number}", "group-norm", _norm(width)),
                ]

        nodes += self._code("convolution", {"kernel_size": 1, "bias": True})
        for number in range(len(widths), 0, -1):
            height, across = sizes[number - 1]
            width = widths[number - 2] if number > 1 else rounded(widths[0] / 2)
            larger: dict[str, Any] = {"channels": width, "height": height, "width": across}
            nodes += [
                Node(f"enlarge{number}", "upsample", larger),
                Node(f"enlarge_norm{number}", "group-norm", _norm(width)),
            ]

        return [*nodes, Node("answer", "convolution", {"channels": channels, "bias": True})]

    def _sequence(self, sizes: list[tuple[int, ...]], widths: list[int]) -> list[Node]:
        """Returns the blocks for signals and rows: a sequence of tokens to one of its length."""
        nodes: list[Node] = []
        for number, width in enumerate(widths, start=1):
            nodes += [
                Node(f"halve{number}", "convolution-1d", {"channels": width, "stride": 2}),
                Node(f"halve_norm{number}", "group-norm", _norm(width)),
            ]
            if max(sizes[number]) <= _FINE[len(sizes[number])] // 2:
                nodes += [
                    Node(f"look{number}", "convolution-1d", {"channels": width}),
                    Node(f"look_norm{number}", "group-norm", _norm(width)),
                ]

        nodes += self._code("convolution-1d", {"kernel_size": 1})
        for number in range(len(widths), 0, -1):
            width = widths[number - 2] if number > 1 else rounded(widths[0] / 2)
            larger: dict[str, Any] = {"channels": width, "length": sizes[number - 1][0]}
            nodes += [
                Node(f"enlarge{number}", "upsample-1d", larger),
                Node(f"enlarge_norm{number}", "group-norm", _norm(width)),
            ]

        return nodes

    def _code(self, kind: str, settings: dict[str, Any]) -> list[Node]:
        """Returns the blocks at the narrowest place: a convolution of this kind, then dropout."""
        nodes = [Node("code", kind, {"channels": self.latent_channels, **settings})]
        if self.dropout:
            nodes.append(Node("dropout", "dropout", {"rate": self.dropout}))

        return nodes

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        if problem.input == "row":
            return rows(problem, rate=1e-3)
        return {
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 4e-3),
                "weight_decay": 0.01,
            },
            "schedule": {"kind": "one-cycle"},
            "training": epochs_and_batch(problem.examples, epochs=10) | {"gradient_clip": 1.0},
        }


def _downsample_steps(problem: Problem) -> int:
    """Returns how often the size is halved on the way to the code.

    A picture: until its shorter side is about 4, at most 4 times. A signal: until its length is
    about 16, at most 5 times. A row: twice.
    """
    if problem.input == "row":
        return 2

    if problem.input == "image":
        side = min(problem.shape[1:])
        smallest = 4
        most = 4
    else:
        side = problem.shape[1]
        smallest = 16
        most = 5

    steps = 1
    while steps < most and side / 2 ** (steps + 1) >= smallest:
        steps += 1

    return steps


def _norm(width: int) -> dict[str, Any]:
    """Returns settings of a group norm: at most 8 groups of at least 2 channels each."""
    groups = next(count for count in (8, 4, 2, 1) if width % count == 0 and width // count >= 2)
    return {"groups": groups, "activation": "relu"}
