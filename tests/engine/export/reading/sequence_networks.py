"""Networks over signals and tokens as other programs write them: filters, attention, a ViT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable


def filters() -> nn.Module:
    """1-D filters with norms, pooling, a stride; one place at the end."""
    return nn.Sequential(
        nn.Conv1d(2, 8, 5, padding=2, bias=False),
        nn.BatchNorm1d(8, eps=1e-3),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(8, 12, 3, stride=2, dilation=2),
        nn.BatchNorm1d(12),
        nn.SiLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(12, 4),
    )


def all_places() -> nn.Module:
    """Signals that are flattened channel by channel, where blocks have place by place."""
    return nn.Sequential(
        nn.Conv1d(2, 6, 4, stride=2, padding=1, groups=2),
        nn.Tanh(),
        nn.AvgPool1d(4),
        nn.Flatten(),
        nn.Linear(48, 8),
        nn.ReLU(),
        nn.Linear(8, 3),
    )


class _Heads(nn.Module):
    """Attention of one's own: three layers, the heads before the tokens, no bias for keys."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width, bias=False)
        self.v = nn.Linear(width, width)
        self.last = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, count, width = x.shape

        def split(each: torch.Tensor) -> torch.Tensor:
            return each.view(batch, count, self.heads, -1).transpose(1, 2)

        query, key, value = split(self.q(x)), split(self.k(x)), split(self.v(x))
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        output: torch.Tensor = self.last(attended.transpose(1, 2).reshape(batch, count, width))
        return output


class _Interleaved(nn.Module):
    """One layer for all, whose heads take every third number, and a softmax by hand."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, count, width = x.shape
        each = width // self.heads
        all_ = self.qkv(x).reshape(batch, count, self.heads, each, 3).permute(4, 0, 2, 1, 3)
        query, key, value = all_[0], all_[1], all_[2]
        weights = (query @ key.transpose(-2, -1) / each**0.5).softmax(-1)
        attended = (weights @ value).permute(0, 2, 1, 3).flatten(2)
        output: torch.Tensor = self.projection(attended)
        return output


class _Torch(nn.Module):
    """torch's own attention, with tokens first or batch first."""

    def __init__(self, width: int, heads: int, batch_first: bool, weights: bool) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=batch_first)
        self.weights = weights

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.attention.batch_first
        tokens = x if first else x.transpose(0, 1)
        output: torch.Tensor = self.attention(tokens, tokens, tokens, need_weights=self.weights)[0]
        return output if first else output.transpose(0, 1)


class _Encoder(nn.Module):
    """Norms, attention and a feed-forward network around it, and the mean of all tokens."""

    def __init__(self, attention: nn.Module, width: int = 16) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = attention
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * width)
        self.contract = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        x = x + self.contract(functional.gelu(self.expand(self.norm2(x))))
        answers: torch.Tensor = self.head(x.mean(1))
        return answers


class _ViT(nn.Module):
    """Patches, a class token, positions, torch's own encoder layers, the first token."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.cls = nn.Parameter(torch.randn(1, 1, 16))
        self.positions = nn.Parameter(torch.randn(1, 17, 16))
        self.blocks = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    16, 2, 32, 0.1, "gelu", batch_first=True, norm_first=True
                )
                for _ in range(2)
            )
        )
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(x.shape[0], -1, -1), tokens], 1) + self.positions
        answers: torch.Tensor = self.head(self.norm(self.blocks(tokens))[:, 0])
        return answers


SEQUENCES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "filters": (filters, (2, 64)),
    "all places": (all_places, (2, 64)),
    "three layers": (lambda: _Encoder(_Heads(16, 4, False)), (10, 16)),
    "looking back": (lambda: _Encoder(_Heads(16, 2, True)), (10, 16)),
    "interleaved": (lambda: _Encoder(_Interleaved(16, 4)), (10, 16)),
    "torch": (lambda: _Encoder(_Torch(16, 4, True, False)), (10, 16)),
    "torch, tokens first": (lambda: _Encoder(_Torch(16, 4, False, False)), (10, 16)),
    "torch, with weights": (lambda: _Encoder(_Torch(16, 4, True, True)), (10, 16)),
    "ViT": (_ViT, (3, 16, 16)),
}
"""By name: the network with torch's first weights, and the shape of an example."""
