"""Stochastic depth: a branch is left out of random examples while training (Huang et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch

from models.layers.block import BLOCKS, Block
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class StochasticDepth(Block):
    """Stochastic depth (arXiv:1603.09382) on an input of any shape, which stays.

    It stands at the end of a branch, before the `add` where a bypass ends.
    """

    kind: ClassVar[str] = "stochastic-depth"
    label: ClassVar[str] = "Stochastic depth"
    summary: ClassVar[str] = (
        "Leaves a whole branch out of a random share of the examples in every training step, so "
        "that no branch is indispensable. It belongs before the block that adds the bypass."
    )

    rate: float = setting(
        0.1,
        label="Share",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="The share of examples whose branch is set to zero while training.",
    )

    def title(self) -> str:
        return f"Stochastic depth · {100 * self.rate:.3g} %"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return StochasticDepthModule(self.rate)


class StochasticDepthModule(Layer):
    """Drops whole examples in training: (B, ...) -> (B, ...).

    One that is kept is divided by 1 - rate.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.rate or not self.training:
            return x

        survival = 1 - self.rate
        size = (x.shape[0],) + (1,) * (x.dim() - 1)
        keep = torch.full(size, survival, device=x.device, dtype=x.dtype).bernoulli()
        return x * (keep / survival)
