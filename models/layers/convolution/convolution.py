"""2-D convolution: small filters that slide over the picture (LeCun et al. 1989)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.convolution.same_padding import conv2d_same, strided
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class Convolution(Block):
    """2-D convolution: (C, H, W) -> (channels, ceil(H / stride), ceil(W / stride)).

    The padding is (kernel_size - 1) // 2 on the left and top and the rest on the right and bottom,
    so that an even kernel works too. It has no bias unless asked, because a norm mostly follows.
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

    def title(self) -> str:
        pace = f", {_pace(self.stride)}" if self.stride > 1 else ""
        return f"Convolution {self.kernel_size}×{self.kernel_size} · {self.channels}{pace}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = image_shape(inputs[0], self.label)
        if self.stride > max(height, width):
            raise BlockError(
                f"It moves by {self.stride} pixels on a picture of {height} × {width}.",
                f"Set the stride to {max(height, width)} or less.",
            )

        return self.channels, strided(height, self.stride), strided(width, self.stride)

    def module(self, *inputs: Shape) -> nn.Module:
        channels, *sides = inputs[0]
        return conv2d_same(
            channels,
            self.channels,
            self.kernel_size,
            self.stride,
            bias=self.bias,
            sides=tuple(sides),
        )


def _pace(stride: int) -> str:
    return {2: "halves", 4: "quarters"}.get(stride, f"by {stride}")
