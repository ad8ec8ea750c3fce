"""Depthwise convolution: each channel has filters of its own (Sifre 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, image_shape
from models.layers.convolution.same_padding import conv2d_same, strided
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class DepthwiseConvolution(Block):
    """Depthwise convolution: (C, H, W) -> (C * multiplier, ceil(H / stride), ceil(W / stride)).

    With a convolution of filter size 1 behind it, it is the depthwise separable convolution of
    MobileNet (Howard et al. 2017, arXiv:1704.04861).
    """

    kind: ClassVar[str] = "depthwise-convolution"
    label: ClassVar[str] = "Depthwise convolution"
    summary: ClassVar[str] = (
        "Each channel is filtered by itself, which takes far fewer weights than a convolution; one "
        "of filter size 1 behind it mixes the channels."
    )

    kernel_size: int = setting(
        3, label="Filter size", unit="pixels", ge=1, le=31, help="Height and width of each filter."
    )
    stride: int = setting(
        1,
        label="Stride",
        unit="pixels",
        ge=1,
        le=16,
        help="How far the filter moves: 2 halves the size.",
    )
    multiplier: int = setting(
        1,
        label="Filters per channel",
        ge=1,
        le=64,
        advanced=True,
        help="How many filters each channel has; so many times more channels come out.",
    )
    dilation: int = setting(
        1,
        label="Dilation",
        unit="pixels",
        ge=1,
        le=64,
        advanced=True,
        help="How far apart the places of a filter lie: 2 leaves every other one out.",
    )
    bias: bool = setting(
        False,
        label="Bias",
        advanced=True,
        help="Adds a constant to each channel; needless before a norm.",
    )

    def title(self) -> str:
        pace = f", by {self.stride}" if self.stride > 1 else ""
        dilated = f", dilated {self.dilation}" if self.dilation > 1 else ""
        return f"Depthwise convolution {self.kernel_size}×{self.kernel_size}{pace}{dilated}"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = image_shape(inputs[0], self.label)
        return (
            channels * self.multiplier,
            strided(height, self.stride),
            strided(width, self.stride),
        )

    def module(self, *inputs: Shape) -> nn.Module:
        channels, *sides = inputs[0]
        return conv2d_same(
            channels,
            channels * self.multiplier,
            self.kernel_size,
            self.stride,
            bias=self.bias,
            groups=channels,
            dilation=self.dilation,
            sides=tuple(sides),
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        channels, height, width = self.shape(*inputs)
        return channels * height * width * self.kernel_size**2

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size, self.stride, self.dilation)
