"""Looks at the output of every block while one batch goes through a network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from app.engine.compute.outputs.attention import attention_in, attention_weights
from app.engine.compute.outputs.pictures import large_pictures, small_picture
from app.engine.compute.outputs.values import BlockOutput
from models.graph import INPUT, OTHER
from models.layers.own_block import OwnBlock, OwnBlockModule
from models.network import place_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch.utils.hooks import RemovableHandle

    from app.engine.data.preparation import Batch
    from models.layers.block import Block
    from models.network import Network
    from models.shape import Shape

KEEPING = ("elementwise", "dropout", "merge", "normalisation")
"""Families of blocks that leave every number where it stands; others read matrices as tokens."""

WITHIN = "/"
"""Stands between the name of a group and that of a block in it."""


class OutputWatcher:
    """Looks at what comes out of the blocks of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._places = tuple(_places(network))

    @torch.no_grad()
    def look(self, inputs: Batch, opened: str = "") -> dict[str, BlockOutput]:
        """Returns what comes out of every block for the first example of a batch, by its name.

        inputs: (B, ...) prepared, on the network's device; a tuple for pairs. Beside the blocks of
        the graph there are those in groups ("group/block"), and the example itself (INPUT, and
        OTHER of a pair; texts are left out, for their numbers are names). opened: the block of
        which large pictures are made.

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


# --- where to look


@dataclass(frozen=True)
class _Place:
    """A block's module in the network, and whether the columns of its output are positions."""

    name: str
    module: nn.Module
    columns_are_positions: bool


def _places(network: Network) -> Iterator[_Place]:
    """Yields every block, those of a group before the group itself."""
    layouts = {
        name: part.kind == "signal"
        for name, part in zip((INPUT, OTHER), network.problem.inputs, strict=False)
    }
    for placed in place_blocks(network.graph, network.problem):
        node = placed.node
        read = tuple(layouts[name] for name in node.inputs)
        module = network.blocks[node.name]
        places = list(_places_in(node.name, module, placed.block, placed.inputs, read))
        layouts[node.name] = places[-1].columns_are_positions
        yield from places


def _places_in(
    name: str, module: nn.Module, block: Block, inputs: tuple[Shape, ...], read: tuple[bool, ...]
) -> Iterator[_Place]:
    """Yields the blocks of a group, then the block itself."""
    if not isinstance(block, OwnBlock) or not isinstance(module, OwnBlockModule):
        yield _Place(name, module, _layout(block, inputs, read))
        return

    layouts = dict(zip((INPUT, OTHER), read, strict=False))
    last = False
    for inner in block.placed(*inputs):
        node = inner.node
        inner_name = f"{name}{WITHIN}{node.name}"
        inner_read = tuple(layouts[source] for source in node.inputs)
        inner_module = module[node.name]
        for place in _places_in(inner_name, inner_module, inner.block, inner.inputs, inner_read):
            last = place.columns_are_positions
            yield place

        layouts[node.name] = last

    yield _Place(name, module, last)


def _layout(block: Block, inputs: tuple[Shape, ...], read: tuple[bool, ...]) -> bool:
    """Returns whether the columns of a block's output are positions, as those of a signal are.

    read: the same of each of its inputs.
    """
    reads, gives = block.channels_first
    if reads or gives:
        return gives
    if len(inputs[0]) != 2:
        return False
    if block.kind == "transpose":
        return not read[0]

    family = type(block).__module__.split(".")[-2]
    return read[0] and family in KEEPING


# --- one pass


class _Look:
    """Hooks on the modules of blocks, and what they saw."""

    def __init__(self, opened: str) -> None:
        self._opened = opened
        self._hooks: list[RemovableHandle] = []
        self._attention: dict[str, torch.Tensor] = {}
        self.outputs: dict[str, BlockOutput] = {}

    def hook(self, place: _Place) -> None:
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
        """Takes in (B, ...), what came out of a block."""
        # A later block may work in place: what is kept is a copy.
        example = output[0].detach().float().to("cpu", copy=True)
        attention = self._attention.pop(name, None)
        large = name == self._opened
        self.outputs[name] = BlockOutput(
            shape=tuple(example.shape),
            small=small_picture(example, attention, columns_are_positions),
            large=large_pictures(example, attention, columns_are_positions) if large else (),
            not_numbers=int((~example.isfinite()).sum()),
            units=_units(tuple(example.shape), columns_are_positions),
            dead=_dead(output, columns_are_positions),
            examples=len(output),
            **_statistics(example),
        )

    def unhook(self) -> None:
        """Takes all hooks off."""
        for hook in self._hooks:
            hook.remove()


def _statistics(example: torch.Tensor) -> Mapping[str, float]:
    """Returns the figures of a BlockOutput that are of the numbers of one example."""
    finite = example.isfinite()
    numbers = example if bool(finite.all()) else example[finite]
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


def _units(shape: tuple[int, ...], columns_are_positions: bool) -> int:
    """Returns how many units an output of one example has; see BlockOutput."""
    if len(shape) == 2 and not columns_are_positions:
        return shape[1]

    return shape[0] if shape else 1


def _dead(output: torch.Tensor, columns_are_positions: bool) -> int:
    """Returns how many units of (B, ...) are 0 for every example and at every position."""
    if output.ndim < 2 or not output.numel():
        return 0

    axis = 2 if output.ndim == 3 and not columns_are_positions else 1
    others = [dimension for dimension in range(output.ndim) if dimension != axis]
    return int((output.detach().abs().amax(dim=others) == 0).sum())
