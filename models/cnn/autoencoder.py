"""Convolutional autoencoder: through a narrow middle and back (Masci et al. 2011)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for, rows
from models.shape import Answers, InputKind, Problem
from models.sizes import rounded
from models.spec import setting
from models.template import TEMPLATES, Template

PLACES = 16
"""A row is mixed into so many places."""

_FINE = {1: 512, 2: 64}
"""Above so many places a side (of a signal, of a picture) filters are few, as they have much to do."""


@TEMPLATES.register
class ConvolutionalAutoencoder(Template):
    """`depth` times filters that halve the size, a code of few channels, as often filters that
    double it.
    """

    kind: ClassVar[str] = "conv-autoencoder"
    label: ClassVar[str] = "Autoencoder"
    summary: ClassVar[str] = (
        "Filters squeeze the example into a small code and draw it again from there."
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
        help="Forgets parts of the code at random while training.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {"depth": _halvings(problem)}

    def graph(self, problem: Problem) -> Graph:
        sides = [problem.shape[1:] if problem.input != "row" else (PLACES,)]
        for _ in range(self.depth or 1):
            sides.append(tuple(-(-side // 2) for side in sides[-1]))

        widths = [self._width_at(max(side), len(side)) for side in sides[1:]]
        if problem.input == "image":
            return Graph(tuple(self._picture(problem.shape[0], sides, widths)))

        nodes = self._sequence(sides, widths)
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
                Node("mix", "linear", {"outputs": PLACES * self.width}),
                Node("places", "reshape", {"target_shape": [PLACES, self.width]}),
                *nodes,
                Node("flat", "reshape"),
                Node("answer", "output", {"outputs": problem.output_shape[0]}),
            )
        )

    def _width_at(self, side: int, dimensions: int) -> int:
        """Channels where the longest side is so long: many where there are few places, few where
        there are many.
        """
        fine = _FINE[dimensions]
        share = 4 if side <= fine / 8 else 2 if side <= fine / 4 else 1 if side <= fine else 0.5
        return rounded(share * self.width)

    def _picture(
        self, channels: int, sides: list[tuple[int, ...]], widths: list[int]
    ) -> list[Node]:
        nodes: list[Node] = []
        for number, width in enumerate(widths, start=1):
            nodes += [
                Node(f"halve{number}", "convolution", {"channels": width, "stride": 2}),
                Node(f"halve_norm{number}", "group-norm", _norm(width)),
            ]
            if max(sides[number]) <= _FINE[len(sides[number])] // 2:
                nodes += [
                    Node(f"look{number}", "convolution", {"channels": width}),
                    Node(f"look_norm{number}", "group-norm", _norm(width)),
                ]

        nodes += self._code("convolution", {"kernel_size": 1, "bias": True})
        for number in range(len(widths), 0, -1):
            height, across = sides[number - 1]
            width = widths[number - 2] if number > 1 else rounded(widths[0] / 2)
            larger: dict[str, Any] = {"channels": width, "height": height, "width": across}
            nodes += [
                Node(f"enlarge{number}", "upsample", larger),
                Node(f"enlarge_norm{number}", "group-norm", _norm(width)),
            ]

        return [*nodes, Node("answer", "convolution", {"channels": channels, "bias": True})]

    def _sequence(self, sides: list[tuple[int, ...]], widths: list[int]) -> list[Node]:
        nodes: list[Node] = []
        for number, width in enumerate(widths, start=1):
            nodes += [
                Node(f"halve{number}", "convolution-1d", {"channels": width, "stride": 2}),
                Node(f"halve_norm{number}", "group-norm", _norm(width)),
            ]
            if max(sides[number]) <= _FINE[len(sides[number])] // 2:
                nodes += [
                    Node(f"look{number}", "convolution-1d", {"channels": width}),
                    Node(f"look_norm{number}", "group-norm", _norm(width)),
                ]

        nodes += self._code("convolution-1d", {"kernel_size": 1})
        for number in range(len(widths), 0, -1):
            width = widths[number - 2] if number > 1 else rounded(widths[0] / 2)
            larger: dict[str, Any] = {"channels": width, "length": sides[number - 1][0]}
            nodes += [
                Node(f"enlarge{number}", "upsample-1d", larger),
                Node(f"enlarge_norm{number}", "group-norm", _norm(width)),
            ]

        return nodes

    def _code(self, kind: str, settings: dict[str, Any]) -> list[Node]:
        code = [Node("code", kind, {"channels": self.latent_channels, **settings})]
        return [*code, Node("dropout", "dropout", {"rate": self.dropout})] if self.dropout else code

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


def _halvings(problem: Problem) -> int:
    """Until the shorter side is about 4 (of a signal, or a mixed row, the length about 16), 4 times
    (5) at most.
    """
    if problem.input == "row":
        return 2

    side, smallest, most = (
        (min(problem.shape[1:]), 4, 4) if problem.input == "image" else (problem.shape[1], 16, 5)
    )
    count = 1
    while count < most and side / 2 ** (count + 1) >= smallest:
        count += 1

    return count


def _norm(width: int) -> dict[str, Any]:
    """The most groups, 8 at most, of at least 2 channels each."""
    groups = next(count for count in (8, 4, 2, 1) if width % count == 0 and width // count >= 2)
    return {"groups": groups, "activation": "relu"}
