"""Transformer blocks: tokens look at each other (Vaswani et al. 2017, arXiv:1706.03762)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, Impossible, marks, tokens
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


def divisors_near(width: int, heads: int) -> str:
    """Numbers of heads that divide the width, nearest first, for a remedy."""
    fitting = sorted(
        (n for n in range(1, min(width, 64) + 1) if width % n == 0),
        key=lambda n: (abs(n - heads), n),
    )
    return " or ".join(str(n) for n in fitting[:2])


@BLOCKS.register
class Transformer(Block):
    """(N, D) -> (N, D): attention, then two linear layers, each normed before and added to its
    input (pre-norm).

    A second input (N,) says which tokens may be looked at: 1 yes, 0 no.
    """

    kind: ClassVar[str] = "transformer"
    label: ClassVar[str] = "Transformer block"
    summary: ClassVar[str] = (
        "Every token looks at all others and takes over what matters to it (attention), then "
        "thinks for itself "
        "(two linear layers). Both results are added to what came in."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    heads: int = setting(
        4, label="Heads", ge=1, le=64, help="How many things a token can look for at once."
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
        help="Share of what is added that is forgotten while training.",
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
        count, width = tokens(inputs[0], self.label)
        if width % self.heads:
            raise Impossible(
                f"{self.heads} heads cannot share a width of {width} evenly.",
                f"Choose {divisors_near(width, self.heads)} heads, or a width that is a multiple "
                f"of {self.heads}.",
            )

        marks(count, inputs[1:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        return TransformerModule(
            inputs[0][1], self.heads, self.expansion, self.dropout, self.causal
        )


class Attention(nn.Module):
    """Self-attention: (B, N, D) tokens, (B, N) which of them may be looked at (1 or 0; left out:
    all) -> (B, N, D).

    causal: a token sees none behind it. float32_on_cpu: under bfloat16 the scores are still
    computed in float32 on the CPU. The backward of torch's bfloat16 kernel for it was measured to
    take ten times as long there.
    """

    float32_on_cpu: bool = True

    def __init__(self, width: int, heads: int, causal: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        batch, count, width = x.shape
        # (B, N, 3 D) -> three of (B, heads, N, D / heads)
        parts = (
            self.query_key_value(x)
            .view(batch, count, 3, self.heads, width // self.heads)
            .permute(2, 0, 3, 1, 4)
        )
        if self.float32_on_cpu and parts.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                mixed = self._mixed(parts.float(), mask)
        else:
            mixed = self._mixed(parts, mask)

        return self.output(mixed.transpose(1, 2).reshape(batch, count, width))

    def _mixed(self, parts: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        if mask is None:
            return functional.scaled_dot_product_attention(
                parts[0], parts[1], parts[2], is_causal=self.causal
            )

        # A finite penalty instead of minus infinity: where no token may be looked at, all count
        # alike, and no NaN.
        bias = ((mask.to(parts.dtype) - 1) * _NEVER)[:, None, None, :]
        if self.causal:
            ahead = torch.ones(
                parts.shape[3], parts.shape[3], dtype=parts.dtype, device=parts.device
            ).triu(1)
            bias = bias - ahead * _NEVER

        return functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=bias)


_NEVER = 30_000.0
"""Taken from a score, it leaves a share of exactly 0 in every precision."""


class TransformerModule(nn.Module):
    """Pre-norm block (Xiong et al. 2020, arXiv:2002.04745): (B, N, D), and (B, N) if there is a
    mask -> (B, N, D).
    """

    def __init__(
        self, width: int, heads: int, expansion: float, dropout: float, causal: bool = False
    ) -> None:
        super().__init__()
        inner = max(1, round(width * expansion))
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads, causal)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, inner)
        self.contract = nn.Linear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        x = x + self.dropout(self.attention(self.norm1(x), mask))
        return x + self.dropout(self.contract(functional.gelu(self.expand(self.norm2(x)))))
