"""Occlusion: what the answer loses where a window of the example is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from typing_extensions import override

from app.engine.explain.example import CHUNK
from app.engine.explain.method import Method

if TYPE_CHECKING:
    import numpy as np

    from app.engine.explain.example import Example
    from models.shape import InputKind

WINDOWS_A_SIDE = 7
"""About so many windows lie side by side; each covers twice as much as it moves on."""

WINDOWS_OF_SIGNAL = 25


class Occlusion(Method):
    """Zeiler and Fergus 2014 (arXiv:1311.2901), section 4.2.

    A window of mean values moves over the example. A place gets the mean of what the support of the
    answer lost over the windows that covered it.
    """

    kind: ClassVar[str] = "occlusion"
    label: ClassVar[str] = "Covering parts (occlusion)"
    summary: ClassVar[str] = (
        "Bright places are those that lower the answer when a window covers them."
    )
    caution: ClassVar[str] = (
        "Two parts of which either is enough look unimportant, because each alone can be covered."
    )
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "signal")
    order: ClassVar[int] = 40

    @override
    def relevance(self, example: Example, half: int) -> np.ndarray:
        given = example.inputs[half]
        covers = _covers(tuple(given.shape[2:]))
        whole = example.support_without(half, given)

        lost = torch.zeros(given.shape[2:])
        counts = torch.zeros(given.shape[2:])
        for first in range(0, len(covers), CHUNK):
            chunk = covers[first : first + CHUNK]
            changed = torch.where(chunk[:, None], torch.zeros(()), given)
            difference = whole - example.support_without(half, changed)
            lost += torch.einsum("s,s...->...", difference, chunk.float())
            counts += chunk.sum(0)

        return (lost / counts.clamp(min=1)).numpy()


def window(sides: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns the sides of the window and how far it moves on, for an example of these sides."""
    count = WINDOWS_OF_SIGNAL if len(sides) == 1 else WINDOWS_A_SIDE
    strides = tuple(max(1, round(side / count)) for side in sides)
    return tuple(
        min(side, 2 * stride) for side, stride in zip(sides, strides, strict=True)
    ), strides


def _covers(sides: tuple[int, ...]) -> torch.Tensor:
    """Returns (S, *sides) bool: where each window lies."""
    lengths, strides = window(sides)
    along = []
    for side, length, stride in zip(sides, lengths, strides, strict=True):
        first = torch.arange(0, side - length + stride, stride)
        place = torch.arange(side)
        along.append((place >= first[:, None]) & (place < first[:, None] + length))

    if len(sides) == 1:
        return along[0]

    return (along[0][:, None, :, None] & along[1][None, :, None, :]).flatten(0, 1)


METHOD = Occlusion()
