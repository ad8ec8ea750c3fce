"""Flatten to tokens: every position of a picture becomes a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, image_shape

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class FlattenToTokens(Block):
    """Flattens height and width: (C, H, W) -> tokens (H * W, C)."""

    kind: ClassVar[str] = "flatten-to-tokens"
    label: ClassVar[str] = "Flatten to tokens"
    summary: ClassVar[str] = (
        "Every place of the picture becomes a token with its channels as numbers."
    )

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = image_shape(inputs[0], self.label)
        return height * width, channels

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return FlattenToTokensModule()


class FlattenToTokensModule(nn.Module):
    """(B, C, H, W) -> (B, H * W, C); positions in order row by row."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).transpose(1, 2)

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return f"{inputs[0]}.flatten(2).transpose(1, 2)"
