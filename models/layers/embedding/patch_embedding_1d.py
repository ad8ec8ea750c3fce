"""1-D patch embedding: a signal cut into stretches that become tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field
from models.shape import Shape, words
from models.spec import setting

if TYPE_CHECKING:
    import torch


@BLOCKS.register
class PatchEmbedding1D(Block):
    """A signal (C, L) -> tokens (ceil(L / patch_size), width); the end is padded with zeros."""

    kind: ClassVar[str] = "patch-embedding-1d"
    label: ClassVar[str] = "1-D patch embedding"
    summary: ClassVar[str] = (
        "Cuts the signal into stretches and turns each into a token: a list of numbers."
    )
    channels_first: ClassVar[tuple[bool, bool]] = (True, False)

    patch_size: int = setting(
        8, label="Patch size", unit="values", ge=1, le=4096, help="Length of each stretch."
    )
    width: int = setting(
        96, label="Width", unit="numbers", ge=1, le=4096, step=8, help="Numbers per token."
    )

    def title(self) -> str:
        return f"1-D patch embedding {self.patch_size} · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2:
            raise BlockError(
                f"{self.label} needs a signal; it is given {words(inputs[0])}.",
                "Let it read the signal.",
            )

        return -(-inputs[0][1] // self.patch_size), self.width

    def module(self, *inputs: Shape) -> nn.Module:
        channels, length = inputs[0]
        return PatchEmbedding1DModule(channels, length, self.patch_size, self.width)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = self.shape(*inputs)
        return count * width * inputs[0][0] * self.patch_size

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.patch_size, self.patch_size)


class PatchEmbedding1DModule(Layer):
    """Makes a token of every stretch: (B, C, L) -> (B, N, width)."""

    def __init__(self, channels: int, length: int, patch_size: int, width: int) -> None:
        super().__init__()
        self.padding = (0, -length % patch_size)
        self.project = nn.Conv1d(channels, width, patch_size, patch_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches: torch.Tensor = self.project(functional.pad(x, self.padding))
        return patches.transpose(1, 2)
