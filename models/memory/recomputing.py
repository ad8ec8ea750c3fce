"""Activation checkpointing: a block keeps only its inputs and is recomputed in the backward pass.

Chen et al. 2016, arXiv:1604.06174. The second pass must give what the first one gave: random
numbers are drawn from the same state, in the same precision, and running averages of norms are not
moved twice.
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


def worth_recomputing(block: nn.Module) -> bool:
    """Returns whether a block keeps more for the backward pass than its inputs.

    A block of several layers does, a recurrent layer, which keeps every step, and a layer of ours
    that says so by `keeps_more`. Another single layer does not.
    """
    layers = [
        module
        for module in block.modules()
        if next(module.children(), None) is None and not isinstance(module, nn.Identity)
    ]
    return len(layers) > 1 or any(
        isinstance(layer, nn.RNNBase) or getattr(layer, "keeps_more", False) for layer in layers
    )


def recompute(block: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
    """Returns block(*inputs) of which only the inputs are kept for the backward pass.

    Output, gradients and running averages are the same as without.
    """

    def contexts() -> tuple[_FirstPass, _SecondPass]:
        # Fake tensors hold no numbers, so that no random ones are drawn for them.
        if isinstance(inputs[0], FakeTensor):
            device_types = set()
        else:
            device_types = {"cpu", *(tensor.device.type for tensor in inputs)}

        first = _FirstPass(device_types)
        return first, _SecondPass(block, first)

    result: torch.Tensor = checkpoint(
        block, *inputs, use_reentrant=False, preserve_rng_state=False, context_fn=contexts
    )
    return result


class _FirstPass:
    """Remembers the random state before the block, for the types of device that drew numbers."""

    def __init__(self, device_types: Iterable[str]) -> None:
        self.rng_states = {
            device_type: _generator(device_type).get_rng_state() for device_type in device_types
        }

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self.rng_states = {
            device_type: state
            for device_type, state in self.rng_states.items()
            if not torch.equal(_generator(device_type).get_rng_state(), state)
        }


class _SecondPass:
    """Lets a block be computed as the first time, and leaves no trace of it.

    Running averages are moved on copies: torch compares what the second pass saves with what the
    first one saved, so that they cannot simply be missing.
    """

    def __init__(self, block: nn.Module, first: _FirstPass) -> None:
        self._first = first
        self._norms = [module for module in block.modules() if isinstance(module, _NormBase)]
        self._averages: list[dict[str, torch.Tensor | None]] = []
        self._rng_states: dict[str, torch.Tensor] = {}

    def __enter__(self) -> None:
        self._averages = [
            dict(norm._buffers)  # noqa: SLF001 - torch has no public way
            for norm in self._norms
        ]
        for norm, averages in zip(self._norms, self._averages, strict=True):
            norm._buffers.update(  # noqa: SLF001 - torch has no public way
                {name: buffer.clone() for name, buffer in averages.items() if buffer is not None}
            )

        self._rng_states = {
            device_type: _generator(device_type).get_rng_state()
            for device_type in self._first.rng_states
        }
        _set_rng_states(self._first.rng_states)

    def __exit__(self, *error: object) -> None:
        for norm, averages in zip(self._norms, self._averages, strict=True):
            norm._buffers.update(averages)  # noqa: SLF001 - torch has no public way

        _set_rng_states(self._rng_states)


def _set_rng_states(rng_states: dict[str, torch.Tensor]) -> None:
    for device_type, state in rng_states.items():
        _generator(device_type).set_rng_state(state)


def _generator(device_type: str) -> Any:
    """Returns the torch module with get_rng_state and set_rng_state for a type of device."""
    return torch.random if device_type == "cpu" else getattr(torch, device_type)
