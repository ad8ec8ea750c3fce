"""Transpose: the channels of a signal become tokens, or tokens become channels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.shape import Shape, words

if TYPE_CHECKING:
    import torch

    from models.receptive_field import ReceptiveField


@BLOCKS.register
class Transpose(Block):
    """Transposes a matrix: (A, B) -> (B, A).

    A signal is (C, L), while sequences are tokens (N, D) inside a network; this block leads from
    one to the other, so that every block for tokens suits signals too.
    """

    kind: ClassVar[str] = "transpose"
    label: ClassVar[str] = "Transpose"
    summary: ClassVar[str] = (
        "Makes a token of every moment of a signal, or channels of tokens: rows become columns."
    )

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2:
            raise BlockError(
                f"Only rows and columns can be turned; it is given {words(inputs[0])}.",
                "Remove it.",
            )

        return inputs[0][1], inputs[0][0]

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return TransposeModule()

    def seen(
        self, fields: tuple[ReceptiveField | None, ...], *inputs: Shape
    ) -> ReceptiveField | None:
        del inputs
        field = fields[0]
        return field and replace(field, channels_first=not field.channels_first)


class TransposeModule(nn.Module):
    """(B, M, N) -> (B, N, M)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return f"{inputs[0]}.transpose(1, 2)"
