"""Learned scale: every number is multiplied by a weight of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.layers.layer import Layer
from models.shape import words
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class Scaling(Block):
    """A factor for each number: (D,) -> (D,), or the same at each token (N, D) -> (N, D).

    Before the first linear layer it chooses columns softly: Holzmüller et al. 2024
    (arXiv:2407.04491), where it learns several times as fast as the layers.
    """

    kind: ClassVar[str] = "scaling"
    label: ClassVar[str] = "Learned scale"
    summary: ClassVar[str] = (
        "Multiplies every number by a weight of its own, so that columns which help grow and "
        "others fade."
    )

    speed: float = setting(
        6.0,
        label="Speed",
        unit="times",
        ge=0.01,
        le=1_000.0,
        logarithmic=True,
        help="How many times as far as other weights a step of Adam moves the factors.",
    )

    def title(self) -> str:
        return f"{self.label} · {self.speed:g} times as fast"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) > 2:
            raise BlockError(
                f"{self.label} needs values or tokens; it is given {words(inputs[0])}.",
                "Put 'Flatten to tokens' or a global pooling before it.",
            )

        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return ScalingModule(inputs[0][-1], self.speed)


class ScalingModule(Layer):
    """Multiplies (B, ..., D) by factors (D,), which are `speed` times the weights.

    Adam moves every weight equally far, whatever the size of its gradient. So the factors move
    `speed` times as far.
    """

    def __init__(self, width: int, speed: float) -> None:
        super().__init__()
        self.speed = speed
        self.weight = nn.Parameter(torch.full((width,), 1 / speed))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:  # noqa: ARG002 - of all modules
        self.weight.fill_(1 / self.speed)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (self.speed * self.weight)
