"""Parametric activation: every number learns how much of the activation function it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError
from models.layers.layer import Layer
from models.shape import words
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

FUNCTIONS = {"selu": "SELU", "mish": "Mish", "relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}
"""The names on screen, by the values of the setting `function`."""


@BLOCKS.register
class ParametricActivation(Block):
    """x + share * (function(x) - x), with a share for each number; the shape stays.

    It is that of RealMLP (Holzmüller et al. 2024, arXiv:2407.04491).
    """

    kind: ClassVar[str] = "parametric-activation"
    label: ClassVar[str] = "Parametric activation"
    summary: ClassVar[str] = (
        "Bends every number by itself, and learns for each how much: not at all, fully, or more."
    )

    function: Literal["selu", "mish", "relu", "gelu", "silu"] = setting(
        "selu", label="Function", choices=FUNCTIONS, help="What is done with each number."
    )

    def title(self) -> str:
        return f"Parametric {FUNCTIONS[self.function]}"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) > 2:
            raise BlockError(
                f"{self.label} needs values or tokens; it is given {words(inputs[0])}.",
                "Put 'Flatten to tokens' or a global pooling before it.",
            )

        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return ParametricActivationModule(inputs[0][-1], self.function)


class ParametricActivationModule(Layer):
    """Applies a function to a learned share: (B, ..., D) -> (B, ..., D), with D shares.

    function: the name of one in torch.nn.functional.
    """

    keeps_more: ClassVar[bool] = True

    def __init__(self, width: int, function: str) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.ones(width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:  # noqa: ARG002 - of all modules
        self.weight.fill_(1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bent: torch.Tensor = getattr(functional, self.function)(x)
        return x + self.weight * (bent - x)
