"""1-D depthwise convolution: each channel of a sequence has a filter of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.convolution.convolution_1d import Convolution1DModule, padding_1d
from models.layers.convolution.same_padding import extent, strided
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class DepthwiseConvolution1D(Block):
    """1-D depthwise convolution along tokens: (N, D) -> (ceil(N / stride), D)."""

    kind: ClassVar[str] = "depthwise-convolution-1d"
    label: ClassVar[str] = "1-D depthwise convolution"
    summary: ClassVar[str] = (
        "Each channel is filtered by itself along the sequence, which takes far fewer weights than "
        "a convolution; a linear layer behind it mixes the channels."
    )

    kernel_size: int = setting(
        5, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )
    stride: int = setting(
        1, label="Stride", unit="places", ge=1, le=64, help="How far the filter moves: 2 halves."
    )
    dilation: int = setting(
        1,
        label="Dilation",
        unit="places",
        ge=1,
        le=4096,
        advanced=True,
        help="How far apart the places of a filter lie: 2 leaves every other one out.",
    )
    causal: bool = setting(
        False,
        label="Looks back only",
        advanced=True,
        help="A place sees itself and those before it, never ahead.",
    )

    def title(self) -> str:
        pace = f", by {self.stride}" if self.stride > 1 else ""
        back = ", looks back" if self.causal else ""
        dilated = f", dilated {self.dilation}" if self.dilation > 1 else ""
        return f"1-D depthwise convolution {self.kernel_size}{pace}{back}{dilated}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        if self.causal and self.stride > 1:
            raise BlockError(
                "A filter that looks back only cannot skip places.",
                "Set the stride to 1, or let it look ahead.",
            )

        return strided(count, self.stride), width

    def module(self, *inputs: Shape) -> nn.Module:
        count, width = inputs[0]
        reach = extent(self.kernel_size, self.dilation)
        return Convolution1DModule(
            width,
            width,
            self.kernel_size,
            self.stride,
            padding_1d(count, reach, self.stride, self.causal),
            dilation=self.dilation,
            groups=width,
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = self.shape(*inputs)
        return count * width * self.kernel_size

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size, self.stride, self.dilation)
