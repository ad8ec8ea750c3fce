"""One dimension: filters, pooling and the way back for signals, table rows and texts.

Inside a network every sequence is tokens (N, D): N places one after the other, D numbers at each. A
signal comes as channels (C, L); a `turn` makes (L, C) of it, and back. So every block for tokens
suits every sequence.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, Impossible, tokens
from models.layers.convolution import halved
from models.layers.normalisation import ACTIVATIONS, activation
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class Turn(Block):
    """(A, B) -> (B, A)."""

    kind: ClassVar[str] = "turn"
    label: ClassVar[str] = "Turn"
    summary: ClassVar[str] = (
        "Makes a token of every moment of a signal, or channels of tokens: rows become columns."
    )

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2:
            raise Impossible(
                f"Only rows and columns can be turned; it is given {words(inputs[0])}.",
                "Remove it.",
            )
        return inputs[0][1], inputs[0][0]

    def module(self, *inputs: Shape) -> nn.Module:
        return TurnModule()


class TurnModule(nn.Module):
    """(B, M, N) -> (B, N, M)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)


@BLOCKS.register
class SequenceConvolution(Block):
    """(N, D) -> (ceil(N / stride), channels).

    Padded at both ends, so that a sequence of one token will do.
    """

    kind: ClassVar[str] = "sequence-convolution"
    label: ClassVar[str] = "1-D convolution"
    summary: ClassVar[str] = (
        "Small filters slide along the sequence; each answers where it finds its pattern."
    )

    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it looks for."
    )
    size: int = setting(
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
        return f"1-D convolution {self.size} · {self.channels}{pace}{back}"

    def shape(self, *inputs: Shape) -> Shape:
        count, _ = tokens(inputs[0], self.label)
        if self.causal and self.stride > 1:
            raise Impossible(
                "A filter that looks back only cannot skip places.",
                "Set the stride to 1, or let it look ahead.",
            )

        return halved(count, self.stride), self.channels

    def module(self, *inputs: Shape) -> nn.Module:
        layer = SequenceConvolutionModule(
            inputs[0], self.channels, self.size, self.stride, self.causal
        )
        return (
            nn.Sequential(layer, activation(self.activation))
            if self.activation != "none"
            else layer
        )


class SequenceConvolutionModule(nn.Module):
    """(B, N, D) -> (B, ceil(N / stride), channels)."""

    def __init__(
        self, shape: Shape, channels: int, size: int, stride: int = 1, causal: bool = False
    ) -> None:
        super().__init__()
        count, width = shape
        missing = max(0, (halved(count, stride) - 1) * stride + size - count)
        left = missing if causal else (size - 1) // 2 if stride == 1 else missing // 2
        self.ends = (left, missing - left)
        self.filters = nn.Conv1d(width, channels, size, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.filters(functional.pad(x.transpose(1, 2), self.ends)).transpose(1, 2)


@BLOCKS.register
class SequencePooling(Block):
    """(N, D) -> (ceil(N / size), D); at the end of the sequence fewer places may become one."""

    kind: ClassVar[str] = "sequence-pooling"
    label: ClassVar[str] = "1-D pooling"
    summary: ClassVar[str] = (
        "Several neighbouring places become one: the strongest answer, or the mean."
    )

    how: Literal["max", "mean"] = setting(
        "max",
        label="Keeps",
        choices={"max": "The strongest", "mean": "The mean"},
        help="What is kept of the places.",
    )
    size: int = setting(
        2, label="Size", unit="places", ge=2, le=64, help="So many places become one."
    )

    def title(self) -> str:
        return f"{'Max' if self.how == 'max' else 'Mean'} pooling {self.size}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = tokens(inputs[0], self.label)
        return halved(count, self.size), width

    def module(self, *inputs: Shape) -> nn.Module:
        return SequencePool(self.how, self.size)


class SequencePool(nn.Module):
    """(B, N, D) -> (B, ceil(N / size), D)."""

    def __init__(self, how: str, size: int) -> None:
        super().__init__()
        self.pool = (
            nn.MaxPool1d(size, ceil_mode=True)
            if how == "max"
            else nn.AvgPool1d(size, ceil_mode=True)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(x.transpose(1, 2)).transpose(1, 2)


@BLOCKS.register
class SequenceResidual(Block):
    """(N, D) -> the same: x + convolution(relu(convolution(norm(x)))), the norm at each place by
    itself.
    """

    kind: ClassVar[str] = "sequence-residual"
    label: ClassVar[str] = "1-D residual block"
    summary: ClassVar[str] = (
        "Two convolutions along the sequence, whose result is added to what came in."
    )

    size: int = setting(
        5, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of what is added that is forgotten while training.",
    )

    def title(self) -> str:
        return f"1-D residual block {self.size}"

    def shape(self, *inputs: Shape) -> Shape:
        return tokens(inputs[0], self.label)

    def module(self, *inputs: Shape) -> nn.Module:
        return SequenceResidualModule(inputs[0], self.size, self.dropout)


class SequenceResidualModule(nn.Module):
    """(B, N, D) -> (B, N, D)."""

    def __init__(self, shape: Shape, size: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(shape[1])
        self.first = SequenceConvolutionModule(shape, shape[1], size)
        self.second = SequenceConvolutionModule(shape, shape[1], size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.dropout(self.second(functional.relu(self.first(self.norm(x)))))


@BLOCKS.register
class SequenceEnlarging(Block):
    """(N, D) -> (length, channels): every place is repeated until there are `length`, then a
    convolution smooths.
    """

    kind: ClassVar[str] = "sequence-enlarging"
    label: ClassVar[str] = "1-D enlarging"
    summary: ClassVar[str] = "Stretches the sequence to more places, then filters draw the detail."

    length: int = setting(
        64, label="Places", ge=1, le=1_000_000, help="How many places there are afterwards."
    )
    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it draws."
    )
    size: int = setting(
        5, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )

    def title(self) -> str:
        return f"1-D enlarging to {self.length} · {self.channels}"

    def shape(self, *inputs: Shape) -> Shape:
        count, _ = tokens(inputs[0], self.label)
        if count > self.length:
            raise Impossible(
                f"{count} places do not become {self.length}.",
                f"Set the places to {count} or more.",
            )

        return self.length, self.channels

    def module(self, *inputs: Shape) -> nn.Module:
        return SequenceEnlargingModule(inputs[0][1], self.length, self.channels, self.size)


class SequenceEnlargingModule(nn.Module):
    """(B, N, D) -> (B, length, channels)."""

    def __init__(self, width: int, length: int, channels: int, size: int) -> None:
        super().__init__()
        self.length = length
        self.filters = SequenceConvolutionModule((length, width), channels, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        larger = functional.interpolate(x.transpose(1, 2), size=self.length, mode="nearest")
        return self.filters(larger.transpose(1, 2))
