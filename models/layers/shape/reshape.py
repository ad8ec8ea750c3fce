"""Reshape: the same numbers in another shape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field
from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.shape import Shape, words
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.receptive_field import ReceptiveField


@BLOCKS.register
class Reshape(Block):
    """Reshapes an input of any shape to another one with as many numbers."""

    kind: ClassVar[str] = "reshape"
    label: ClassVar[str] = "Reshape"
    summary: ClassVar[str] = "The same numbers in another shape: flattened, they are side by side."

    target_shape: list[Annotated[int, Field(ge=-1, le=1_000_000_000)]] = setting(
        [-1], label="Shape", help="Sizes of the new shape; a size of -1 takes what is left."
    )

    def title(self) -> str:
        if self.target_shape == [-1]:
            return "Flatten"

        return f"Reshape to {' × '.join(map(str, self.target_shape))}"

    def shape(self, *inputs: Shape) -> Shape:
        count = math.prod(inputs[0])
        inferred = self.target_shape.count(-1)
        known_sides = [side for side in self.target_shape if side != -1]
        known = math.prod(known_sides)

        if (
            inferred > 1
            or known < 1
            or any(side < 1 for side in known_sides)
            or count % known
            or (not inferred and count != known)
        ):
            form = " × ".join(map(str, self.target_shape))
            raise BlockError(
                f"{words(inputs[0])} cannot take the form {form}.",
                f"Choose sizes whose product is {count}.",
            )

        return tuple(count // known if side == -1 else side for side in self.target_shape)

    def module(self, *inputs: Shape) -> nn.Module:
        return ReshapeModule(self.shape(*inputs))

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None


class ReshapeModule(nn.Module):
    """(B, ...) -> (B, *shape)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.target_shape = shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], *self.target_shape)

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        if len(self.target_shape) == 1:
            return f"{inputs[0]}.flatten(1)"

        return f"{inputs[0]}.reshape(-1, {', '.join(map(str, self.target_shape))})"
