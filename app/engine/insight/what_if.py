"""What if a channel, a head or a neuron were missing: the network with some parts changed.

The weights stay as they are: hooks multiply what the parts give, and are taken off again.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.compute.batches import HostInputs, as_batch
from app.engine.compute.outputs.attention import attention_in
from app.engine.compute.outputs.places import places_of, unit_axis
from app.engine.compute.outputs.watch import OutputWatcher
from app.engine.errors import UserError
from app.engine.insight.part_change import BlockParts, Effect, PartChange
from app.engine.sources.format import Check, no_check
from models.layers.own_block import OwnBlockModule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import nn
    from torch.utils.hooks import RemovableHandle

    from app.engine.compute.outputs.places import Place
    from app.engine.compute.outputs.values import BlockOutput
    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor
    from models.layers.attention.attention import Attention
    from models.layers.attention.cross_attention import CrossAttention
    from models.network import Network

MOST_EXAMPLES = 2000
"""Of more examples a random part is judged: its figure is within a point or two of all."""


class WhatIf:
    """Changes parts of the network of one predictor, and says what that does to its figures."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self._watcher = OutputWatcher(predictor.network)
        self._places = {place.name: place for place in places_of(predictor.network)}
        self._before: dict[tuple[str, str], float] = {}
        """Figures without changes, by the fingerprint of the data and the split."""

    def parts(self, block: str, units: int) -> BlockParts:
        """Returns what can be changed of a block that gives so many units."""
        place = self._places.get(block)
        if place is None:  # the example itself
            return BlockParts(0, 0, 0, 0)

        attention = attention_of(place)
        own = sum(
            weight.numel() // units
            for weight in place.module.parameters(recurse=True)
            if units and weight.ndim and weight.shape[0] == units
        )
        if attention is None:
            return BlockParts(units, 0, own, 0)

        of_heads = sum(weight.numel() for weight in attention.parameters())
        return BlockParts(units, attention.heads, own, of_heads // attention.heads)

    @contextmanager
    def changed(self, changes: Sequence[PartChange]) -> Iterator[Network]:
        """Gives the network with these parts changed, for as long as the block lasts.

        Raises UserError where a part is not there.
        """
        hooks: list[RemovableHandle] = []
        try:
            for change in changes:
                hooks.append(self._hook(change))

            yield self.predictor.network
        finally:
            for hook in hooks:
                hook.remove()

    def look(
        self, stored: tuple[np.ndarray, ...], opened: str, changes: Sequence[PartChange]
    ) -> dict[str, BlockOutput]:
        """Returns what comes out of every block for one example, see OutputWatcher.look.

        stored: (...) for each half, as a Dataset keeps them.
        """
        batch = as_batch([torch.from_numpy(array[None].copy()) for array in stored])
        inputs = self.predictor.description.preparation.tensor(batch)
        with self.changed(changes):
            return self._watcher.look(inputs, opened)

    def effect(
        self,
        dataset: Dataset,
        split: str,
        changes: Sequence[PartChange],
        check: Check = no_check,
        seed: int = 0,
    ) -> Effect:
        """Returns the headline figure over a split of the run's data, before and after.

        seed: of the part of the examples that is judged. Raises UserError where there are none or
        where a part is not there, and what `check` raises.
        """
        predictor = self.predictor
        if not len(dataset.indices.get(split, ())):
            raise UserError(f"These data have no {split} examples.", "Choose another split.")

        known = predictor.targets_for(dataset, split)
        total = len(known.rows)
        part = np.arange(total)
        if total > MOST_EXAMPLES:
            generator = np.random.default_rng(seed)
            part = np.sort(generator.choice(part, MOST_EXAMPLES, replace=False))

        rows = known.rows[part]
        arrays = tuple(np.asarray(array[rows]) for array in dataset.arrays)
        inputs = HostInputs(arrays, np.arange(len(rows)))
        metric = predictor.task.headline.name

        def figure() -> float:
            evaluation = predictor.evaluate_inputs(inputs, known.targets[part], check)
            return float(evaluation.metrics.get(metric, math.nan))

        key = dataset.description.fingerprint, split
        if key not in self._before:
            self._before[key] = figure()

        with self.changed(changes):
            after = figure()

        return Effect(metric, split, len(rows), total, self._before[key], after)

    def place(self, block: str) -> Place:
        """Returns where a block is. Raises UserError where there is none of this name."""
        place = self._places.get(block)
        if place is None:
            raise UserError(f"There is no block '{block}'.", "Choose another one.")

        return place

    def _hook(self, change: PartChange) -> RemovableHandle:
        place = self.place(change.block)
        if change.kind == "unit":
            return place.module.register_forward_hook(_unit_hook(place, change))

        attention = attention_of(place)
        if attention is None or change.number >= attention.heads:
            raise UserError(
                f"'{change.block}' has no head {change.number + 1}.", "Choose another part."
            )

        return attention.output.register_forward_pre_hook(_head_hook(attention, change))


def attention_of(
    place: Place, module: nn.Module | None = None
) -> Attention | CrossAttention | None:
    """Returns the attention of a block itself; in a group each block has its own.

    module: that of the block in another network of the same graph, None for the place's own.
    """
    if isinstance(place.module, OwnBlockModule):
        return None

    return attention_in(module if module is not None else place.module)


def _unit_hook(place: Place, change: PartChange) -> Callable[..., torch.Tensor]:
    def came_out(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        axis = unit_axis(output.ndim, place.columns_are_positions)
        if change.number >= output.shape[axis]:
            raise UserError(
                f"'{change.block}' has no unit {change.number + 1}.", "Choose another part."
            )

        scaled = output.clone()
        scaled.select(axis, change.number).mul_(change.factor)
        return scaled

    return came_out


def _head_hook(
    attention: Attention | CrossAttention, change: PartChange
) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], tuple[torch.Tensor, ...]]:
    """Returns a hook for the projection that joins the heads, (B, N, heads · width)."""

    def goes_in(_module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        joined = inputs[0].clone()
        width = joined.shape[-1] // attention.heads
        first = change.number * width
        joined[..., first : first + width] *= change.factor
        return (joined, *inputs[1:])

    return goes_in
