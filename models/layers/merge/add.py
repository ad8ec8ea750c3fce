"""Add: the sum of several inputs, where a bypass ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.shape import Shape, words

if TYPE_CHECKING:
    import torch


@BLOCKS.register
class Add(Block):
    """Sum of two or more inputs of one shape, which is the shape of the output."""

    kind: ClassVar[str] = "add"
    label: ClassVar[str] = "Add"
    summary: ClassVar[str] = "Adds its inputs number by number; a bypass ends here."
    arity: ClassVar[tuple[int, int]] = (2, 16)

    def shape(self, *inputs: Shape) -> Shape:
        if len(set(inputs)) > 1:
            raise BlockError(
                f"It cannot add {' and '.join(words(shape) for shape in dict.fromkeys(inputs))}.",
                "Bring its inputs to one shape first.",
            )

        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return AddModule()


class AddModule(nn.Module):
    """(B, *shape), several times -> (B, *shape)."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        total = first
        for other in others:
            total = total + other

        return total

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return " + ".join(inputs)
