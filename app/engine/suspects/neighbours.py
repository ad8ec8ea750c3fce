"""Which examples lie near which: near copies, and examples that are unlike all others.

Candidates are the nearest by embedding: what goes into the last block of the network, so that a
hundred thousand examples are compared by some dozens of numbers each. Only what also agrees in its
pixels, values or tokens is called a copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.advice.near_copies import ALIKE, directions, shrunk
from app.engine.compute.batches import HostInputs
from app.engine.sources.format import Check, Progress, no_check, no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor

NEAREST = 5
"""Neighbours of each example that are compared in full."""

NUMBERS = 64
"""An embedding of more numbers is projected to so many (Johnson & Lindenstrauss 1984)."""

BATCH = 256
"""Examples that go through the network at a time."""

SIMILARITIES = 1 << 23
"""Similarities that are worked out at a time: 32 MB."""

PICTURE_BYTES = 16 << 20
"""Bytes of pictures that are compared at a time."""

LEAST_COSINE = 0.98
"""Embeddings of copies agree so far at least: what differs more is not looked at in full."""

SAME_TOKENS = 0.9
"""Texts share this part of their tokens at least if they are near copies."""

SAME_VALUES = 0.02
"""Rows and signals differ by this part of their size at most if they are near copies."""

FAR = 6.0
"""An outlier's distance from its neighbours lies so many usual deviations above the usual one."""

MOST_OUTLIERS = 0.01
"""The share of the examples that are called outliers, at most."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of every training example (n,), in the order of the data.

    copies: int64, the row of the data set that it is a near copy of, -1 for none; one that is kept
    aside comes before others. outliers: bool.
    """

    copies: np.ndarray
    outliers: np.ndarray


