"""Patch embedding: a picture cut into square patches that become tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class PatchEmbedding(Block):
    """(C, H, W) -> tokens (N, width) (Dosovitskiy et al. 2021, arXiv:2010.11929, equation 1).

    N = ceil(H / patch_size) * ceil(W / patch_size). A side that is no multiple of the patch is
    padded with up to patch_size - 1 pixels of zero.
    """

    kind: ClassVar[str] = "patch-embedding"
    label: ClassVar[str] = "Patch embedding"
    summary: ClassVar[str] = (
        "Cuts the picture into squares and turns each into a token: a list of numbers."
    )

    patch_size: int = setting(
        4, label="Patch size", unit="pixels", ge=1, le=64, help="Side of each square."
    )
    width: int = setting(
        96, label="Width", unit="numbers", ge=8, le=4096, step=8, help="Numbers per token."
    )

    def title(self) -> str:
        return f"Patch embedding {self.patch_size}×{self.patch_size} · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = image_shape(inputs[0], self.label)
        if self.patch_size > min(height, width):
            raise BlockError(
                f"A patch of {self.patch_size} × {self.patch_size} is larger than the picture of "
                f"{height} × {width}.",
                f"Set the patch size to {min(height, width)} or less.",
            )

        rows = -(-height // self.patch_size)
        columns = -(-width // self.patch_size)
        return rows * columns, self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return PatchEmbeddingModule(inputs[0], self.patch_size, self.width)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = self.shape(*inputs)
        return count * width * inputs[0][0] * self.patch_size**2

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.patch_size, self.patch_size)


class PatchEmbeddingModule(Layer):
    """Makes a token of every patch, row by row: (B, C, H, W) -> (B, N, width)."""

    def __init__(self, shape: Shape, patch_size: int, width: int) -> None:
        super().__init__()
        self.padding = nn.ZeroPad2d(patch_padding(shape, patch_size))
        self.project = nn.Conv2d(shape[0], width, patch_size, patch_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches: torch.Tensor = self.project(self.padding(x))
        return patches.flatten(2).transpose(1, 2)


def patch_padding(shape: Shape, patch_size: int) -> tuple[int, int, int, int]:
    """Returns the pixels left, right, above and below that fill up the patches."""
    down = -shape[1] % patch_size
    right = -shape[2] % patch_size
    return right // 2, right - right // 2, down // 2, down - down // 2
