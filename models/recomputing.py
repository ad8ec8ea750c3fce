"""Recomputing activations: a block keeps only what goes into it, and is computed again in the
backward pass.

Chen et al. 2016, arXiv:1604.06174. The second time nothing may come out otherwise than the first
time: the same dice fall, in the same precision, and averages that a block keeps of its batches are
not moved twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.modules.batchnorm import _NormBase
from torch.utils.checkpoint import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable


def saves(block: nn.Module) -> bool:
    """Whether a block keeps more for the backward pass than what goes into it: several layers do,
    one does not.
    """
    layers = [
        one
        for one in block.modules()
        if next(one.children(), None) is None and not isinstance(one, nn.Identity)
    ]
    return len(layers) > 1


def recomputed(block: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
    """block(*inputs), with the same numbers, gradients and averages, of which only the inputs are
    kept.
    """

    def contexts() -> tuple[_FirstTime, _SecondTime]:
        # Without numbers there are no dice.
        kinds = (
            set()
            if isinstance(inputs[0], FakeTensor)
            else {"cpu", *(one.device.type for one in inputs)}
        )
        first = _FirstTime(kinds)
        return first, _SecondTime(block, first)

    result: torch.Tensor = checkpoint(
        block, *inputs, use_reentrant=False, preserve_rng_state=False, context_fn=contexts
    )
    return result


class _FirstTime:
    """Remembers how the dice lay, of each kind of device, if any of them fell."""

    def __init__(self, kinds: Iterable[str]) -> None:
        self.rng_states = {kind: _generator(kind).get_rng_state() for kind in kinds}

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self.rng_states = {
            kind: state
            for kind, state in self.rng_states.items()
            if not torch.equal(_generator(kind).get_rng_state(), state)
        }


class _SecondTime:
    """Inside, a block is computed as it was the first time, and leaves no trace.

    Running averages are moved on copies: torch compares what is kept with what was kept the first
    time, so they cannot simply be missing.
    """

    def __init__(self, block: nn.Module, first: _FirstTime) -> None:
        self._first = first
        self._norms = [one for one in block.modules() if isinstance(one, _NormBase)]
        self._averages: list[dict[str, torch.Tensor | None]] = []
        self._rng_states: dict[str, torch.Tensor] = {}

    def __enter__(self) -> None:
        self._averages = [dict(norm._buffers) for norm in self._norms]
        for norm, averages in zip(self._norms, self._averages, strict=True):
            norm._buffers.update(
                {name: one.clone() for name, one in averages.items() if one is not None}
            )

        self._rng_states = {
            kind: _generator(kind).get_rng_state() for kind in self._first.rng_states
        }
        _throw(self._first.rng_states)

    def __exit__(self, *error: object) -> None:
        for norm, averages in zip(self._norms, self._averages, strict=True):
            norm._buffers.update(averages)
        _throw(self._rng_states)


def _throw(rng_states: dict[str, torch.Tensor]) -> None:
    for kind, state in rng_states.items():
        _generator(kind).set_rng_state(state)


def _generator(kind: str) -> Any:
    return torch.random if kind == "cpu" else getattr(torch, kind)
