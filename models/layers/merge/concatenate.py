"""Concatenate: the channels of several inputs side by side."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.shape import Shape, words


@BLOCKS.register
class Concatenate(Block):
    """Concatenation of channels: (C1, ...), (C2, ...) -> (C1 + C2, ...).

    Tokens are concatenated in width: (N, D1), (N, D2) -> (N, D1 + D2).
    """

    kind: ClassVar[str] = "concatenate"
    label: ClassVar[str] = "Concatenate"
    summary: ClassVar[str] = "Puts the channels of its inputs side by side."
    arity: ClassVar[tuple[int, int]] = (2, 16)

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        axis = _channel_axis(first)
        other_sizes = {
            shape[:axis] + shape[axis + 1 :] if len(shape) == len(first) else None
            for shape in inputs
        }
        if len(other_sizes) > 1:
            raise BlockError(
                f"It cannot put {' and '.join(words(shape) for shape in dict.fromkeys(inputs))} "
                "side by side.",
                "Bring its inputs to one size first.",
            )

        channels = sum(shape[axis] for shape in inputs)
        return *first[:axis], channels, *first[axis + 1 :]

    def module(self, *inputs: Shape) -> nn.Module:
        return ConcatenateModule(1 + _channel_axis(inputs[0]))


class ConcatenateModule(nn.Module):
    """Concatenates (B, ...) tensors along the given dimension."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat(inputs, self.dim)

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return f"torch.cat([{', '.join(inputs)}], dim={self.dim})"


def _channel_axis(shape: Shape) -> int:
    return 1 if len(shape) == 2 else 0
