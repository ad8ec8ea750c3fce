"""Transposed convolution: filters that draw a larger picture (Zeiler et al. 2010)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.receptive_field import ReceptiveField
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class TransposedConvolution(Block):
    """Transposed convolution: (C, H, W) -> (channels, H * stride, W * stride).

    A filter size that is a multiple of the stride leaves less of a chequered pattern (Odena et al.
    2016, doi:10.23915/distill.00003).
    """

    kind: ClassVar[str] = "transposed-convolution"
    label: ClassVar[str] = "Transposed convolution"
    summary: ClassVar[str] = (
        "The reverse of a convolution with a stride: every place of the small picture draws a "
        "pattern into a larger one, and the filters learn what to draw."
    )

    channels: int = setting(
        32, label="Channels", ge=1, le=4096, step=8, help="How many patterns it draws."
    )
    kernel_size: int = setting(
        4, label="Filter size", unit="pixels", ge=1, le=16, help="Height and width of each filter."
    )
    stride: int = setting(
        2, label="Stride", ge=2, le=16, help="How many times larger the picture becomes."
    )
    bias: bool = setting(
        True,
        label="Bias",
        advanced=True,
        help="Adds a constant to each channel; needless before a norm.",
    )

    def title(self) -> str:
        size = f"{self.kernel_size}×{self.kernel_size}"
        return f"Transposed convolution {size} · {self.channels}, times {self.stride}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = image_shape(inputs[0], self.label)
        check_no_gaps(self.kernel_size, self.stride)
        return self.channels, height * self.stride, width * self.stride

    def module(self, *inputs: Shape) -> nn.Module:
        padding, output_padding = transposed_padding(self.kernel_size, self.stride)
        return nn.ConvTranspose2d(
            inputs[0][0],
            self.channels,
            self.kernel_size,
            self.stride,
            padding,
            output_padding,
            bias=self.bias,
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        channels, height, width = inputs[0]
        return channels * height * width * self.channels * self.kernel_size**2

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return transposed_field(self.kernel_size, self.stride)


def check_no_gaps(kernel_size: int, stride: int) -> None:
    """Raises BlockError where patterns are smaller than the distance at which they are drawn."""
    if kernel_size < stride:
        raise BlockError(
            f"Filters of {kernel_size} leave gaps where they are drawn {stride} places apart.",
            f"Set the filter size to {stride} or more.",
        )


def transposed_padding(kernel_size: int, stride: int) -> tuple[int, int]:
    """Returns the paddings that make a side exactly `stride` times as long."""
    surplus = kernel_size - stride
    padding = -(-surplus // 2)
    return padding, 2 * padding - surplus


def transposed_field(kernel_size: int, stride: int) -> ReceptiveField:
    """Returns what a position of the output sees: the places whose patterns reach it."""
    return ReceptiveField.of(Fraction(kernel_size, stride), Fraction(1, stride))
