"""Cross-attention: the tokens of one input look at those of another (Vaswani et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.attention.attention import MASKED
from models.layers.attention.heads import (
    HEADS_HELP,
    MOST_HEADS,
    attention_multiply_adds,
    check_heads,
)
from models.layers.block import BLOCKS, Block, check_masks, token_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class CrossAttentionBlock(Block):
    """Multi-head attention from tokens (N, D) to tokens (M, E): -> (N, D).

    The first input asks, the second one is looked at. A third input (M,) says which tokens of the
    second may be attended to: 1 yes, 0 no.
    """

    kind: ClassVar[str] = "cross-attention"
    label: ClassVar[str] = "Cross-attention"
    summary: ClassVar[str] = (
        "The tokens of the first input look at those of the second and take over what matters to "
        "them: so a text can look at a picture."
    )
    arity: ClassVar[tuple[int, int]] = (2, 3)

    heads: int = setting(4, label="Heads", ge=1, le=MOST_HEADS, help=HEADS_HELP)

    def title(self) -> str:
        return f"Cross-attention · {self.heads} {'head' if self.heads == 1 else 'heads'}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        others, _ = token_shape(inputs[1], self.label)
        check_heads(width, self.heads)
        check_masks(others, inputs[2:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        return CrossAttentionModule(inputs[0][1], inputs[1][1], self.heads)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = inputs[0]
        others, others_width = inputs[1]
        projections = 2 * count * width**2 + 2 * others * others_width * width
        return projections + attention_multiply_adds(count, others, width)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None


class CrossAttention(Layer):
    """Attention of tokens (B, N, D) to tokens (B, M, E): -> (B, N, D).

    An optional mask (B, M) says which tokens may be attended to (1 or 0).
    """

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(context_width, 2 * width)
        self.output = nn.Linear(width, width)

    def forward(
        self, x: torch.Tensor, context: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        batch, count, width = x.shape

        # (B, N, D) -> (B, heads, N, D / heads)
        query = self.query(x).view(batch, count, self.heads, -1).transpose(1, 2)

        # (B, M, 2 D) -> key and value, stacked: (2, B, heads, M, D / heads)
        stacked = self.key_value(context).view(batch, context.shape[1], 2, self.heads, -1)
        stacked = stacked.permute(2, 0, 3, 1, 4)

        attended = self.attend(query, stacked, mask)
        output: torch.Tensor = self.output(attended.transpose(1, 2).reshape(batch, count, width))
        return output

    def attend(
        self, query: torch.Tensor, stacked: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Returns what each head takes over from the tokens that it attends to."""
        if mask is None:
            return functional.scaled_dot_product_attention(query, stacked[0], stacked[1])

        bias = ((mask.to(query.dtype) - 1) * MASKED)[:, None, None, :]
        return functional.scaled_dot_product_attention(
            query, stacked[0], stacked[1], attn_mask=bias
        )


class CrossAttentionModule(CrossAttention):
    """Cross-attention that is fast under mixed precision on the CPU too, as SelfAttention is."""

    written_as: ClassVar[type[nn.Module]] = CrossAttention

    float32_on_cpu: bool = True

    def attend(
        self, query: torch.Tensor, stacked: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        if self.float32_on_cpu and query.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return super().attend(query.float(), stacked.float(), mask)

        return super().attend(query, stacked, mask)
