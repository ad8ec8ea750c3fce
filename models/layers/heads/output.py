"""Output: the linear layer that ends a network with one list of values."""

from __future__ import annotations

import math
from typing import ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class Output(Block):
    """Linear output layer: (D,) -> (outputs,).

    The outputs are a logit for each class or tag, one logit for yes or no, a value for each amount,
    or the coordinates of an embedding.
    """

    kind: ClassVar[str] = "output"
    label: ClassVar[str] = "Output"
    summary: ClassVar[str] = (
        "Turns everything that was found into the answer: one number per class, of which the "
        "largest wins, one for yes or no, or one for each amount."
    )

    outputs: int = setting(
        10, label="Outputs", ge=1, le=100_000, help="How many numbers the network answers with."
    )

    def title(self) -> str:
        return f"Linear · {self.outputs}"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise BlockError(
                f"It needs one list of values; it is given {words(inputs[0])}.",
                "Put a global pooling before it.",
            )

        return (self.outputs,)

    def module(self, *inputs: Shape) -> nn.Module:
        return OutputModule(inputs[0][0], self.outputs)

    def multiply_adds(self, *inputs: Shape) -> int:
        return math.prod(inputs[0]) * self.outputs


class OutputModule(nn.Linear):
    """A linear layer (B, ..., D) -> (B, ..., outputs) that ends a network.

    Its weights begin near zero (see `models.network.initialise`), so that at first every class is
    about as likely.
    """

    written_as: ClassVar[type[nn.Module]] = nn.Linear
