"""Convolutions: small filters that slide over the picture (LeCun et al. 1989)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, Impossible, picture
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


def halved(length: int, stride: int) -> int:
    """Length of a side after a padded filter that moves by `stride`: rounded up."""
    return -(-length // stride)


@BLOCKS.register
class Convolution(Block):
    """(C, H, W) -> (channels, ceil(H / stride), ceil(W / stride)); without a bias where a norm
    follows.

    The padding is (size - 1) // 2 on the left and top and the rest on the right and bottom, so an
    even size works too.
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
    size: int = setting(
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
        return f"Convolution {self.size}×{self.size} · {self.channels}{pace}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.label)
        if self.stride > max(height, width):
            raise Impossible(
                f"It moves by {self.stride} pixels on a picture of {height} × {width}.",
                f"Set the stride to {max(height, width)} or less.",
            )

        return self.channels, halved(height, self.stride), halved(width, self.stride)

    def module(self, *inputs: Shape) -> nn.Module:
        return conv(
            inputs[0][0], self.channels, self.size, self.stride, bias=self.bias, sides=inputs[0][1:]
        )


def _pace(stride: int) -> str:
    return {2: "halves", 4: "quarters"}.get(stride, f"by {stride}")


def conv(
    inputs: int,
    outputs: int,
    size: int = 3,
    stride: int = 1,
    *,
    bias: bool = False,
    groups: int = 1,
    sides: Shape = (),
) -> nn.Module:
    """A convolution whose output side is ceil(side / stride).

    `sides` (H, W) is needed for even sizes only.
    """
    if size % 2:
        return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=bias, groups=groups)

    down, right = (max(0, (halved(side, stride) - 1) * stride + size - side) for side in sides)
    inner = nn.Conv2d(inputs, outputs, size, stride, bias=bias, groups=groups)
    if not down and not right:
        return inner

    return nn.Sequential(
        nn.ZeroPad2d((right // 2, right - right // 2, down // 2, down - down // 2)), inner
    )
