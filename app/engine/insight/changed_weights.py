"""A network with changed parts as weights of its own, for a file that a training can start from."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from torch import nn

from app.engine.compute.batches import as_batch
from app.engine.errors import UserError
from app.engine.insight.what_if import attention_of
from app.engine.runs.tensors import cpu_copies

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.compute.outputs.places import Place
    from app.engine.insight.part_change import PartChange
    from app.engine.insight.what_if import WhatIf


@torch.no_grad()
def changed_weights(
    what_if: WhatIf, changes: Sequence[PartChange], stored: tuple[np.ndarray, ...]
) -> bytes:
    """Returns the weights with the changes in them, as a safetensors file.

    stored: (...) for each half, an example by which it is proved that the network with these
    weights answers as the changed one does. Raises UserError where it does not: an activation, for
    example, has no weights that could hold a change.
    """
    network = what_if.predictor.network
    other = copy.deepcopy(network)
    there = what_if.predictor.description.preparation.tensor(
        as_batch([torch.from_numpy(array[None].copy()) for array in stored])
    )
    for change in changes:
        place = what_if.place(change.block)
        module = other.get_submodule(_path(network, place.module))
        _change(module, place, change)

    with what_if.changed(changes):
        expected = network(there)

    if not torch.allclose(other(there), expected, rtol=1e-3, atol=1e-4):
        names = ", ".join(dict.fromkeys(f"'{change.block}'" for change in changes))
        raise UserError(
            f"These changes of {names} cannot be written as weights: a block without weights of "
            "its own, as an activation, cannot hold them.",
            "Change the block before it.",
        )

    return safetensors.torch.save(cpu_copies(other.state_dict()))


def _path(network: nn.Module, module: nn.Module) -> str:
    found: str = next(name for name, each in network.named_modules() if each is module)
    return found


def _change(module: nn.Module, place: Place, change: PartChange) -> None:
    """Changes the weights that make a part, as far as there are such."""
    if change.kind == "head":
        attention = attention_of(place, module)
        if attention is not None:
            width = attention.output.weight.shape[1] // attention.heads
            first = change.number * width
            attention.output.weight[:, first : first + width] *= change.factor
        return

    for each in reversed(list(module.modules())):
        weight, bias = getattr(each, "weight", None), getattr(each, "bias", None)
        if isinstance(weight, torch.Tensor) and change.number < len(weight):
            weight[change.number] *= change.factor
            if isinstance(bias, torch.Tensor):
                bias[change.number] *= change.factor
            return
