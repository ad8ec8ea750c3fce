"""Multiply: the product of several inputs, number by number; a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, BlockError
from models.layers.layer import Layer
from models.shape import Shape, words

if TYPE_CHECKING:
    import torch
    from torch import nn


@BLOCKS.register
class Multiply(Block):
    """Product of two or more inputs of one shape, which is the shape of the output.

    Inputs behind the first one may be (C,) where it is (C, H, W) or (N, C): one factor a channel.
    """

    kind: ClassVar[str] = "multiply"
    label: ClassVar[str] = "Multiply"
    summary: ClassVar[str] = (
        "Multiplies its inputs number by number: one of them can open and close the other as a "
        "gate, at every place or for whole channels."
    )
    arity: ClassVar[tuple[int, int]] = (2, 16)

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        channels = first[0] if len(first) == 3 else first[-1]
        for other in inputs[1:]:
            if other not in (first, (channels,)):
                raise BlockError(
                    f"It cannot multiply {words(first)} by {words(other)}.",
                    f"Give it {words(first)}, or one value for each of {channels} channels.",
                )

        return first

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return MultiplyModule()


class MultiplyModule(Layer):
    """Multiplies what it reads: (B, *shape), several times -> (B, *shape).

    Of (B, C) each number is the factor of a channel.
    """

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        product = first
        for other in others:
            if first.dim() == 4 and other.dim() == 2:
                other = other[:, :, None, None]
            elif first.dim() == 3 and other.dim() == 2:
                other = other[:, None, :]

            product = product * other

        return product
