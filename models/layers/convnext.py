"""ConvNeXt blocks: a convolutional net in the manner of transformers (Liu et al. 2022,
arXiv:2201.03545).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, picture
from models.layers.convolution import conv
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class ConvNeXt(Block):
    """(C, H, W) -> the same."""

    kind: ClassVar[str] = "convnext"
    label: ClassVar[str] = "ConvNeXt block"
    summary: ClassVar[str] = (
        "A large filter per channel looks around, then two linear layers mix the channels at each "
        "place; "
        "the result is added to what came in."
    )

    size: int = setting(
        7, label="Filter size", unit="pixels", ge=3, le=15, step=2, help="How far it looks around."
    )
    expansion: int = setting(
        4,
        label="Expansion",
        unit="times the width",
        ge=1,
        le=8,
        advanced=True,
        help="How much wider the inner layer is.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of examples for which the block is skipped while training.",
    )

    def title(self) -> str:
        return f"ConvNeXt block {self.size}×{self.size}"

    def shape(self, *inputs: Shape) -> Shape:
        return picture(inputs[0], self.label)

    def module(self, *inputs: Shape) -> nn.Module:
        return ConvNeXtModule(inputs[0], self.size, self.expansion, self.dropout)


class ConvNeXtModule(nn.Module):
    """x + scale * linear(gelu(linear(norm(depthwise(x))))) with the channels last; (B, C, H, W) ->
    (B, C, H, W).

    dropout is stochastic depth (Huang et al. 2016, arXiv:1603.09382): the whole branch is left out
    per example.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("scale",)

    def __init__(self, shape: Shape, size: int, expansion: int, dropout: float) -> None:
        super().__init__()
        width = shape[0]
        self.depthwise = conv(width, width, size, bias=True, groups=width, sides=shape[1:])
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, expansion * width)
        self.contract = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.empty(width))
        self.dropout = dropout
        nn.init.constant_(self.scale, 0.1)

    def initialise(self, generator: torch.Generator) -> None:
        nn.init.constant_(self.scale, 0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.contract(functional.gelu(self.expand(y)))
        if self.dropout and self.training:
            kept = torch.full(
                (x.shape[0], 1, 1, 1), 1 - self.dropout, device=x.device, dtype=x.dtype
            ).bernoulli()
            y = y * (kept / (1 - self.dropout))

        return x + y.permute(0, 3, 1, 2)
