"""Rotary positions: queries and keys are turned by their place (Su et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch

from models.layers.attention.attention import Attention, SelfAttention

if TYPE_CHECKING:
    from torch import nn


def rotate(x: torch.Tensor) -> torch.Tensor:
    """Turns the pairs of numbers of each token by angles that grow with its place.

    x: (B, heads, N, D) with an even D; number i and number i + D / 2 are a pair (arXiv:2104.09864).
    The product of two turned tokens depends on how far apart they are, not on where they are.
    """
    count, width = x.shape[-2:]
    half = width // 2
    frequencies = 10_000.0 ** (-torch.arange(half, device=x.device) / half)
    angles = torch.arange(count, device=x.device)[:, None] * frequencies
    cos = angles.cos().to(x.dtype)
    sin = angles.sin().to(x.dtype)

    first = x[..., :half]
    second = x[..., half:]
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


class RotaryAttention(Attention):
    """Self-attention whose queries and keys are turned by their positions."""

    def attend(self, stacked: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Returns what each head takes over from the tokens that it attends to."""
        turned = torch.stack([rotate(stacked[0]), rotate(stacked[1]), stacked[2]])
        return super().attend(turned, mask)


class RotarySelfAttention(SelfAttention, RotaryAttention):
    """The same, fast under mixed precision on the CPU too."""

    written_as: ClassVar[type[nn.Module]] = RotaryAttention
