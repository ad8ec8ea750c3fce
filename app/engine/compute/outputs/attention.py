"""The weights of attention: how much of every token each head takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from models.layers.attention.attention import Attention
from models.layers.attention.cross_attention import CrossAttention

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

MOST_WEIGHTS = 2**24
"""Weights of all heads for one example: 64 MB. Of more tokens no map could be read anyway."""


def attention_in(module: nn.Module) -> Attention | CrossAttention | None:
    """Returns the first attention within the module of a block; None where it has none."""
    return next(
        (inner for inner in module.modules() if isinstance(inner, (Attention, CrossAttention))),
        None,
    )


@torch.no_grad()
def attention_weights(
    module: Attention | CrossAttention, *inputs: torch.Tensor | None
) -> torch.Tensor | None:
    """Returns (B, heads, N, M): how much each of N tokens takes over of each of M.

    inputs: what its forward is given. Each row adds up to 1. None where they are too many. The
    module's own attention is asked, with the rows of an identity matrix as values, so that masks
    and positions count as they do in it.
    """
    x = inputs[0]
    assert x is not None
    batch, count, width = x.shape
    heads = module.heads
    if isinstance(module, CrossAttention):
        context = inputs[1]
        assert context is not None
        mask = inputs[2] if len(inputs) > 2 else None
        query = module.query(x).view(batch, count, heads, -1).transpose(1, 2)
        pair = module.key_value(context).view(batch, context.shape[1], 2, heads, -1)
        key = pair.permute(2, 0, 3, 1, 4)[0]

        def take_over(values: torch.Tensor) -> torch.Tensor:
            return module.attend(query, torch.stack([key, values.expand_as(key)]), mask)
    else:
        mask = inputs[1] if len(inputs) > 1 else None
        triple = module.query_key_value(x).view(batch, count, 3, heads, width // heads)
        query, key, _ = triple.permute(2, 0, 3, 1, 4).unbind()

        def take_over(values: torch.Tensor) -> torch.Tensor:
            return module.attend(torch.stack([query, key, values.expand_as(key)]), mask)

    if heads * count * key.shape[2] > MOST_WEIGHTS:
        return None

    return _by_identity(key, take_over)


def _by_identity(
    key: torch.Tensor, take_over: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Returns what is taken over of an identity matrix, as many columns at once as values have.

    key: (B, heads, M, width).
    """
    width = key.shape[3]
    identity = torch.eye(key.shape[2], dtype=key.dtype, device=key.device)
    parts = []
    for columns in torch.split(identity, width, dim=1):
        used = columns.shape[1]
        parts.append(take_over(functional.pad(columns, (0, width - used)))[..., :used])

    return torch.cat(parts, dim=-1)
