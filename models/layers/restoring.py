"""The way back from few numbers to a whole example: larger pictures, patches put together, another
form.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, Impossible, picture, tokens
from models.layers.convolution import conv
from models.layers.embedding import patch_padding
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class Enlarging(Block):
    """(C, H, W) -> (channels, height, width): pixels are repeated, then a 3×3 convolution draws the
    detail.

    Without the chequered pattern that a transposed convolution leaves (Odena et al. 2016,
    doi:10.23915/distill.00003).
    """

    kind: ClassVar[str] = "enlarging"
    label: ClassVar[str] = "Enlarging"
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
        return f"Enlarging to {self.height}×{self.width} · {self.channels}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.label)
        if height > self.height or width > self.width:
            raise Impossible(
                f"{height} × {width} places do not become {self.height} × {self.width}.",
                "Set height and width higher.",
            )

        return self.channels, self.height, self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return EnlargingModule(inputs[0][0], self.channels, (self.height, self.width))


class EnlargingModule(nn.Module):
    """(B, C, H, W) -> (B, channels, *sides)."""

    def __init__(self, inputs: int, channels: int, sides: tuple[int, int]) -> None:
        super().__init__()
        self.sides = sides
        self.filters = conv(inputs, channels, 3, bias=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.filters(functional.interpolate(x, size=self.sides, mode="nearest"))


@BLOCKS.register
class PictureFromTokens(Block):
    """(N, C * size * size) -> (C, height, width): the way back from `patches`, with the same
    padding cut off.
    """

    kind: ClassVar[str] = "picture-from-tokens"
    label: ClassVar[str] = "Picture from tokens"
    summary: ClassVar[str] = (
        "Puts the patches back in their places, so that they make a picture again."
    )

    size: int = setting(
        4, label="Patch size", unit="pixels", ge=1, le=64, help="Side of each square."
    )
    height: int = setting(
        28, label="Height", unit="pixels", ge=1, le=4096, help="Height of the picture."
    )
    width: int = setting(
        28, label="Width", unit="pixels", ge=1, le=4096, help="Width of the picture."
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, numbers = tokens(inputs[0], self.label)
        patches = -(-self.height // self.size) * -(-self.width // self.size)
        if count != patches or numbers % self.size**2:
            raise Impossible(
                f"{words(inputs[0])} do not make {self.height} × {self.width} pixels in squares of "
                f"{self.size}.",
                f"Give it {patches} tokens with {self.size**2} numbers a channel.",
            )

        return numbers // self.size**2, self.height, self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return PictureFromTokensModule(self.shape(*inputs), self.size)


class PictureFromTokensModule(nn.Module):
    """(B, N, C * size * size) -> (B, C, H, W)."""

    def __init__(self, shape: Shape, size: int) -> None:
        super().__init__()
        self.picture = shape
        self.size = size
        left, right, top, bottom = patch_padding(shape, size)
        self.rows = (shape[1] + top + bottom) // size
        self.columns = (shape[2] + left + right) // size
        self.top = top
        self.left = left

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels, height, width = self.picture
        # (B, rows, columns, C, size, size) -> (B, C, rows, size, columns, size)
        squares = x.reshape(-1, self.rows, self.columns, channels, self.size, self.size).permute(
            0, 3, 1, 4, 2, 5
        )

        whole = squares.reshape(-1, channels, self.rows * self.size, self.columns * self.size)
        return whole[:, :, self.top : self.top + height, self.left : self.left + width]


@BLOCKS.register
class Reshape(Block):
    """Any shape -> another with as many numbers."""

    kind: ClassVar[str] = "reshape"
    label: ClassVar[str] = "Reshape"
    summary: ClassVar[str] = "The same numbers in another form."

    to: list[int] = setting(
        [-1], label="Form", help="Sizes of the new form; one of -1 takes what is left."
    )

    def title(self) -> str:
        return (
            "Values side by side"
            if self.to == [-1]
            else f"Reshape to {' × '.join(map(str, self.to))}"
        )

    def shape(self, *inputs: Shape) -> Shape:
        count, open_places = math.prod(inputs[0]), self.to.count(-1)
        known = math.prod(side for side in self.to if side != -1)
        if (
            open_places > 1
            or known < 1
            or any(side < 1 for side in self.to if side != -1)
            or count % known
            or (not open_places and count != known)
        ):
            raise Impossible(
                f"{words(inputs[0])} cannot take the form {' × '.join(map(str, self.to))}.",
                f"Choose sizes whose product is {count}.",
            )

        return tuple(count // known if side == -1 else side for side in self.to)

    def module(self, *inputs: Shape) -> nn.Module:
        return ReshapeModule(self.shape(*inputs))


class ReshapeModule(nn.Module):
    """(B, ...) -> (B, *shape)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.form = shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], *self.form)
