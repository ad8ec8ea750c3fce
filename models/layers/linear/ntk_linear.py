"""Linear layer in NTK parametrisation: its weights learn alike, however many inputs it has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError
from models.layers.layer import Layer
from models.shape import words
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

USUAL_INPUTS = 256
"""With so many inputs it is an ordinary linear layer."""


@BLOCKS.register
class NTKLinear(Block):
    """(D,) -> (outputs,), or at each token (N, D) -> (N, outputs).

    The weights of the layer are those that learn, divided by the root of D (Jacot et al. 2018,
    arXiv:1806.07572), as in RealMLP (Holzmüller et al. 2024, arXiv:2407.04491).
    """

    kind: ClassVar[str] = "ntk-linear"
    label: ClassVar[str] = "Linear (NTK)"
    summary: ClassVar[str] = (
        "A linear layer whose steps follow its number of inputs, so that one learning rate suits "
        "wide and narrow layers."
    )

    outputs: int = setting(
        256, label="Outputs", ge=1, le=100_000, step=8, help="How many numbers come out."
    )

    def title(self) -> str:
        return f"{self.label} · {self.outputs}"

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) > 2:
            raise BlockError(
                f"{self.label} needs values or tokens; it is given {words(shape)}.",
                "Put a global pooling before it.",
            )

        return *shape[:-1], self.outputs

    def module(self, *inputs: Shape) -> nn.Module:
        return NTKLinearModule(inputs[0][-1], self.outputs)

    def multiply_adds(self, *inputs: Shape) -> int:
        return math.prod(inputs[0]) * self.outputs


class NTKLinearModule(Layer):
    """A linear layer with a fixed factor on its weights.

    (B, ..., inputs) -> (B, ..., outputs). The factor is sqrt(256 / inputs). A step of Adam moves
    the weights of the layer by the learning rate times the factor, and the offsets by the learning
    rate: a tenth of what the paper's rate moves them by.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.factor = math.sqrt(USUAL_INPUTS / inputs)
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        nn.init.normal_(self.weight, std=USUAL_INPUTS**-0.5)
        nn.init.normal_(self.bias)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Outputs of about 1 for inputs of about 1, and offsets as large: kinks among the rows."""
        nn.init.normal_(self.weight, std=USUAL_INPUTS**-0.5, generator=generator)
        nn.init.normal_(self.bias, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.factor * self.weight, self.bias)
