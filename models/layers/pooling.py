"""Pooling: many places become fewer, or one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, Impossible, marks, picture
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class Pooling(Block):
    """(C, H, W) -> (C, H // size, W // size)."""

    kind: ClassVar[str] = "pooling"
    label: ClassVar[str] = "Pooling"
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
        2, label="Size", unit="places", ge=2, le=16, help="So many places a side become one."
    )

    def title(self) -> str:
        return f"{'Max' if self.how == 'max' else 'Mean'} pooling {self.size}×{self.size}"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.label)
        if self.size > min(height, width):
            raise Impossible(
                f"It joins {self.size} × {self.size} places, but only {height} × {width} are left.",
                "Take fewer blocks that halve, or larger pictures.",
            )

        return channels, height // self.size, width // self.size

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.MaxPool2d(self.size) if self.how == "max" else nn.AvgPool2d(self.size)


@BLOCKS.register
class GlobalPooling(Block):
    """(C, H, W) -> (C,), or tokens (N, D) -> (D,).

    Of tokens a second input (N,) says which count: 1 yes, 0 no.
    """

    kind: ClassVar[str] = "global-pooling"
    label: ClassVar[str] = "Global pooling"
    summary: ClassVar[str] = (
        "All places become one number per channel, so that it no longer matters where a thing is."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    how: Literal["max", "mean"] = setting(
        "max",
        label="Keeps",
        choices={"max": "The strongest", "mean": "The mean"},
        help="What is kept of the places.",
    )

    def title(self) -> str:
        return f"Global {'max' if self.how == 'max' else 'mean'} pooling"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) == 3:
            if len(inputs) > 1:
                raise Impossible("Only of tokens some can be left out.", "Remove its second input.")
            return inputs[0][:1]

        if len(inputs[0]) == 2:
            marks(inputs[0][0], inputs[1:], self.label)
            return inputs[0][1:]

        raise Impossible(
            "There is nothing left to pool: it is given single values.", "Remove this block."
        )

    def module(self, *inputs: Shape) -> nn.Module:
        if len(inputs) > 1:
            return MaskedPool(self.how)
        return GlobalPool(self.how, (2, 3) if len(inputs[0]) == 3 else (1,))


class GlobalPool(nn.Module):
    """(B, C, H, W) or (B, N, D) -> (B, C) or (B, D), over the given dimensions."""

    def __init__(self, how: str, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.how = how
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.amax(self.dims) if self.how == "max" else x.mean(self.dims)


class MaskedPool(nn.Module):
    """(B, N, D) tokens, (B, N) which of them count -> (B, D); 0 where none counts."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        marks = mask.float()[:, :, None]
        if self.how == "mean":
            return (x * marks).sum(1) / marks.sum(1).clamp(min=1)

        strongest = x.masked_fill(marks == 0, torch.finfo(x.dtype).min).amax(1)
        return strongest * marks.amax(1)
