"""Unpatchify: tokens that hold the pixels of patches become a picture again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.embedding.patch_embedding import patch_padding
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, upsampling_field
from models.shape import Shape, words
from models.spec import setting

if TYPE_CHECKING:
    import torch
    from torch import nn


@BLOCKS.register
class Unpatchify(Block):
    """Tokens (N, C * patch_size**2) -> picture (C, height, width).

    It is the inverse of cutting patches in `patch-embedding`: the same padding is cut off.
    """

    kind: ClassVar[str] = "unpatchify"
    label: ClassVar[str] = "Picture from tokens"
    summary: ClassVar[str] = (
        "Puts the patches back in their places, so that they make a picture again."
    )

    patch_size: int = setting(
        4, label="Patch size", unit="pixels", ge=1, le=64, help="Side of each square."
    )
    height: int = setting(
        28, label="Height", unit="pixels", ge=1, le=4096, help="Height of the picture."
    )
    width: int = setting(
        28, label="Width", unit="pixels", ge=1, le=4096, help="Width of the picture."
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, numbers = token_shape(inputs[0], self.label)
        patches = -(-self.height // self.patch_size) * -(-self.width // self.patch_size)
        if count != patches or numbers % self.patch_size**2:
            raise BlockError(
                f"{words(inputs[0])} do not make {self.height} × {self.width} pixels in squares of "
                f"{self.patch_size}.",
                f"Give it {patches} tokens with {self.patch_size**2} numbers a channel.",
            )

        return numbers // self.patch_size**2, self.height, self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return UnpatchifyModule(self.shape(*inputs), self.patch_size)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return upsampling_field(1, self.patch_size)


class UnpatchifyModule(Layer):
    """Puts patches together: (B, N, C * patch_size**2) -> (B, C, H, W)."""

    def __init__(self, shape: Shape, patch_size: int) -> None:
        super().__init__()
        self.picture = shape
        self.patch_size = patch_size

        left, right, top, bottom = patch_padding(shape, patch_size)
        self.rows = (shape[1] + top + bottom) // patch_size
        self.columns = (shape[2] + left + right) // patch_size
        self.top = top
        self.left = left

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels, height, width = self.picture
        size = self.patch_size

        # (B, rows, columns, C, size, size) -> (B, C, rows, size, columns, size)
        patches = x.reshape(-1, self.rows, self.columns, channels, size, size)
        patches = patches.permute(0, 3, 1, 4, 2, 5)

        padded = patches.reshape(-1, channels, self.rows * size, self.columns * size)
        return padded[:, :, self.top : self.top + height, self.left : self.left + width]
