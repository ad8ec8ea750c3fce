"""Concatenate in batch: both halves of pairs in one batch, so that one encoder sees both."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, check_halves

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class ConcatenateInBatch(Block):
    """Both halves of pairs go on as examples of one batch, all first halves before all second.

    The shape of an example stays; behind the block a batch has twice as many examples. So one
    encoder with one set of weights sees both halves. `contrastive-output` parts them again.
    """

    kind: ClassVar[str] = "concatenate-in-batch"
    label: ClassVar[str] = "Concatenate in batch"
    summary: ClassVar[str] = (
        "Lines both halves of the pairs up, so that one encoder learns from both."
    )
    arity: ClassVar[tuple[int, int]] = (2, 2)

    def shape(self, *inputs: Shape) -> Shape:
        return check_halves(inputs, self.label)

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return ConcatenateInBatchModule()


class ConcatenateInBatchModule(nn.Module):
    """(B, *shape), (B, *shape) -> (2 B, *shape)."""

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return torch.cat([first, second])

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return f"torch.cat([{', '.join(inputs)}])"
