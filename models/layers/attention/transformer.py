"""Transformer block: attention, then a feed-forward network (Vaswani et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.attention.attention import SelfAttention
from models.layers.attention.heads import (
    CAUSAL_HELP,
    HEADS_HELP,
    MOST_HEADS,
    ROTARY_HELP,
    attention_multiply_adds,
    check_heads,
)
from models.layers.attention.rotary import RotarySelfAttention
from models.layers.block import BLOCKS, Block, check_masks, token_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from models.receptive_field import ReceptiveField
    from models.shape import Shape


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

    heads: int = setting(4, label="Heads", ge=1, le=MOST_HEADS, help=HEADS_HELP)
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
    causal: bool = setting(False, label="Looks back only", advanced=True, help=CAUSAL_HELP)
    rotary: bool = setting(False, label="Rotary positions", advanced=True, help=ROTARY_HELP)

    def title(self) -> str:
        back = ", looks back" if self.causal else ""
        return f"Transformer block · {self.heads} {'head' if self.heads == 1 else 'heads'}{back}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        check_heads(width, self.heads, self.rotary)
        check_masks(count, inputs[1:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        module = RotaryTransformerModule if self.rotary else TransformerModule
        return module(inputs[0][1], self.heads, self.expansion, self.dropout, self.causal)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = inputs[0]
        inner = max(1, round(width * self.expansion))
        projections = count * (4 * width**2 + 2 * width * inner)
        return projections + attention_multiply_adds(count, count, width)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None


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


class RotaryTransformerModule(TransformerModule):
    """The same with rotary positions in its attention."""

    def __init__(
        self, width: int, heads: int, expansion: float, dropout: float, causal: bool = False
    ) -> None:
        super().__init__(width, heads, expansion, dropout, causal)
        self.attention = RotarySelfAttention(width, heads, causal)
