"""1-D transposed convolution: filters that draw a longer sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, token_shape
from models.layers.convolution.transposed_convolution import (
    check_no_gaps,
    transposed_field,
    transposed_padding,
)
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class TransposedConvolution1D(Block):
    """1-D transposed convolution along tokens: (N, D) -> (N * stride, channels)."""

    kind: ClassVar[str] = "transposed-convolution-1d"
    label: ClassVar[str] = "1-D transposed convolution"
    summary: ClassVar[str] = (
        "The reverse of a convolution with a stride: every place of the short sequence draws a "
        "pattern into a longer one."
    )

    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it draws."
    )
    kernel_size: int = setting(
        4, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )
    stride: int = setting(
        2, label="Stride", ge=2, le=64, help="How many times longer the sequence becomes."
    )

    def title(self) -> str:
        return (
            f"1-D transposed convolution {self.kernel_size} · {self.channels}, times {self.stride}"
        )

    def shape(self, *inputs: Shape) -> Shape:
        count, _ = token_shape(inputs[0], self.label)
        check_no_gaps(self.kernel_size, self.stride)
        return count * self.stride, self.channels

    def module(self, *inputs: Shape) -> nn.Module:
        return TransposedConvolution1DModule(
            inputs[0][1], self.channels, self.kernel_size, self.stride
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = inputs[0]
        return count * width * self.channels * self.kernel_size

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return transposed_field(self.kernel_size, self.stride)


class TransposedConvolution1DModule(Layer):
    """(B, N, D) -> (B, N * stride, channels)."""

    def __init__(self, width: int, channels: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        padding, output_padding = transposed_padding(kernel_size, stride)
        self.filters = nn.ConvTranspose1d(
            width, channels, kernel_size, stride, padding, output_padding
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        longer: torch.Tensor = self.filters(x.transpose(1, 2))
        return longer.transpose(1, 2)
