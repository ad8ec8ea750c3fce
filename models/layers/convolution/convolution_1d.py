"""1-D convolution over a sequence of tokens: a signal, a text, a table row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn
from torch.nn import functional

from models.layers.activation import ACTIVATIONS, with_activation
from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.convolution.same_padding import (
    PADDING_HELP,
    PADDINGS,
    check_groups,
    extent,
    missing,
    strided,
    unpadded,
)
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class Convolution1D(Block):
    """1-D convolution along tokens: (N, D) -> (ceil(N / stride), channels).

    The ends are padded, so that a sequence may be shorter than the kernel. Sequences are tokens
    everywhere inside a network, as in transformers; `transpose` makes tokens of a signal (C, L).
    """

    kind: ClassVar[str] = "convolution-1d"
    label: ClassVar[str] = "1-D convolution"
    summary: ClassVar[str] = (
        "Small filters slide along the sequence; each answers where it finds its pattern."
    )

    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it looks for."
    )
    kernel_size: int = setting(
        5, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )
    stride: int = setting(
        1, label="Stride", unit="places", ge=1, le=64, help="How far the filter moves: 2 halves."
    )
    activation: Literal["none", "relu", "gelu"] = setting(
        "none", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )
    causal: bool = setting(
        False,
        label="Looks back only",
        advanced=True,
        help="A place sees itself and those before it, never ahead.",
    )
    padding: Literal["same", "none"] = setting(
        "same", label="Padding", choices=PADDINGS, advanced=True, help=PADDING_HELP
    )
    dilation: int = setting(
        1,
        label="Dilation",
        unit="places",
        ge=1,
        le=4096,
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
        pace = f", by {self.stride}" if self.stride > 1 else ""
        back = ", looks back" if self.causal else ""
        dilated = f", dilated {self.dilation}" if self.dilation > 1 else ""
        grouped = f", {self.groups} groups" if self.groups > 1 else ""
        return f"1-D convolution {self.kernel_size} · {self.channels}{pace}{back}{dilated}{grouped}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        check_groups(width, self.channels, self.groups)
        if self.causal and self.stride > 1:
            raise BlockError(
                "A filter that looks back only cannot skip places.",
                "Set the stride to 1, or let it look ahead.",
            )

        if self.padding == "same":
            return strided(count, self.stride), self.channels

        if self.causal:
            raise BlockError(
                "A filter that looks back only needs padding before the first place.",
                "Set the padding to 'same', or let it look ahead.",
            )

        reach = extent(self.kernel_size, self.dilation)
        if reach > count:
            raise BlockError(
                f"A filter that covers {reach:,} places is longer than the sequence of {count:,}.",
                "Set the padding to 'same', or choose a shorter filter.",
            )

        return unpadded(count, reach, self.stride), self.channels

    def module(self, *inputs: Shape) -> nn.Module:
        count, width = inputs[0]
        padding = (0, 0)
        if self.padding == "same":
            padding = padding_1d(
                count, extent(self.kernel_size, self.dilation), self.stride, self.causal
            )

        layer = Convolution1DModule(
            width,
            self.channels,
            self.kernel_size,
            self.stride,
            padding,
            dilation=self.dilation,
            groups=self.groups,
        )
        return with_activation(layer, self.activation)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, channels = self.shape(*inputs)
        return count * channels * (inputs[0][1] // self.groups) * self.kernel_size

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size, self.stride, self.dilation)


def padding_1d(count: int, reach: int, stride: int, causal: bool) -> tuple[int, int]:
    """Returns the zeros before and after a sequence for "same" padding; all before if causal."""
    total = missing(count, reach, stride)
    return (total, 0) if causal else (total // 2, total - total // 2)


class Convolution1DModule(Layer):
    """1-D convolution over tokens: (B, N, D) -> (B, ceil(N / stride), channels).

    padding: how many zeros stand before and after the tokens; with a stride of 1, None keeps
    their number.
    """

    def __init__(
        self,
        inputs: int,
        channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: tuple[int, int] | None = None,
        *,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.padding = padding or ((kernel_size - 1) // 2, kernel_size // 2)
        self.filters = nn.Conv1d(
            inputs, channels, kernel_size, stride, dilation=dilation, groups=groups
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(x.transpose(1, 2), self.padding)
        filtered: torch.Tensor = self.filters(padded)
        return filtered.transpose(1, 2)
