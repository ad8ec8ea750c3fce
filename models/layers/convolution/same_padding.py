"""Convolutions with "same" padding: the output has ceil(side / stride) positions a side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from models.shape import Shape


def strided(length: int, stride: int) -> int:
    """Returns the length of a side after a "same" padded filter with this stride: rounded up."""
    return -(-length // stride)


def missing(length: int, kernel_size: int, stride: int) -> int:
    """Returns how many positions must be padded at both ends together for "same" padding."""
    return max(0, (strided(length, stride) - 1) * stride + kernel_size - length)


def conv2d_same(
    inputs: int,
    outputs: int,
    kernel_size: int = 3,
    stride: int = 1,
    *,
    bias: bool = False,
    groups: int = 1,
    sides: Shape = (),
) -> nn.Module:
    """Builds a 2-D convolution: (B, inputs, H, W) -> (B, outputs, ceil(H / stride), ...).

    `sides` (H, W) is needed for even kernel sizes only. These are padded unevenly: what cannot be
    shared goes to the right and the bottom.
    """
    if kernel_size % 2:
        return nn.Conv2d(
            inputs,
            outputs,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            bias=bias,
            groups=groups,
        )

    down, right = (missing(side, kernel_size, stride) for side in sides)
    convolution = nn.Conv2d(inputs, outputs, kernel_size, stride, bias=bias, groups=groups)
    if not down and not right:
        return convolution

    padding = (right // 2, right - right // 2, down // 2, down - down // 2)
    return nn.Sequential(nn.ZeroPad2d(padding), convolution)
