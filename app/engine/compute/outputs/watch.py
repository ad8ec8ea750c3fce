"""Looks at the output of every block while one batch goes through a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from app.engine.compute.outputs.attention import attention_in, attention_weights
from app.engine.compute.outputs.pictures import large_pictures, small_picture, spread_picture
from app.engine.compute.outputs.places import Place, places_of, unit_axis, units_of
from app.engine.compute.outputs.values import BlockOutput
from models.graph import INPUT, OTHER
from models.layers.own_block import OwnBlockModule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch.utils.hooks import RemovableHandle

    from app.engine.data.preparation import Batch
    from models.network import Network


class OutputWatcher:
    """Looks at what comes out of the blocks of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._places = tuple(places_of(network))

    @torch.no_grad()
    def look(self, inputs: Batch, opened: str = "") -> dict[str, BlockOutput]:
        """Returns what comes out of every block for the first example of a batch, by its name.

        inputs: (B, ...) prepared, on the network's device; a tuple for pairs. Beside the blocks of
        the graph there are those in groups ("group/block"), and the example itself (INPUT, and
        OTHER of a pair). Texts are left out wherever they come out: their numbers are names.
        opened: the block of which large pictures are made.

        The network is put into eval mode and back; its running averages do not move. Each output
        is looked at as soon as it is there and then let go: a pass needs little more memory than
        an evaluation of the batch.
        """
        network = self.network
        look = _Look(opened)
        examples = inputs if isinstance(inputs, tuple) else (inputs,)
        parts = network.problem.inputs
        for name, example, part in zip((INPUT, OTHER), examples, parts, strict=False):
            if part.kind != "text":
                look.note(name, example, part.kind == "signal")

        was_training = network.training
        network.eval()
        try:
            for place in self._places:
                look.hook(place)

            network(inputs)
        finally:
            look.unhook()
            network.train(was_training)

        return look.outputs


# --- one pass


class _Look:
    """Hooks on the modules of blocks, and what they saw."""

    def __init__(self, opened: str) -> None:
        self._opened = opened
        self._hooks: list[RemovableHandle] = []
        self._attention: dict[str, torch.Tensor] = {}
        self.outputs: dict[str, BlockOutput] = {}

    def hook(self, place: Place) -> None:
        """Watches a block during the next pass."""

        def came_out(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            self.note(place.name, output, place.columns_are_positions)

        self._hooks.append(place.module.register_forward_hook(came_out))
        if isinstance(place.module, OwnBlockModule):
            return  # each block in it has its own attention

        attention = attention_in(place.module)
        if attention is None:
            return

        def attends(module: Any, inputs: tuple[torch.Tensor | None, ...]) -> None:
            first = [None if each is None else each[:1] for each in inputs]
            weights = attention_weights(module, *first)
            if weights is not None:
                self._attention[place.name] = weights[0].float().cpu()

        self._hooks.append(attention.register_forward_pre_hook(attends))

    def note(self, name: str, output: torch.Tensor, columns_are_positions: bool) -> None:
        """Takes in (B, ...), what came out of a block; whole numbers are names of tokens."""
        if not output.is_floating_point():
            return

        # A later block may work in place: what is kept is a copy.
        example = output[0].detach().float().to("cpu", copy=True)
        attention = self._attention.pop(name, None)
        large = name == self._opened
        finite = example.isfinite()
        numbers = example if bool(finite.all()) else example[finite]
        figures = _statistics(numbers)
        self.outputs[name] = BlockOutput(
            shape=tuple(example.shape),
            small=small_picture(example, attention, columns_are_positions),
            large=large_pictures(example, attention, columns_are_positions) if large else (),
            not_numbers=example.numel() - numbers.numel(),
            units=units_of(tuple(example.shape), columns_are_positions),
            dead=_dead(output, columns_are_positions),
            examples=len(output),
            spread=spread_picture(numbers, figures["lowest"], figures["highest"]),
            **figures,
        )

    def unhook(self) -> None:
        """Takes all hooks off."""
        for hook in self._hooks:
            hook.remove()


def _statistics(numbers: torch.Tensor) -> Mapping[str, float]:
    """Returns the figures of a BlockOutput that are of the finite numbers of one example."""
    names = ("mean", "deviation", "lowest", "highest", "zeros")
    if not numbers.numel():
        return dict.fromkeys(names, math.nan)

    figures = (
        numbers.mean(),
        numbers.std(correction=0),
        numbers.min(),
        numbers.max(),
        (numbers == 0).float().mean(),
    )
    return dict(zip(names, torch.stack(figures).tolist(), strict=True))


def _dead(output: torch.Tensor, columns_are_positions: bool) -> int:
    """Returns how many units of (B, ...) are 0 for every example and at every position."""
    if output.ndim < 2 or not output.numel():
        return 0

    axis = unit_axis(output.ndim, columns_are_positions)
    others = [dimension for dimension in range(output.ndim) if dimension != axis]
    return int((output.detach().abs().amax(dim=others) == 0).sum())
