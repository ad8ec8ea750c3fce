"""Linear layer: every number out is a weighted sum of all numbers in."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from torch import nn

from models.layers.activation import ACTIVATIONS, with_activation
from models.layers.block import BLOCKS, Block, BlockError
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class Linear(Block):
    """Linear layer: (D,) -> (outputs,), or at each token (N, D) -> (N, outputs)."""

    kind: ClassVar[str] = "linear"
    label: ClassVar[str] = "Linear"
    summary: ClassVar[str] = "Every number out is a weighted sum of all numbers in."

    outputs: int = setting(
        64, label="Outputs", ge=1, le=100_000, step=8, help="How many numbers come out."
    )
    activation: Literal["none", "relu", "gelu"] = setting(
        "none", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )

    def title(self) -> str:
        then = "" if self.activation == "none" else f" · {ACTIVATIONS[self.activation]}"
        return f"Linear · {self.outputs}{then}"

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) == 3:
            raise BlockError(
                f"{self.label} needs values or tokens; it is given {words(shape)}.",
                "Put a global pooling before it.",
            )

        return *shape[:-1], self.outputs

    def module(self, *inputs: Shape) -> nn.Module:
        return with_activation(nn.Linear(inputs[0][-1], self.outputs), self.activation)

    def multiply_adds(self, *inputs: Shape) -> int:
        return math.prod(inputs[0]) * self.outputs
