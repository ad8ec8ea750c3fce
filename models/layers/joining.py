"""Joining: where two ways through the network meet."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, Impossible
from models.shape import Shape, words


@BLOCKS.register
class Add(Block):
    """Two or more of one shape -> the same shape."""

    kind: ClassVar[str] = "add"
    label: ClassVar[str] = "Add"
    summary: ClassVar[str] = "Adds its inputs number by number; a bypass ends here."
    arity: ClassVar[tuple[int, int]] = (2, 16)

    def shape(self, *inputs: Shape) -> Shape:
        if len(set(inputs)) > 1:
            raise Impossible(
                f"It cannot add {' and '.join(words(shape) for shape in dict.fromkeys(inputs))}.",
                "Bring its inputs to one shape first.",
            )
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return AddModule()


class AddModule(nn.Module):
    """(B, *shape), several times -> (B, *shape)."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        for other in others:
            first = first + other
        return first


@BLOCKS.register
class Concatenate(Block):
    """(C1, ...), (C2, ...) -> (C1 + C2, ...); tokens are joined in width: (N, D1), (N, D2) -> (N,
    D1 + D2).
    """

    kind: ClassVar[str] = "concatenate"
    label: ClassVar[str] = "Concatenate"
    summary: ClassVar[str] = "Puts the channels of its inputs side by side."
    arity: ClassVar[tuple[int, int]] = (2, 16)

    def shape(self, *inputs: Shape) -> Shape:
        axis = _channel_axis(inputs[0])
        rest = {
            shape[:axis] + shape[axis + 1 :] if len(shape) == len(inputs[0]) else None
            for shape in inputs
        }
        if len(rest) > 1:
            raise Impossible(
                f"It cannot put {' and '.join(words(shape) for shape in dict.fromkeys(inputs))} "
                "side by side.",
                "Bring its inputs to one size first.",
            )

        total = sum(shape[axis] for shape in inputs)
        return *inputs[0][:axis], total, *inputs[0][axis + 1 :]

    def module(self, *inputs: Shape) -> nn.Module:
        return ConcatenateModule(1 + _channel_axis(inputs[0]))


class ConcatenateModule(nn.Module):
    """Along the given dimension of (B, ...) tensors."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat(inputs, self.dim)


def _channel_axis(shape: Shape) -> int:
    return 1 if len(shape) == 2 else 0
