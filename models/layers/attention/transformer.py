"""Transformer block: attention, then a feed-forward network (Vaswani et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.attention.attention import SelfAttention
from models.layers.block import BLOCKS, Block, BlockError, check_masks, token_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

_MOST_HEADS = 64


@BLOCKS.register
class Transformer(Block):
    """Pre-norm transformer block over tokens: (N, D) -> (N, D).

    A second input (N,) says which tokens may be attended to: 1 yes, 0 no.
    """

    kind: ClassVar[str] = "transformer"
    label: ClassVar[str] = "Transformer block"
    summary: ClassVar[str] = (
        "Every token looks at all others and takes over what matters to it (attention), then "
        "works on by itself (two linear layers). Both results are added to what came in."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    heads: int = setting(
        4, label="Heads", ge=1, le=_MOST_HEADS, help="How many things a token can look for at once."
    )
    expansion: float = setting(
        2.0,
        label="Expansion",
        unit="times the width",
        gt=0.0,
        le=16.0,
        step=0.5,
        advanced=True,
        help="How much wider the inner layer is.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of what is added that is set to zero while training.",
    )
    causal: bool = setting(
        False,
        label="Looks back only",
        advanced=True,
        help="A token looks at itself and those before it, never ahead; so what comes next can be "
        "learned.",
    )

    def title(self) -> str:
        back = ", looks back" if self.causal else ""
        return f"Transformer block · {self.heads} {'head' if self.heads == 1 else 'heads'}{back}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        if width % self.heads:
            raise BlockError(
                f"{self.heads} heads cannot share a width of {width} evenly.",
                f"Choose {_nearest_head_counts(width, self.heads)} heads, or a width that is a "
                f"multiple of {self.heads}.",
            )

        check_masks(count, inputs[1:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        return TransformerModule(
            inputs[0][1], self.heads, self.expansion, self.dropout, self.causal
        )


class TransformerModule(Layer):
    """Attention, then a feed-forward network: (B, N, D) -> (B, N, D).

    An optional mask (B, N) says which tokens may be attended to (1 or 0).

    Layer norm stands before attention and feed-forward network, not behind the sums (pre-norm;
    Xiong et al. 2020, arXiv:2002.04745).
    """

    def __init__(
        self, width: int, heads: int, expansion: float, dropout: float, causal: bool = False
    ) -> None:
        super().__init__()
        inner = max(1, round(width * expansion))

        self.norm1 = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, causal)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, inner)
        self.contract = nn.Linear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        x = x + self.dropout(self.attention(self.norm1(x), mask))

        branch: torch.Tensor = functional.gelu(self.expand(self.norm2(x)))
        branch = self.dropout(self.contract(branch))
        output: torch.Tensor = x + branch
        return output


def _nearest_head_counts(width: int, heads: int) -> str:
    """Returns the two numbers of heads that divide the width and lie nearest, for a remedy."""
    divisors = sorted(
        (count for count in range(1, min(width, _MOST_HEADS) + 1) if width % count == 0),
        key=lambda count: (abs(count - heads), count),
    )
    return " or ".join(str(count) for count in divisors[:2])
