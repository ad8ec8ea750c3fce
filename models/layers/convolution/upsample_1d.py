"""1-D upsampling of a sequence by nearest-neighbour interpolation and a convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.convolution.convolution_1d import Convolution1DModule
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field, upsampling_field
from models.spec import setting

if TYPE_CHECKING:
    import torch
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class Upsample1D(Block):
    """Nearest-neighbour upsampling, then a convolution: tokens (N, D) -> (length, channels)."""

    kind: ClassVar[str] = "upsample-1d"
    label: ClassVar[str] = "1-D upsampling"
    summary: ClassVar[str] = "Stretches the sequence to more places, then filters draw the detail."

    length: int = setting(
        64, label="Places", ge=1, le=1_000_000, help="How many places there are afterwards."
    )
    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it draws."
    )
    kernel_size: int = setting(
        5, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )

    def title(self) -> str:
        return f"1-D upsampling to {self.length} · {self.channels}"

    def shape(self, *inputs: Shape) -> Shape:
        count, _ = token_shape(inputs[0], self.label)
        if count > self.length:
            raise BlockError(
                f"{count} places do not become {self.length}.",
                f"Set the places to {count} or more.",
            )

        return self.length, self.channels

    def module(self, *inputs: Shape) -> nn.Module:
        return Upsample1DModule(inputs[0][1], self.length, self.channels, self.kernel_size)

    def multiply_adds(self, *inputs: Shape) -> int:
        return self.length * inputs[0][1] * self.channels * self.kernel_size

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        return upsampling_field(inputs[0][0], self.length).then(filter_field(self.kernel_size))


class Upsample1DModule(Layer):
    """Upsampling, then a convolution: (B, N, D) -> (B, length, channels)."""

    def __init__(self, width: int, length: int, channels: int, kernel_size: int) -> None:
        super().__init__()
        self.length = length
        self.filters = Convolution1DModule(width, channels, kernel_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        longer = functional.interpolate(x.transpose(1, 2), size=self.length, mode="nearest")
        output: torch.Tensor = self.filters(longer.transpose(1, 2))
        return output
