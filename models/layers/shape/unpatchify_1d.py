"""1-D unpatchify: tokens that hold the values of stretches become a signal again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, upsampling_field
from models.shape import Shape, words
from models.spec import setting

if TYPE_CHECKING:
    import torch
    from torch import nn


@BLOCKS.register
class Unpatchify1D(Block):
    """Tokens (N, C * patch_size) -> signal (C, length).

    It is the inverse of cutting stretches in `patch-embedding-1d`: the same padding is cut off.
    """

    kind: ClassVar[str] = "unpatchify-1d"
    label: ClassVar[str] = "Signal from tokens"
    summary: ClassVar[str] = (
        "Puts the stretches one after the other, so that they make a signal again."
    )
    channels_first: ClassVar[tuple[bool, bool]] = (False, True)

    patch_size: int = setting(
        8, label="Patch size", unit="values", ge=1, le=4096, help="Length of each stretch."
    )
    length: int = setting(
        96, label="Length", unit="values", ge=1, le=1_000_000, help="Length of the signal."
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, numbers = token_shape(inputs[0], self.label)
        stretches = -(-self.length // self.patch_size)
        if count != stretches or numbers % self.patch_size:
            raise BlockError(
                f"{words(inputs[0])} do not make {self.length} values in stretches of "
                f"{self.patch_size}.",
                f"Give it {stretches} tokens with {self.patch_size} numbers a channel.",
            )

        return numbers // self.patch_size, self.length

    def module(self, *inputs: Shape) -> nn.Module:
        return Unpatchify1DModule(self.shape(*inputs), self.patch_size)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return upsampling_field(1, self.patch_size)


class Unpatchify1DModule(Layer):
    """Puts stretches together: (B, N, C * patch_size) -> (B, C, length)."""

    def __init__(self, shape: Shape, patch_size: int) -> None:
        super().__init__()
        self.signal = shape
        self.patch_size = patch_size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, count, _ = x.shape
        channels, length = self.signal

        # (B, N, C, patch_size) -> (B, C, N * patch_size)
        stretches = x.reshape(batch, count, channels, self.patch_size).transpose(1, 2)
        return stretches.reshape(batch, channels, -1)[:, :, :length]
