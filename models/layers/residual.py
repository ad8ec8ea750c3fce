"""Residual blocks: what is learned is added to what came in (He et al. 2016, arXiv:1512.03385)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, Impossible, picture
from models.layers.convolution import conv
from models.layers.normalisation import BatchNorm
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class Residual(Block):
    """(C, H, W) -> (channels, H, W), or (channels, H // 2, W // 2) when it halves."""

    kind: ClassVar[str] = "residual"
    label: ClassVar[str] = "Residual block"
    summary: ClassVar[str] = (
        "Convolutions with a bypass that adds their input to their result, so that depth does not "
        "hurt. "
        "When it halves the size, the next block sees twice as far."
    )

    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it looks for."
    )
    halves: bool = setting(
        False, label="Halves the size", help="Keeps the strongest answer of every 2 × 2 places."
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of channels that is forgotten while training.",
    )

    def title(self) -> str:
        return f"Residual block · {self.channels}{', halves' if self.halves else ''}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.label)
        if not self.halves:
            return self.channels, height, width
        if min(height, width) < 2:
            raise Impossible(
                f"A picture of {height} × {width} cannot be halved again.",
                "Take fewer blocks, or larger pictures.",
            )

        return self.channels, height // 2, width // 2

    def module(self, *inputs: Shape) -> nn.Module:
        return ResidualModule(inputs[0][0], self.channels, self.halves, self.dropout)


class ResidualModule(nn.Module):
    """Where width or size change: x = pool(relu(bn(conv(x)))), then x + relu(bn(conv(x))), so that
    the bypass needs no weights of its own (the layout of D. Page's ResNet-9, 2018). Elsewhere x
    + relu(bn(conv(relu(bn(conv(x)))))).

    (B, C, H, W) -> (B, channels, H', W').
    """

    def __init__(self, inputs: int, channels: int, halves: bool, dropout: float) -> None:
        super().__init__()
        first = [conv(inputs, channels), BatchNorm(channels), nn.ReLU(inplace=True)]
        if halves:
            first.append(nn.MaxPool2d(2))

        self.first = nn.Sequential(*first)
        self.second = nn.Sequential(
            conv(channels, channels), BatchNorm(channels), nn.ReLU(inplace=True)
        )
        self.dropout = nn.Dropout2d(dropout)
        self.changes = halves or inputs != channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.first(x)
        return (first if self.changes else x) + self.dropout(self.second(first))
