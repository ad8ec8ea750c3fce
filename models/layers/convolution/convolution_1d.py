"""1-D convolution over a sequence of tokens: a signal, a text, a table row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn
from torch.nn import functional

from models.layers.activation import ACTIVATIONS, with_activation
from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.convolution.same_padding import missing, strided
from models.layers.layer import Layer
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

    def title(self) -> str:
        pace = f", by {self.stride}" if self.stride > 1 else ""
        back = ", looks back" if self.causal else ""
        return f"1-D convolution {self.kernel_size} · {self.channels}{pace}{back}"

    def shape(self, *inputs: Shape) -> Shape:
        count, _ = token_shape(inputs[0], self.label)
        if self.causal and self.stride > 1:
            raise BlockError(
                "A filter that looks back only cannot skip places.",
                "Set the stride to 1, or let it look ahead.",
            )

        return strided(count, self.stride), self.channels

    def module(self, *inputs: Shape) -> nn.Module:
        count, width = inputs[0]
        total = missing(count, self.kernel_size, self.stride)

        padding = None
        if self.causal:
            padding = (total, 0)
        elif self.stride > 1:
            padding = (total // 2, total - total // 2)

        layer = Convolution1DModule(width, self.channels, self.kernel_size, self.stride, padding)
        return with_activation(layer, self.activation)


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
    ) -> None:
        super().__init__()
        self.padding = padding or ((kernel_size - 1) // 2, kernel_size // 2)
        self.filters = nn.Conv1d(inputs, channels, kernel_size, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(x.transpose(1, 2), self.padding)
        filtered: torch.Tensor = self.filters(padded)
        return filtered.transpose(1, 2)
