"""From the arrays of a dataset to what the network sees: rows, augmentation, preparation, a whole batch at a time.

Axes: N examples, B examples of a batch, C channels, H height, W width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from app.engine.data.augmentation import Augmentation
from app.engine.data.dataset import Dataset
from app.engine.data.preparation import Preparation
from app.engine.training.randomness import Randomness

SHARE = 0.4
"""Of the free memory of a GPU that the pictures may take to lie there for the whole run."""


def batch_count(examples: int, batch_size: int) -> int:
    """Batches of an epoch. A single example left over joins the batch before: normalising over a batch needs two."""
    count = -(-examples // batch_size)
    return count - 1 if batch_size > 1 and count > 1 and examples % batch_size == 1 else count


class Batches:
    """The training examples of a run, in the order of each epoch."""

    def __init__(
        self, dataset: Dataset, batch_size: int, augmentation: Augmentation, preparation: Preparation,
        randomness: Randomness, device: torch.device,
    ) -> None:
        self._rows = torch.from_numpy(np.array(dataset.indices["training"], dtype=np.int64))
        self.examples = len(self._rows)
        self.batch_size = batch_size
        self.count = batch_count(self.examples, batch_size)
        self._augmentation, self._prepare = augmentation, preparation.tensor
        self._randomness, self._device = randomness, device
        self._order = self._rows
        self._mapped = isinstance(dataset.inputs, np.memmap)
        self._inputs = shared(dataset.inputs)
        self._targets = shared(dataset.targets)
        self.placed = device.type != "cpu" and _fits(device, self.examples * self._inputs[0].numel())
        if self.placed:
            self._inputs = self._inputs.index_select(0, self._rows).to(device)
            self._targets = self._targets.index_select(0, self._rows).to(device)

    @property
    def bytes(self) -> int:
        """What the training pictures take of the memory that is trained in; 0 where they are read from a map of a file
        or lie beside a GPU."""
        lie_there = self.placed or (self._device.type == "cpu" and not self._mapped)
        return self.examples * self._inputs[0].numel() if lie_there else 0

    def begin_epoch(self, epoch: int) -> None:
        """Fixes the order of an epoch (1-based)."""
        order = self._randomness.order(epoch, self.examples)
        self._order = order.to(self._device) if self.placed else self._rows.index_select(0, order)

    def get(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Batch `number` (0-based) of the epoch, varied with the dice of the step and prepared, on the device:
        (B, C, H, W) float32 and (B,) int64."""
        first = number * self.batch_size
        last = first + self.batch_size if number < self.count - 1 else self.examples
        rows = self._order[first:last]
        pixels = self._inputs.index_select(0, rows)
        targets = self._targets.index_select(0, rows)
        if not self.placed and self._device.type != "cpu":
            pixels, targets = pixels.to(self._device, non_blocking=True), targets.to(self._device, non_blocking=True)
        if self._augmentation.active:
            pixels = self._augmentation(pixels, self._randomness.augmentation)
        return self._prepare(pixels), targets


class Rows:
    """The examples of a split, taken from the arrays when they are asked for: nothing is copied beforehand."""

    def __init__(self, inputs: np.ndarray, rows: np.ndarray) -> None:
        self._inputs, self._rows = inputs, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, part: slice) -> np.ndarray:
        return self._inputs[self._rows[part]]


def split_inputs(dataset: Dataset, split: str, device: torch.device) -> Any:
    """The pictures of a split for judging: (n, C, H, W) uint8 on a GPU where they fit, else taken as needed."""
    rows = dataset.indices[split]
    if device.type != "cpu" and _fits(device, len(rows) * int(dataset.inputs[0].size)):
        return torch.from_numpy(dataset.inputs[rows]).to(device)
    return Rows(dataset.inputs, rows)


def _fits(device: torch.device, size: int) -> bool:
    """Whether so many bytes leave the GPU enough to train in."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return size < SHARE * free
    return size < SHARE * torch.mps.recommended_max_memory() if device.type == "mps" else False


class _Writable:
    """An array's memory under another flag: torch warns of read-only arrays, though nothing here writes to them."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self.__array_interface__ = {
            **array.__array_interface__, "data": (array.__array_interface__["data"][0], False)
        }


def shared(array: np.ndarray) -> torch.Tensor:
    """An array or a memory map as a tensor on the same memory. It must not be written to."""
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Writable(array)))
