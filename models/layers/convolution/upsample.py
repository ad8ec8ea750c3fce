"""2-D upsampling by nearest-neighbour interpolation and a convolution."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field, upsampling_field
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape

_KERNEL_SIZE = 3


@BLOCKS.register
class Upsample(Block):
    """Nearest-neighbour upsampling, then a 3×3 convolution: (C, H, W) -> (channels, height, width).

    It leaves none of the chequered pattern of a transposed convolution (Odena et al. 2016,
    doi:10.23915/distill.00003).
    """

    kind: ClassVar[str] = "upsample"
    label: ClassVar[str] = "Upsampling"
    summary: ClassVar[str] = (
        "Makes the picture larger by repeating its places, then filters draw the detail."
    )

    channels: int = setting(
        32, label="Channels", ge=1, le=4096, step=8, help="How many patterns it draws."
    )
    height: int = setting(
        32, label="Height", unit="places", ge=1, le=4096, help="Height afterwards."
    )
    width: int = setting(32, label="Width", unit="places", ge=1, le=4096, help="Width afterwards.")

    def title(self) -> str:
        return f"Upsampling to {self.height}×{self.width} · {self.channels}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = image_shape(inputs[0], self.label)
        if height > self.height or width > self.width:
            raise BlockError(
                f"{height} × {width} places do not become {self.height} × {self.width}.",
                "Set height and width higher.",
            )

        return self.channels, self.height, self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return UpsampleModule(inputs[0][0], self.channels, (self.height, self.width))

    def multiply_adds(self, *inputs: Shape) -> int:
        return self.height * self.width * inputs[0][0] * self.channels * _KERNEL_SIZE**2

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        _, height, width = inputs[0]
        larger = max(
            upsampling_field(height, self.height),
            upsampling_field(width, self.width),
            key=attrgetter("stride"),
        )
        return larger.then(filter_field(_KERNEL_SIZE))


class UpsampleModule(Layer):
    """Upsampling, then a convolution: (B, C, H, W) -> (B, channels, *sides)."""

    def __init__(self, inputs: int, channels: int, sides: tuple[int, int]) -> None:
        super().__init__()
        self.sides = sides
        self.filters = nn.Conv2d(inputs, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        larger = functional.interpolate(x, size=self.sides, mode="nearest")
        output: torch.Tensor = self.filters(larger)
        return output
