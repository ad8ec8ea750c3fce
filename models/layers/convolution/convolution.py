"""2-D convolution: small filters that slide over the picture (LeCun et al. 1989)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.convolution.same_padding import (
    PADDING_HELP,
    PADDINGS,
    check_groups,
    conv2d_same,
    extent,
    strided,
    unpadded,
)
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class Convolution(Block):
    """2-D convolution: (C, H, W) -> (channels, ceil(H / stride), ceil(W / stride)).

    The padding is (kernel_size - 1) // 2 on the left and top and the rest on the right and bottom,
    so that an even kernel works too; without padding the output is smaller. It has no bias unless
    asked, because a norm mostly follows. Of a dilated filter (Yu & Koltun 2016, arXiv:1511.07122)
    the places lie apart.
    """

    kind: ClassVar[str] = "convolution"
    label: ClassVar[str] = "Convolution"
    summary: ClassVar[str] = (
        "Small filters slide over the picture; each answers where it finds its pattern. One "
        "channel per filter."
    )

    channels: int = setting(
        32, label="Channels", ge=1, le=4096, step=8, help="How many patterns it looks for."
    )
    kernel_size: int = setting(
        3, label="Filter size", unit="pixels", ge=1, le=16, help="Height and width of each filter."
    )
    stride: int = setting(
        1,
        label="Stride",
        unit="pixels",
        ge=1,
        le=16,
        help="How far the filter moves: 2 halves the size.",
    )
    bias: bool = setting(
        False,
        label="Bias",
        advanced=True,
        help="Adds a constant to each channel; needless before a norm.",
    )
    padding: Literal["same", "none"] = setting(
        "same", label="Padding", choices=PADDINGS, advanced=True, help=PADDING_HELP
    )
    dilation: int = setting(
        1,
        label="Dilation",
        unit="pixels",
        ge=1,
        le=64,
        advanced=True,
        help="How far apart the places of a filter lie: 2 leaves every other one out, so that it "
        "sees farther.",
    )
    groups: int = setting(
        1,
        label="Groups",
        ge=1,
        le=4096,
        advanced=True,
        help="The channels are divided into so many groups, and each filter reads only its own.",
    )

    def title(self) -> str:
        pace = f", {_pace(self.stride)}" if self.stride > 1 else ""
        dilated = f", dilated {self.dilation}" if self.dilation > 1 else ""
        grouped = f", {self.groups} groups" if self.groups > 1 else ""
        size = f"{self.kernel_size}×{self.kernel_size}"
        return f"Convolution {size} · {self.channels}{pace}{dilated}{grouped}"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = image_shape(inputs[0], self.label)
        check_groups(channels, self.channels, self.groups)
        if self.padding == "none":
            return self._shape_without_padding(height, width)

        if self.stride > max(height, width):
            raise BlockError(
                f"It moves by {self.stride} pixels on a picture of {height} × {width}.",
                f"Set the stride to {max(height, width)} or less.",
            )

        return self.channels, strided(height, self.stride), strided(width, self.stride)

    def _shape_without_padding(self, height: int, width: int) -> Shape:
        reach = extent(self.kernel_size, self.dilation)
        if reach > min(height, width):
            raise BlockError(
                f"A filter that covers {reach} × {reach} pixels is larger than the picture of "
                f"{height} × {width}.",
                "Set the padding to 'same', or choose a smaller filter.",
            )

        return (
            self.channels,
            unpadded(height, reach, self.stride),
            unpadded(width, reach, self.stride),
        )

    def module(self, *inputs: Shape) -> nn.Module:
        channels, *sides = inputs[0]
        if self.padding == "none":
            return nn.Conv2d(
                channels,
                self.channels,
                self.kernel_size,
                self.stride,
                dilation=self.dilation,
                groups=self.groups,
                bias=self.bias,
            )

        return conv2d_same(
            channels,
            self.channels,
            self.kernel_size,
            self.stride,
            bias=self.bias,
            groups=self.groups,
            dilation=self.dilation,
            sides=tuple(sides),
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        channels, height, width = self.shape(*inputs)
        inputs_each = inputs[0][0] // self.groups
        return channels * height * width * inputs_each * self.kernel_size**2

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size, self.stride, self.dilation)


def _pace(stride: int) -> str:
    return {2: "halves", 4: "quarters"}.get(stride, f"by {stride}")
