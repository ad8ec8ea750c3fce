"""Recomputing activations: a block keeps only what goes into it, and is computed again in the backward pass.

Chen et al. 2016, arXiv:1604.06174. The second time nothing may come out otherwise than the first time: the same dice
fall, in the same precision, and averages that a block keeps of its batches are not moved twice.
"""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.modules.batchnorm import _NormBase
from torch.utils.checkpoint import checkpoint


def saves(block: nn.Module) -> bool:
    """Whether a block keeps more for the backward pass than what goes into it: several layers do, one does not."""
    layers = [one for one in block.modules() if next(one.children(), None) is None and not isinstance(one, nn.Identity)]
    return len(layers) > 1


def recomputed(block: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
    """block(*inputs), with the same numbers, gradients and averages, of which only the inputs are kept."""
    result: torch.Tensor = checkpoint(
        block, *inputs, use_reentrant=False, preserve_rng_state=False,
        context_fn=lambda: (contextlib.nullcontext(), _AsBefore(block, _dice(*inputs))),
    )
    return result


class _AsBefore:
    """Inside, a block is computed as it was before, and leaves no trace.

    dice: as they lay then. Running averages are moved on copies: torch compares what is kept with what was kept the
    first time, so they cannot simply be missing.
    """

    def __init__(self, block: nn.Module, dice: dict[str, torch.Tensor]) -> None:
        self._norms = [one for one in block.modules() if isinstance(one, _NormBase)]
        self._then, self._now = dice, {}
        self._averages: list[dict[str, torch.Tensor | None]] = []

    def __enter__(self) -> None:
        self._averages = [dict(norm._buffers) for norm in self._norms]
        for norm, averages in zip(self._norms, self._averages, strict=True):
            norm._buffers.update({name: one.clone() for name, one in averages.items() if one is not None})
        self._now = _states(self._then)
        _set(self._then)

    def __exit__(self, *error: object) -> None:
        for norm, averages in zip(self._norms, self._averages, strict=True):
            norm._buffers.update(averages)
        _set(self._now)


def _dice(*inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """How the dice lie, of the CPU and of the device of the inputs. Without numbers there are none."""
    if any(isinstance(one, FakeTensor) for one in inputs):
        return {}
    return _states({"cpu", *(one.device.type for one in inputs)})


def _states(kinds: Any) -> dict[str, torch.Tensor]:
    return {kind: _generator(kind).get_rng_state() for kind in kinds}


def _set(states: dict[str, torch.Tensor]) -> None:
    for kind, state in states.items():
        _generator(kind).set_rng_state(state)


def _generator(kind: str) -> Any:
    return torch.random if kind == "cpu" else getattr(torch, kind)
