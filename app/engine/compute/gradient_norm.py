"""The norm of all gradients together, and its limit.

On the CPU they are those of torch.nn.utils, in as few calls as give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

if TYPE_CHECKING:
    from collections.abc import Sequence

EPSILON = np.float32(1e-6)
"""Torch adds it to the norm before it divides."""


def gradient_norm(gradients: list[torch.Tensor]) -> torch.Tensor:
    """Returns the norm of the gradients as one vector, a scalar on their device."""
    return _norm_on_cpu(gradients) if _on_cpu(gradients) else get_total_norm(gradients)


def clip_gradients(parameters: Sequence[torch.nn.Parameter], most: float) -> torch.Tensor:
    """Makes gradients shorter together whose norm is larger than `most`; returns it as it was."""
    gradients = [found for parameter in parameters if (found := parameter.grad) is not None]
    if not _on_cpu(gradients):
        norm = get_total_norm(gradients)
        clip_grads_with_norm_(parameters, most, norm)
        return norm

    norm = _norm_on_cpu(gradients)
    # Nothing is waited for here, so that most gradients need not be multiplied by 1.
    share = np.float32(1) / (np.float32(norm.item()) + EPSILON) * np.float32(most)
    if not share >= 1:  # what is not a number makes the gradients so too
        torch._foreach_mul_(gradients, torch.scalar_tensor(float(share)))

    return norm


def _on_cpu(gradients: list[torch.Tensor]) -> bool:
    return bool(gradients) and gradients[0].is_cpu


def _norm_on_cpu(gradients: list[torch.Tensor]) -> torch.Tensor:
    norms = torch._foreach_norm(gradients)  # noqa: SLF001 - as torch.nn.utils does
    norm: torch.Tensor = torch.linalg.vector_norm(torch.stack(norms))
    return norm
