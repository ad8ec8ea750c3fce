"""Token output: a linear layer that ends a network with an output for every token."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from models.layers.block import BLOCKS, Block, token_shape
from models.layers.heads.output import OutputModule
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class TokenOutput(Block):
    """Linear output layer at every token: (N, D) -> (N, outputs).

    In a language model the outputs are a logit for every token of the vocabulary.
    """

    kind: ClassVar[str] = "token-output"
    label: ClassVar[str] = "Output at each token"
    summary: ClassVar[str] = (
        "Turns what each token has found into its answer: of a text, what is likely to come next."
    )

    outputs: int = setting(
        256, label="Outputs", ge=1, le=1_000_000, help="How many numbers each token answers with."
    )

    def title(self) -> str:
        return f"Linear per token · {self.outputs}"

    def shape(self, *inputs: Shape) -> Shape:
        return token_shape(inputs[0], self.label)[0], self.outputs

    def module(self, *inputs: Shape) -> nn.Module:
        return OutputModule(inputs[0][1], self.outputs)

    def multiply_adds(self, *inputs: Shape) -> int:
        return math.prod(inputs[0]) * self.outputs
