"""Pictures of one output: maps, matrices, bars and histograms, shrunk to what can be seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from app.engine.compute.outputs.values import Picture

if TYPE_CHECKING:
    from app.engine.compute.outputs.values import Subject

# Of small pictures.
SMALL_MAPS = 16

SMALL_SIDE = 32

SMALL_WIDTH = 96

# Of large pictures.
LARGE_MAPS = 256

LARGE_SIDE = 64

LARGE_MATRIX = (256, 512)

MOST_BARS = 64
"""Values that are drawn as a bar each; of more a histogram is drawn."""

BINS = 40
"""Bins of a histogram."""

FEW_BINS = 24
"""Bins of a small one, which stands in a row beside others."""


def small_picture(
    output: torch.Tensor, attention: torch.Tensor | None, columns_are_positions: bool
) -> Picture | None:
    """Returns the picture of an output for the drawing of the network; None for an empty one.

    output: of one example, without the batch, on the CPU. attention: (heads, N, M) of its block.
    columns_are_positions: of a matrix, as in a signal; else its rows are, as in tokens.
    """
    if not output.numel():
        return None
    if attention is not None:
        return _maps("attention", attention, SMALL_MAPS, SMALL_SIDE)
    if output.ndim == 3:
        return _maps("channels", output, SMALL_MAPS, SMALL_SIDE)
    if output.ndim == 2 and columns_are_positions:
        return _matrix("signals", output, (SMALL_SIDE, SMALL_WIDTH))
    if output.ndim == 2:
        return _bars("norms", output.norm(dim=1), SMALL_WIDTH)

    return _values(output.flatten())


def large_pictures(
    output: torch.Tensor, attention: torch.Tensor | None, columns_are_positions: bool
) -> tuple[Picture, ...]:
    """Returns pictures of all of an output: every channel, head, token and feature. See above."""
    if not output.numel():
        return ()

    pictures = []
    if attention is not None:
        pictures.append(_maps("attention", attention, LARGE_MAPS, LARGE_SIDE))

    if output.ndim == 3:
        pictures.append(_maps("channels", output, LARGE_MAPS, LARGE_SIDE))
    elif output.ndim == 2 and columns_are_positions:
        pictures.append(_matrix("signals", output, LARGE_MATRIX))
    elif output.ndim == 2:
        pictures.append(_bars("norms", output.norm(dim=1), LARGE_MATRIX[1]))
        pictures.append(_matrix("features", output.T, LARGE_MATRIX))
    elif output.numel() <= MOST_BARS:
        pictures.append(_values(output.flatten()))

    if output.ndim != 1 or output.numel() > MOST_BARS:
        pictures.append(_histogram(output.flatten()))

    return tuple(pictures)


def spread_picture(numbers: torch.Tensor, low: float, high: float) -> Picture | None:
    """Returns a small histogram of finite numbers from `low` to `high`; None where there are none.

    torch counts them, which takes a tenth of what numpy takes: every block has one.
    """
    if not numbers.numel():
        return None

    counts = torch.histc(numbers, FEW_BINS, low, high).numpy()
    return Picture("histogram", "values", counts, low, high, numbers.numel())


def _maps(subject: Subject, values: torch.Tensor, most: int, side: int) -> Picture:
    """values: (n, h, w). All maps have one scale, so that a strong one looks strong."""
    total = values.shape[0]
    shown = _shrunk(values[:most], (side, side))
    return _picture("maps", subject, shown, total)


def _matrix(subject: Subject, values: torch.Tensor, most: tuple[int, int]) -> Picture:
    shown = _shrunk(values[None], most)[0]
    return _picture("matrix", subject, shown, values.numel())


def _bars(subject: Subject, values: torch.Tensor, most: int) -> Picture:
    shown = values
    if len(values) > most:
        shown = functional.adaptive_avg_pool1d(values[None].float(), most)[0]

    return _picture("bars", subject, shown, len(values))


def _values(values: torch.Tensor) -> Picture:
    if len(values) <= MOST_BARS:
        return _bars("values", values, MOST_BARS)

    return _histogram(values)


def _histogram(values: torch.Tensor) -> Picture:
    """Counts the numbers among the values; equal ones are a bin of their own in the middle."""
    numbers = values.float().numpy()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return Picture("histogram", "values", np.zeros(BINS), math.nan, math.nan, len(values))

    counts, edges = np.histogram(numbers, BINS)
    return Picture("histogram", "values", counts, float(edges[0]), float(edges[-1]), len(values))


def _shrunk(maps: torch.Tensor, most: tuple[int, int]) -> torch.Tensor:
    """Returns maps (n, h, w) with sides of at most so many pixels, each the mean of an area."""
    height, width = maps.shape[1:]
    target = min(height, most[0]), min(width, most[1])
    maps = maps.float()
    if target == (height, width):
        return maps

    return functional.adaptive_avg_pool2d(maps[None], target)[0]


def _picture(kind: str, subject: Subject, values: torch.Tensor, total: int) -> Picture:
    shown = values.float().numpy()
    finite = shown[np.isfinite(shown)]
    low = float(finite.min()) if len(finite) else math.nan
    high = float(finite.max()) if len(finite) else math.nan
    shown = np.where(np.isfinite(shown), shown, np.float32(np.nan)).astype(np.float32)
    return Picture(kind, subject, shown, low, high, total)  # type: ignore[arg-type]
