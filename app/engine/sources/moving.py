"""Measures how pictures may be moved: whether they survive mirroring, and what a shift does.

A mirrored shoe is a shoe, a mirrored 5 is no 5. What a picture shows that is trimmed to it is cut
off by a shift, and pictures to come are cut off nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCURACY_LEFT = 0.65
"""The share of a simple classifier's accuracy that must be left on mirrored pictures.

Measured: Fashion-MNIST 0.82, coloured shapes about 1, handwritten digits 0.32.
"""

SAMPLE = 6_000
"""So many pictures, evenly spread, are looked at."""

TOGETHER = 250
"""Pictures that are floats at a time: all of them would take long to get memory for."""

FRAMED = 0.8
"""The share of pictures that must be trimmed and centred.

Measured: Fashion-MNIST 0.95, handwritten digits 0.95, coloured shapes 0.01.
"""

FRAMED_SAMPLE = 1_000
"""So many pictures, evenly spread, are looked at for that."""

CONTRAST = 0.1
"""The share of all tones by which a pixel differs from the background if it belongs to the rest."""


def survives_mirroring(inputs: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> bool:
    """Compares the accuracy of a nearest-mean classifier on pictures as they are and mirrored.

    inputs: (N, C, H, W) uint8, of which `rows` count. What chance would get right is taken off
    both. A classifier that can tell nothing gives no reason against mirroring.
    """
    if len(rows) > SAMPLE:
        rows = rows[np.linspace(0, len(rows) - 1, SAMPLE).astype(int)]

    labels = targets[rows]
    present = np.unique(labels)
    if len(present) < 2:
        return True

    truth = np.searchsorted(present, labels)
    means = _means(inputs, rows, truth, len(present))
    direct, mirrored = _accuracies(inputs, rows, truth, means)

    chance = 1 / len(present)
    if direct - chance < 0.1:
        return True

    return bool((mirrored - chance) / (direct - chance) >= ACCURACY_LEFT)


def are_framed(inputs: np.ndarray, rows: np.ndarray) -> bool:
    """Returns whether most pictures touch two opposite sides, and stand in the middle otherwise.

    A picture without plain margins, such as a photograph, says nothing about its frame and does not
    count as framed.

    inputs: (N, C, H, W) uint8 or uint16, of which `rows` count.
    """
    if not len(rows):
        return False
    if len(rows) > FRAMED_SAMPLE:
        rows = rows[np.linspace(0, len(rows) - 1, FRAMED_SAMPLE).astype(int)]

    least = CONTRAST * np.iinfo(inputs.dtype).max
    count = sum(int(_framed(pixels, least).sum()) for _, pixels in _small(inputs, rows))
    return count >= FRAMED * len(rows)


def _framed(pixels: np.ndarray, least: float) -> np.ndarray:
    """Returns which pictures (n, C, H, W) are framed; see `are_framed`.

    least: by how much a pixel differs from the background if it belongs to the rest.
    """
    corners = pixels[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    background = np.median(corners, axis=2)[:, :, None, None]
    shown = (np.abs(pixels - background) > least).any(axis=1)

    above, below = _margins(shown.any(axis=2))
    left, right = _margins(shown.any(axis=1))
    trimmed = (above + below <= 1) | (left + right <= 1)
    centred = (np.abs(above - below) <= 1) & (np.abs(left - right) <= 1)
    has_margins = above + below + left + right > 0
    found: np.ndarray = trimmed & centred & has_margins
    return found


def _small(inputs: np.ndarray, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields pictures (n, C, H, W) as float32, thinned to about 32 pixels a side if large.

    Some at a time, with their places in `rows`.
    """
    step = max(1, max(inputs.shape[2:]) // 32)
    thinned = inputs[:, :, ::step, ::step]
    for start in range(0, len(rows), TOGETHER):
        places = slice(start, start + TOGETHER)
        yield places, thinned[rows[places]].astype(np.float32)


def _means(inputs: np.ndarray, rows: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """Returns the mean picture of each class (K, C, H, W). truth: (n,) classes of `rows`."""
    of_class = np.arange(classes)[:, None]
    sums: np.ndarray | float = 0.0
    for places, pixels in _small(inputs, rows):
        members = (truth[places] == of_class).astype(np.float32)
        sums = sums + np.tensordot(members, pixels, 1)

    counts = np.bincount(truth, minlength=classes).astype(np.float32)
    means: np.ndarray = sums / counts[:, None, None, None]
    return means


def _accuracies(
    inputs: np.ndarray, rows: np.ndarray, truth: np.ndarray, means: np.ndarray
) -> tuple[float, float]:
    """Returns the shares of pictures nearest to their own class's mean: as they are, mirrored."""
    right = np.zeros(2)
    sides = (means, means[..., ::-1])  # mirrored as if the pictures were, but far fewer
    flat = [side.reshape(len(means), -1) for side in sides]
    lengths = (flat[0] ** 2).sum(axis=1)
    for places, pixels in _small(inputs, rows):
        values = pixels.reshape(len(pixels), -1)
        for number, side in enumerate(flat):
            nearest = (lengths - 2 * (values @ side.T)).argmin(axis=1)
            right[number] += (nearest == truth[places]).sum()

    direct, mirrored = (right / len(rows)).tolist()
    return direct, mirrored


def _margins(shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how many places are empty before and behind what is shown. shown: (n, places)."""
    return shown.argmax(axis=1), shown[:, ::-1].argmax(axis=1)
