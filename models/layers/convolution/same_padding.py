"""Convolutions with "same" padding: the output has ceil(side / stride) positions a side.

Also what the blocks of the family share: their settings, and checks of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from models.layers.block import BlockError

if TYPE_CHECKING:
    from models.shape import Shape

PADDINGS = {"same": "Zeros around", "none": "None"}
"""The names on screen, by the values of a block's setting `padding`."""

PADDING_HELP = "With zeros around, filters reach the edge and the size stays at stride 1."


def extent(kernel_size: int, dilation: int) -> int:
    """Returns how many positions a side lie between the first and the last of a filter, both in."""
    return dilation * (kernel_size - 1) + 1


def strided(length: int, stride: int) -> int:
    """Returns the length of a side after a "same" padded filter with this stride: rounded up."""
    return -(-length // stride)


def missing(length: int, kernel_size: int, stride: int) -> int:
    """Returns how many positions must be padded at both ends together for "same" padding."""
    return max(0, (strided(length, stride) - 1) * stride + kernel_size - length)


def unpadded(length: int, kernel_size: int, stride: int) -> int:
    """Returns the length of a side after a filter without padding; it must not be longer."""
    return (length - kernel_size) // stride + 1


def check_groups(inputs: int, outputs: int, groups: int) -> None:
    """Raises BlockError unless the channels of input and output are divided by the groups."""
    for channels, which in ((inputs, "it is given"), (outputs, "it makes")):
        if channels % groups:
            raise BlockError(
                f"{groups} groups cannot share the {channels} channels that {which} evenly.",
                f"Choose groups that divide {inputs} and {outputs}.",
            )


def conv2d_same(
    inputs: int,
    outputs: int,
    kernel_size: int = 3,
    stride: int = 1,
    *,
    bias: bool = False,
    groups: int = 1,
    dilation: int = 1,
    sides: Shape = (),
) -> nn.Module:
    """Builds a 2-D convolution: (B, inputs, H, W) -> (B, outputs, ceil(H / stride), ...).

    `sides` (H, W) is needed for filters of an even extent only. These are padded unevenly: what
    cannot be shared goes to the right and the bottom.
    """
    reach = extent(kernel_size, dilation)
    padding = reach // 2 if reach % 2 else 0
    convolution = nn.Conv2d(
        inputs,
        outputs,
        kernel_size,
        stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=bias,
    )

    down, right = (missing(side, reach, stride) for side in sides) if not reach % 2 else (0, 0)
    if not down and not right:
        return convolution

    around = (right // 2, right - right // 2, down // 2, down - down // 2)
    return nn.Sequential(nn.ZeroPad2d(around), convolution)