def find_neighbours(
    predictor: Predictor,
    dataset: Dataset,
    progress: Progress = no_progress,
    check: Check = no_check,
) -> Neighbours:
    """Looks for near copies and outliers among the training examples. Raises what `check` raises.

    All splits are compared, so that copies of validation and test examples are found too.
    """
    training = np.asarray(dataset.indices["training"], np.int64)
    everything = np.concatenate([training, *_aside(dataset)])
    points = torch.from_numpy(_embeddings(predictor, dataset, everything, progress, check))
    copies = np.full(len(training), -1, np.int64)
    distances = np.zeros(len(training), np.float32)
    count = min(NEAREST, len(everything) - 1)
    if count < 1:
        return Neighbours(copies, np.zeros(len(training), bool))

    compare = _Comparison(predictor, dataset)
    size = max(1, SIMILARITIES // len(everything))
    for first in range(0, len(training), size):
        check()
        progress("Comparing examples", first, len(training))
        block = slice(first, min(first + size, len(training)))
        near = points[block] @ points.T
        near[torch.arange(len(near)), torch.arange(block.start, block.stop)] = -2.0
        cosines, places = (found.numpy() for found in near.topk(count, dim=1))
        distances[block] = 1 - cosines.mean(axis=1)
        copies[block] = _copies(compare, training[block], everything[places], cosines, training)

    return Neighbours(copies, _outliers(distances))


def _aside(dataset: Dataset) -> list[np.ndarray]:
    return [dataset.indices[split] for split in ("validation", "test") if split in dataset.indices]


def _copies(
    compare: _Comparison,
    rows: np.ndarray,
    near: np.ndarray,
    cosines: np.ndarray,
    training: np.ndarray,
) -> np.ndarray:
    """Returns the row that each is a copy of, -1 for none. rows: (b,). near, cosines: (b, k)."""
    found = np.full(len(rows), -1, np.int64)
    index, place = np.nonzero(cosines >= LEAST_COSINE)
    if not len(index):
        return found

    others = near[index, place]
    same = compare.same(rows[index], others)
    index, others = index[same], others[same]
    # Those kept aside are written last, and so are what counts.
    order = np.argsort(~np.isin(others, training), kind="stable")
    found[index[order]] = others[order]
    return found


def _outliers(distances: np.ndarray) -> np.ndarray:
    """Returns which examples are far from their nearest: (n,) bool. distances: (n,)."""
    middle = float(np.median(distances))
    spread = 1.4826 * float(np.median(np.abs(distances - middle)))
    if spread <= 0:
        return np.zeros(len(distances), bool)

    bound = max(middle + FAR * spread, float(np.quantile(distances, 1 - MOST_OUTLIERS)))
    far: np.ndarray = distances > bound
    return far


# --- embeddings


def _embeddings(
    predictor: Predictor, dataset: Dataset, rows: np.ndarray, progress: Progress, check: Check
) -> np.ndarray:
    """Returns directions in the space of what goes into the last block: (n, D) float32, length 1.

    Directions from the mean: all share what the network adds to everything.
    """
    network = predictor.network
    inputs = HostInputs(dataset.arrays, rows)
    seen: list[torch.Tensor] = []
    last = network.blocks[network.graph.nodes[-1].name]
    hook = last.register_forward_pre_hook(lambda _, values: seen.append(_flat(values)))
    parts: list[torch.Tensor] = []
    projection: torch.Tensor | None = None
    try:
        with torch.no_grad():
            for first in range(0, len(rows), BATCH):
                check()
                progress("Asking the network", first, len(rows))
                batch = inputs.batch(slice(first, first + BATCH), torch.device("cpu"))
                network(predictor.description.preparation.tensor(batch))
                points = seen.pop()
                if points.shape[1] > NUMBERS:
                    if projection is None:
                        projection = _projection(points.shape[1])
                    points = points @ projection

                parts.append(points)
    finally:
        hook.remove()

    found = torch.cat(parts)
    found = found - found.mean(dim=0)
    result: np.ndarray = torch.nn.functional.normalize(found, dim=1).numpy()
    return result


def _flat(values: Sequence[torch.Tensor]) -> torch.Tensor:
    """Returns one vector an example: (B, ...) each -> (B, D); places are averaged."""
    flat = []
    for tensor in values:
        tensor = tensor.float()
        if tensor.ndim > 3:
            tensor = tensor.flatten(2).mean(dim=2)
        elif tensor.ndim == 3:
            tensor = torch.cat([tensor.mean(dim=1), tensor.mean(dim=2)], dim=1)
        flat.append(tensor.reshape(len(tensor), -1))

    return torch.cat(flat, dim=1)


def _projection(size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    projection: torch.Tensor = torch.randn(size, NUMBERS, generator=generator)
    return projection


# --- the examples themselves


class _Comparison:
    """Tells near copies by the examples themselves."""

    def __init__(self, predictor: Predictor, dataset: Dataset) -> None:
        self._preparation = predictor.description.preparation
        self._dataset = dataset
        self._kind = predictor.description.kind
        self._mean: np.ndarray | None = None
        self._portion = 1
        if self._kind == "image":
            rows = dataset.indices["training"]
            self._portion = max(1, PICTURE_BYTES // dataset.inputs[0].nbytes)
            step = -(-len(rows) // self._portion)
            self._mean = shrunk(dataset.inputs[rows[::step]]).mean(axis=0)

    def same(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Returns which pairs of rows of the data set are near copies: (n,) bool."""
        inputs = self._dataset.inputs
        if self._mean is not None:
            starts = range(0, len(rows), self._portion)
            parts = [slice(start, start + self._portion) for start in starts]
            return np.concatenate([self._alike(rows[part], others[part]) for part in parts])
        if self._kind == "text":
            pairs = zip(inputs[rows], inputs[others], strict=True)
            return np.array([_shared(*pair) >= SAME_TOKENS for pair in pairs], bool)

        one, two = (self._values(part) for part in (rows, others))
        size = np.linalg.norm(one, axis=1) + np.linalg.norm(two, axis=1)
        close: np.ndarray = np.linalg.norm(one - two, axis=1) <= SAME_VALUES * size / 2
        return close

    def _alike(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Returns which pairs of pictures differ from the mean picture in the same way: (n,)."""
        inputs = self._dataset.inputs
        first, second = (directions(shrunk(inputs[part]) - self._mean) for part in (rows, others))
        alike: np.ndarray = (first * second).sum(axis=1) > ALIKE
        return alike

    def _values(self, rows: np.ndarray) -> np.ndarray:
        """Returns what the network reads of some rows or signals: (n, V)."""
        stored = torch.from_numpy(np.array(self._dataset.inputs[rows]))
        prepared = self._preparation.tensor(stored)
        assert isinstance(prepared, torch.Tensor), "for single examples"
        return prepared.reshape(len(rows), -1).numpy()


def _shared(one: np.ndarray, two: np.ndarray) -> float:
    """Returns the share of the tokens of two texts that both have; 0 is padding."""
    first, second = (np.bincount(tokens[tokens > 0]) for tokens in (one, two))
    length = max(len(first), len(second))
    first, second = (np.pad(counts, (0, length - len(counts))) for counts in (first, second))
    most = np.maximum(first, second).sum()
    return float(np.minimum(first, second).sum() / most) if most else 1.0
