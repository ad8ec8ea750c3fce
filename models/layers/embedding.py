"""Embeddings: how a picture becomes tokens, and how a token knows where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, Impossible, picture, tokens
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class Patches(Block):
    """(C, H, W) -> (N, width), N = (H // size) * (W // size) (Dosovitskiy et al. 2021,
    arXiv:2010.11929).

    A side that is no multiple of the patch is padded by up to size - 1 pixels: N = ceil(H / size) *
    ceil(W / size).
    """

    kind: ClassVar[str] = "patches"
    label: ClassVar[str] = "Patches"
    summary: ClassVar[str] = (
        "Cuts the picture into squares and turns each into a token: a list of numbers."
    )

    size: int = setting(
        4, label="Patch size", unit="pixels", ge=1, le=64, help="Side of each square."
    )
    width: int = setting(
        96, label="Width", unit="numbers", ge=8, le=4096, step=8, help="Numbers per token."
    )

    def title(self) -> str:
        return f"Patches {self.size}×{self.size} · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.label)
        if self.size > min(height, width):
            raise Impossible(
                f"A patch of {self.size} × {self.size} is larger than the picture of {height} × "
                f"{width}.",
                f"Set the patch size to {min(height, width)} or less.",
            )

        return -(-height // self.size) * -(-width // self.size), self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return PatchesModule(inputs[0], self.size, self.width)


class PatchesModule(nn.Module):
    """(B, C, H, W) -> (B, N, width), row by row."""

    def __init__(self, shape: Shape, size: int, width: int) -> None:
        super().__init__()
        self.padding = nn.ZeroPad2d(patch_padding(shape, size))
        self.project = nn.Conv2d(shape[0], width, size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.project(self.padding(x)).flatten(2).transpose(1, 2)


def patch_padding(shape: Shape, size: int) -> tuple[int, int, int, int]:
    """Pixels left, right, above and below that make (C, H, W) a multiple of the patch."""
    down = -shape[1] % size
    right = -shape[2] % size
    return right // 2, right - right // 2, down // 2, down - down // 2


@BLOCKS.register
class Tokens(Block):
    """(C, H, W) -> (H * W, C): every place becomes a token."""

    kind: ClassVar[str] = "tokens"
    label: ClassVar[str] = "Tokens"
    summary: ClassVar[str] = (
        "Every place of the picture becomes a token with its channels as numbers."
    )

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.label)
        return height * width, channels

    def module(self, *inputs: Shape) -> nn.Module:
        return TokensModule()


class TokensModule(nn.Module):
    """(B, C, H, W) -> (B, H * W, C), row by row."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).transpose(1, 2)


@BLOCKS.register
class Positions(Block):
    """(N, D) -> the same, plus a learned value for each place."""

    kind: ClassVar[str] = "positions"
    label: ClassVar[str] = "Positions"
    summary: ClassVar[str] = (
        "Adds to each token where it stands; attention by itself would see a bag of patches."
    )

    columns: int = setting(
        1,
        label="Tokens per row",
        ge=1,
        le=4096,
        help="Where the next row of the picture begins; 1 for a sequence.",
    )
    strength: float = setting(
        1.0,
        label="Strength",
        gt=0.0,
        le=10.0,
        step=0.1,
        advanced=True,
        help="How large they are at first; of a text less, as its tokens begin small.",
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, width = tokens(inputs[0], self.label)
        if count % self.columns:
            raise Impossible(
                f"{count} tokens do not make rows of {self.columns}.",
                f"Set 'Tokens per row' to a number that divides {count}.",
            )

        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        count, width = tokens(inputs[0], self.label)
        return PositionsModule(count // self.columns, self.columns, width, self.strength)


class PositionsModule(nn.Module):
    """(B, N, D) -> (B, N, D).

    The values begin as waves of row and column (`waves`) and are learned from there.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("positions",)

    def __init__(self, rows: int, columns: int, width: int, strength: float = 1.0) -> None:
        super().__init__()
        self.rows = rows
        self.columns = columns
        self.strength = strength
        self.positions = nn.Parameter(strength * waves(rows, columns, width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        start = waves(self.rows, self.columns, self.positions.shape[-1], self.positions.device)
        self.positions.copy_(self.strength * start)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions


def waves(rows: int, columns: int, width: int, device: torch.device | None = None) -> torch.Tensor:
    """Sines and cosines of row and column at growing wavelengths, a quarter of the width each: (1,
    rows * columns, width). Neighbours get similar values, so that attention knows what is near
    from the start (Vaswani et al. 2017; in two dimensions as in Beyer et al. 2022,
    arXiv:2205.01580).
    """
    quarter = -(-width // 4)
    pace = 10_000.0 ** -(torch.arange(quarter, device=device) / max(1, quarter))
    row = torch.arange(rows, device=device)[:, None, None] * pace
    column = torch.arange(columns, device=device)[None, :, None] * pace
    parts = [
        part.expand(rows, columns, quarter)
        for part in (row.sin(), row.cos(), column.sin(), column.cos())
    ]

    return torch.cat(parts, 2)[:, :, :width].reshape(1, rows * columns, width)
