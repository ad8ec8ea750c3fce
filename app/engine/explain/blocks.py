"""Which block of a network still knows places, and how its output lies over the example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from models.network import place_blocks

if TYPE_CHECKING:
    import torch

    from app.engine.explain.example import Example
    from models.network import PlacedBlock
    from models.shape import Shape

POOLINGS = ("pooling", "pooling-1d", "adaptive-pooling", "adaptive-pooling-1d")
"""They make a map coarser and add nothing to it."""


ENOUGH_PLACES = 16
"""A map of 2 by 2 says nothing of where."""


def blocks_of_half(example: Example, half: int) -> list[PlacedBlock]:
    """Returns the blocks that read one half alone, in order, with their shapes."""
    network = example.network
    names = set(example.blocks_of(half))
    placed = place_blocks(network.graph, network.problem)
    return [block for block in placed if block.node.name in names]


def last_map(example: Example, half: int) -> PlacedBlock | None:
    """Returns the last block whose output has channels at enough places, None where none has.

    Where no output has enough of them it is the one with the most. Poolings are left out: the map
    before them is finer.
    """
    places = _places_of_picture if example.half(half).kind == "image" else _places_of_sequence
    found = [
        block
        for block in reversed(blocks_of_half(example, half))
        if block.node.kind not in POOLINGS and places(block.shape) > 1
    ]
    enough = (block for block in found if places(block.shape) >= ENOUGH_PLACES)
    finest = max(found, key=lambda block: places(block.shape), default=None)
    return next(enough, finest)


def _places_of_picture(shape: Shape) -> int:
    return shape[1] * shape[2] if len(shape) == 3 else 0


def _places_of_sequence(shape: Shape) -> int:
    return shape[0] if len(shape) == 2 else 0


def spread(relevance: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Returns a coarse map over the whole example: (h, w) -> (H, W) or (n,) -> (L,).

    shape: of the example, (C, H, W) or (C, L). Values between the places are interpolated.
    """
    mode = "bilinear" if relevance.ndim == 2 else "linear"
    size = tuple(shape[1:])
    return functional.interpolate(relevance[None, None], size=size, mode=mode)[0, 0]
