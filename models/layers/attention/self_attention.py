"""Self-attention as a block of its own: every token looks at all tokens (Vaswani et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class SelfAttentionBlock(Block):
    """Multi-head self-attention over tokens: (N, D) -> (N, D), without norm and bypass.

    A second input (N,) says which tokens may be attended to: 1 yes, 0 no.
    """

    kind: ClassVar[str] = "self-attention"
    label: ClassVar[str] = "Self-attention"
    summary: ClassVar[str] = (
        "Every token looks at all tokens and takes over what matters to it. A transformer block is "
        "this with norms, a bypass and two linear layers around it."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    heads: int = setting(4, label="Heads", ge=1, le=MOST_HEADS, help=HEADS_HELP)
    causal: bool = setting(False, label="Looks back only", advanced=True, help=CAUSAL_HELP)
    rotary: bool = setting(False, label="Rotary positions", advanced=True, help=ROTARY_HELP)

    def title(self) -> str:
        back = ", looks back" if self.causal else ""
        return f"Self-attention · {self.heads} {'head' if self.heads == 1 else 'heads'}{back}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        check_heads(width, self.heads, self.rotary)
        check_masks(count, inputs[1:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        attention = RotarySelfAttention if self.rotary else SelfAttention
        return attention(inputs[0][1], self.heads, self.causal)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = inputs[0]
        return 4 * count * width**2 + attention_multiply_adds(count, count, width)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None
