"""Hidden parts: which they are, and what stands in their place (He et al. 2022, arXiv:2111.06377)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, Impossible, marks, tokens
from models.layers.embedding import patch_padding
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class VisiblePatches(Block):
    """A damaged (C, H, W) or (C, L) -> (N,), one mark a patch: 0 when all its values are exactly 0,
    else 1.
    """

    kind: ClassVar[str] = "visible-patches"
    label: ClassVar[str] = "Visible patches"
    summary: ClassVar[str] = (
        "Says which patches are to be seen; one that holds nothing but zeros was hidden."
    )

    size: int = setting(
        4, label="Patch size", unit="pixels or values", ge=1, le=4096, help="Side of each patch."
    )

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) not in (2, 3):
            raise Impossible(
                f"{self.label} needs a picture or a signal; it is given {words(shape)}.",
                "Let it read the example itself.",
            )

        count = 1
        for side in shape[1:]:
            count *= -(-side // self.size)

        return (count,)

    def module(self, *inputs: Shape) -> nn.Module:
        return VisiblePatchesModule(inputs[0], self.size)


class VisiblePatchesModule(nn.Module):
    """(B, C, H, W) or (B, C, L) -> (B, N) float32."""

    def __init__(self, shape: Shape, size: int) -> None:
        super().__init__()
        self.size = size
        self.is_picture = len(shape) == 3
        self.padding = patch_padding(shape, size) if self.is_picture else (0, -shape[1] % size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        there = functional.pad((x != 0).any(1, keepdim=True).float(), self.padding)
        if self.is_picture:
            return functional.max_pool2d(there, self.size).flatten(1)

        return functional.max_pool1d(there, self.size).flatten(1)


@BLOCKS.register
class MaskToken(Block):
    """(N, D) tokens, (N,) marks -> (N, D): where the mark is 0 stands a learned token."""

    kind: ClassVar[str] = "mask-token"
    label: ClassVar[str] = "Mask token"
    summary: ClassVar[str] = (
        "Puts one learned token in the place of everything hidden: restore something here."
    )
    arity: ClassVar[tuple[int, int]] = (2, 2)

    def shape(self, *inputs: Shape) -> Shape:
        count, width = tokens(inputs[0], self.label)
        marks(count, inputs[1:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        return MaskTokenModule(inputs[0][1])


class MaskTokenModule(nn.Module):
    """(B, N, D), (B, N) -> (B, N, D)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        self.token.normal_(std=0.02, generator=generator)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        visible = mask.to(x.dtype)[:, :, None]
        return x * visible + self.token.to(x.dtype) * (1 - visible)


@BLOCKS.register
class SignalPatches(Block):
    """(C, L) -> (ceil(L / size), width): stretches of a signal become tokens; the end is padded
    with zeros.
    """

    kind: ClassVar[str] = "signal-patches"
    label: ClassVar[str] = "Stretches"
    summary: ClassVar[str] = (
        "Cuts the signal into stretches and turns each into a token: a list of numbers."
    )

    size: int = setting(
        8, label="Patch size", unit="values", ge=1, le=4096, help="Length of each stretch."
    )
    width: int = setting(
        96, label="Width", unit="numbers", ge=1, le=4096, step=8, help="Numbers per token."
    )

    def title(self) -> str:
        return f"Stretches of {self.size} · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2:
            raise Impossible(
                f"{self.label} needs a signal; it is given {words(inputs[0])}.",
                "Let it read the signal.",
            )
        return -(-inputs[0][1] // self.size), self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return SignalPatchesModule(inputs[0], self.size, self.width)


class SignalPatchesModule(nn.Module):
    """(B, C, L) -> (B, N, width)."""

    def __init__(self, shape: Shape, size: int, width: int) -> None:
        super().__init__()
        self.end = (0, -shape[1] % size)
        self.project = nn.Conv1d(shape[0], width, size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.project(functional.pad(x, self.end)).transpose(1, 2)


@BLOCKS.register
class SignalFromTokens(Block):
    """(N, C * size) -> (C, length): the way back from `signal-patches`, with the same padding cut
    off.
    """

    kind: ClassVar[str] = "signal-from-tokens"
    label: ClassVar[str] = "Signal from tokens"
    summary: ClassVar[str] = (
        "Puts the stretches one after the other, so that they make a signal again."
    )

    size: int = setting(
        8, label="Patch size", unit="values", ge=1, le=4096, help="Length of each stretch."
    )
    length: int = setting(
        96, label="Length", unit="values", ge=1, le=1_000_000, help="Length of the signal."
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, numbers = tokens(inputs[0], self.label)
        stretches = -(-self.length // self.size)
        if count != stretches or numbers % self.size:
            raise Impossible(
                f"{words(inputs[0])} do not make {self.length} values in stretches of {self.size}.",
                f"Give it {stretches} tokens with {self.size} numbers a channel.",
            )

        return numbers // self.size, self.length

    def module(self, *inputs: Shape) -> nn.Module:
        return SignalFromTokensModule(self.shape(*inputs), self.size)


class SignalFromTokensModule(nn.Module):
    """(B, N, C * size) -> (B, C, length)."""

    def __init__(self, shape: Shape, size: int) -> None:
        super().__init__()
        self.signal = shape
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels, length = self.signal
        # (B, N, C, size) -> (B, C, N * size)
        whole = x.reshape(x.shape[0], x.shape[1], channels, self.size).transpose(1, 2)
        return whole.reshape(x.shape[0], channels, -1)[:, :, :length]
