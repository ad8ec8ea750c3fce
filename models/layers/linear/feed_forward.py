"""Feed-forward network: a wide linear layer, an activation, and back (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError
from models.shape import words
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

FUNCTIONS = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}
"""The names on screen, by the values of the setting `activation`."""

_MODULES = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


@BLOCKS.register
class FeedForward(Block):
    """contract(activation(expand(x))): (D,) -> (D,), or at each token (N, D) -> (N, D).

    It is that of a transformer block, without norm and bypass (arXiv:1706.03762, section 3.3).
    """

    kind: ClassVar[str] = "feed-forward"
    label: ClassVar[str] = "Feed-forward network"
    summary: ClassVar[str] = (
        "Two linear layers with a wide middle, at every token by itself: the part of a transformer "
        "block that works on what attention has gathered."
    )

    expansion: float = setting(
        4.0,
        label="Expansion",
        unit="times the width",
        gt=0.0,
        le=16.0,
        step=0.5,
        help="How much wider the inner layer is.",
    )
    activation: Literal["relu", "gelu", "silu"] = setting(
        "gelu", label="In between", choices=FUNCTIONS, help="What is done with each inner number."
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of the inner numbers that is set to zero while training.",
    )

    def title(self) -> str:
        return f"Feed-forward · {self.expansion:g} times as wide"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) > 2:
            raise BlockError(
                f"{self.label} needs values or tokens; it is given {words(inputs[0])}.",
                "Put 'Flatten to tokens' or a global pooling before it.",
            )

        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        width = inputs[0][-1]
        inner = self._inner(width)
        layers = [nn.Linear(width, inner), _MODULES[self.activation](), nn.Linear(inner, width)]
        if self.dropout:
            layers.insert(2, nn.Dropout(self.dropout))

        return nn.Sequential(*layers)

    def multiply_adds(self, *inputs: Shape) -> int:
        return 2 * math.prod(inputs[0]) * self._inner(inputs[0][-1])

    def _inner(self, width: int) -> int:
        return max(1, round(width * self.expansion))
