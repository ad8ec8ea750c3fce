"""Activation function as a block of its own: every number is bent by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.shape import Shape

FUNCTIONS = {
    "relu": "ReLU",
    "leaky-relu": "Leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU (Swish)",
    "mish": "Mish",
    "hardswish": "Hardswish",
    "softplus": "Softplus",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
}
"""The names on screen, by the values of the setting `function`."""

_MODULES: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.1),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "hardswish": nn.Hardswish,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


@BLOCKS.register
class Activation(Block):
    """An activation function on an input of any shape, which stays."""

    kind: ClassVar[str] = "activation"
    label: ClassVar[str] = "Activation"
    summary: ClassVar[str] = (
        "Bends every number by itself, as ReLU sets what is negative to zero. Without it, two "
        "layers in a row could do no more than one."
    )

    function: Literal[
        "relu",
        "leaky-relu",
        "elu",
        "gelu",
        "silu",
        "mish",
        "hardswish",
        "softplus",
        "tanh",
        "sigmoid",
    ] = setting("relu", label="Function", choices=FUNCTIONS, help="What is done with each number.")

    def title(self) -> str:
        return FUNCTIONS[self.function]

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return _MODULES[self.function]()
