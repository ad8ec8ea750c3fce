"""Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv:1706.03762)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.layer import Layer

MASKED = 30_000.0
"""Subtracted from a score, it leaves a weight of exactly 0 in every precision."""


class Attention(Layer):
    """Self-attention over tokens: (B, N, D) -> (B, N, D), section 3.2 of the paper.

    An optional mask (B, N) says which tokens may be attended to (1 or 0). causal: a token attends
    to none behind it.
    """

    def __init__(self, width: int, heads: int, causal: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        batch, count, width = x.shape

        # (B, N, 3 D) -> query, key and value, stacked: (3, B, heads, N, D / heads)
        stacked = self.query_key_value(x).view(batch, count, 3, self.heads, width // self.heads)
        attended = self.attend(stacked.permute(2, 0, 3, 1, 4), mask)

        # (B, heads, N, D / heads) -> (B, N, D)
        output: torch.Tensor = self.output(attended.transpose(1, 2).reshape(batch, count, width))
        return output

    def attend(self, stacked: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Returns what each head takes over from the tokens that it attends to."""
        query = stacked[0]
        key = stacked[1]
        value = stacked[2]

        if mask is None:
            return functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)

        # A finite penalty instead of minus infinity: where no token may be attended to, all count
        # alike, and nothing becomes NaN.
        bias = ((mask.to(stacked.dtype) - 1) * MASKED)[:, None, None, :]
        if self.causal:
            count = stacked.shape[3]
            ahead = torch.ones(count, count, dtype=stacked.dtype, device=stacked.device).triu(1)
            bias = bias - ahead * MASKED

        return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)


class SelfAttention(Attention):
    """Attention that is fast under mixed precision on the CPU too.

    float32_on_cpu: under bfloat16 the scores are still computed in float32 on the CPU, because the
    backward pass of torch's bfloat16 kernel took ten times as long there.
    """

    written_as: ClassVar[type[nn.Module]] = Attention

    float32_on_cpu: bool = True

    def attend(self, stacked: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        if (
            self.float32_on_cpu
            and stacked.device.type == "cpu"
            and torch.is_autocast_enabled("cpu")
        ):
            with torch.autocast("cpu", enabled=False):
                return super().attend(stacked.float(), mask)

        return super().attend(stacked, mask)
