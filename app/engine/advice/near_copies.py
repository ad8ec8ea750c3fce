"""Finds pictures kept aside that are almost the same as one to learn from: a leak.

Exact copies are kept in one split when data are opened; what was saved again, or differs by a tone,
is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.nouns import counted
from app.engine.runs.findings import Finding
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.data.dataset import Dataset

ALIKE = 0.99
"""Correlation from which two pictures are taken for copies of each other.

It is that of how they differ from the mean picture, so that a background that all share does not
count. In the samples fewer than one picture in a hundred has another one so alike.
"""

FEWEST = 5
LEAST_SHARE = 0.05
"""Copies of which one speaks, in number and as a share of the pictures looked at."""

SIDE = 32
"""Larger pictures are averaged to fewer than twice so many values a side."""

LOOKED_AT = 200
"""Validation pictures that are compared, at most."""

MOST_PRODUCTS = 2e9
"""Multiplications that this may take: some tenths of a second of one core."""

MOST_BYTES = 256 * 2**20
"""Bytes of training pictures that are read."""

PORTION = 16 * 2**20
"""Bytes of pictures that are read at once."""


def near_copies(dataset: Dataset) -> Finding | None:
    """Returns the finding that validation holds copies of training pictures; None without them."""
    if len(dataset.arrays) != 1 or dataset.inputs.ndim != 4:
        return None

    generator = np.random.default_rng(0)
    kept = generator.permutation(dataset.indices["validation"])[:LOOKED_AT]
    learned = generator.permutation(dataset.indices["training"])
    if not len(kept) or not len(learned):
        return None

    pictures = np.concatenate(list(_portions(dataset.inputs, kept)))
    most = min(MOST_PRODUCTS / pictures.size, MOST_BYTES / dataset.inputs[0].nbytes)
    mean = None
    nearest = np.zeros(len(pictures), np.float32)
    for rows in _portions(dataset.inputs, learned[: max(1, int(most))]):
        if mean is None:
            mean = rows.mean(axis=0)
            pictures = directions(pictures - mean)

        nearest = np.maximum(nearest, (pictures @ directions(rows - mean).T).max(axis=1))

    copies = int((nearest > ALIKE).sum())
    if copies < max(FEWEST, LEAST_SHARE * len(pictures)):
        return None

    looked = counted(dataset.description.kind, len(pictures))
    return Finding(
        "leak",
        "warning",
        "Copies in training and validation",
        f"Of {looked} kept aside, {copies:,} ({percent_text(copies / len(pictures))}) look the "
        "same as one to learn from, but for a few tones. Validation then shows how well they are "
        "remembered. Remove them, or keep the copies of one picture in one split.",
    )


def _portions(inputs: np.ndarray, indices: np.ndarray) -> Iterator[np.ndarray]:
    """Yields these pictures as rows of values, some at a time."""
    count = max(1, PORTION // inputs[0].nbytes)
    for begin in range(0, len(indices), count):
        yield shrunk(inputs[np.sort(indices[begin : begin + count])])


def shrunk(pictures: np.ndarray) -> np.ndarray:
    """Returns pictures (n, C, H, W) as rows of values (n, V), averaged to fewer where large."""
    count, channels, height, width = pictures.shape
    down = max(1, height // SIDE)
    across = max(1, width // SIDE)
    cut = pictures[:, :, : height // down * down, : width // across * across]
    blocks = cut.reshape(count, channels, height // down, down, width // across, across)
    rows: np.ndarray = blocks.mean(axis=(3, 5), dtype=np.float32).reshape(count, -1)
    return rows


def directions(rows: np.ndarray) -> np.ndarray:
    """Returns rows (n, V) with mean 0 and length 1; those of equal values stay zeros."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    directions: np.ndarray = rows / np.where(length > 0, length, 1)
    return directions
