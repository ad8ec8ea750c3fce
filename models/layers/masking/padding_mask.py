"""Padding mask: which positions of a text hold tokens, and which are padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, text_length

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class PaddingMask(Block):
    """Token numbers (L,) -> mask (L,): 1 for a token, 0 for padding."""

    kind: ClassVar[str] = "padding-mask"
    label: ClassVar[str] = "Padding mask"
    summary: ClassVar[str] = (
        "Says which places hold text and which only fill a short text up to the common length."
    )

    def shape(self, *inputs: Shape) -> Shape:
        return (text_length(inputs[0], self.label),)

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return PaddingMaskModule()


class PaddingMaskModule(nn.Module):
    """(B, L) int64 -> (B, L) float32."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x != 0).float()

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return f"({inputs[0]} != 0).float()"
