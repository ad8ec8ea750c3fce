"""From the arrays of a dataset to what the network sees: rows, augmentation, preparation, a whole
batch at a time.

Axes: N examples, B examples of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.compute.randomness import Randomness
    from app.engine.data.augmentation import Augmentation
    from app.engine.data.dataset import Dataset
    from app.engine.data.preparation import Batch
    from app.engine.learning.task import Task

SHARE = 0.4
"""Of the free memory of a GPU that the examples may take to lie there for the whole run."""


def batch_count(examples: int, batch_size: int) -> int:
    """Batches of an epoch.

    A single example left over joins the batch before: normalising over a batch needs two.
    """
    count = -(-examples // batch_size)
    return count - 1 if batch_size > 1 and count > 1 and examples % batch_size == 1 else count


class Batches:
    """The training examples of a run, in the order of each epoch."""

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        augmentation: Augmentation,
        task: Task,
        randomness: Randomness,
        device: torch.device,
    ) -> None:
        self._rows = torch.from_numpy(np.array(dataset.indices["training"], dtype=np.int64))
        self.examples = len(self._rows)
        self.batch_size = batch_size
        self.count = batch_count(self.examples, batch_size)
        self._about = dataset.description
        self._task = task
        self._augmentation = augmentation
        self._randomness = randomness
        self._device = device
        self._order = self._rows
        self._mapped = [isinstance(array, np.memmap) for array in dataset.arrays]
        self._inputs = [shared(array) for array in dataset.arrays]
        self._pictures = [one.kind == "image" for one in dataset.description.preparation.inputs]
        self._targets = shared(dataset.targets)
        self._classes = self._targets.index_select(0, self._rows)

        self.placed = device.type != "cpu" and _fits(device, self.examples * dataset.example_bytes)
        if self.placed:
            self._inputs = [array.index_select(0, self._rows).to(device) for array in self._inputs]
            self._targets = self._targets.index_select(0, self._rows).to(device)

    @property
    def bytes(self) -> int:
        """What the training inputs take of the memory that is trained in; 0 where they are read
        from a map of a file or lie beside a GPU.
        """
        return sum(
            self.examples * array[0].numel() * array.element_size()
            for array, mapped in zip(self._inputs, self._mapped, strict=True)
            if self.placed or (self._device.type == "cpu" and not mapped)
        )

    def begin_epoch(self, epoch: int) -> None:
        """Fixes the order of an epoch (1-based)."""
        order = self._task.order_of(self._randomness.order(epoch, self.examples), self._classes)
        self._order = order.to(self._device) if self.placed else self._rows.index_select(0, order)

    def get(self, number: int) -> tuple[Batch, torch.Tensor]:
        """Batch `number` (0-based) of the epoch, varied with the dice of the step and prepared, on
        the device: what the network reads, (B, ...) or a tuple of both halves, and the targets
        as the loss reads them.
        """
        first = number * self.batch_size
        last = first + self.batch_size if number < self.count - 1 else self.examples
        rows = self._order[first:last]
        parts = [array.index_select(0, rows) for array in self._inputs]

        targets = self._targets.index_select(0, rows)
        if not self.placed and self._device.type != "cpu":
            parts = [part.to(self._device, non_blocking=True) for part in parts]
            targets = targets.to(self._device, non_blocking=True)

        generator = self._randomness.augmentation
        if self._augmentation.active:
            parts = [
                self._augmentation(part, generator) if picture else part
                for part, picture in zip(parts, self._pictures, strict=True)
            ]

        return self._task.batch(
            self._about, self._about.preparation.tensor(together(parts)), targets, generator
        )


def together(parts: Sequence[torch.Tensor]) -> Batch:
    """One tensor as it is, the halves of pairs as a tuple."""
    return parts[0] if len(parts) == 1 else tuple(parts)


class Rows:
    """The examples of a split, taken from the arrays when they are asked for: nothing is copied
    beforehand.
    """

    def __init__(self, arrays: Sequence[np.ndarray], rows: np.ndarray) -> None:
        self._arrays = arrays
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, part: slice | np.ndarray, device: torch.device) -> Batch:
        """As they are kept, on the device.

        A copy is made of arrays: they may be read-only maps of a file.
        """
        rows = self._rows[part]
        return together(
            [torch.from_numpy(np.array(array[rows])).to(device) for array in self._arrays]
        )


class Placed:
    """The examples of a split, lying on a GPU."""

    def __init__(
        self, arrays: Sequence[np.ndarray], rows: np.ndarray, device: torch.device
    ) -> None:
        self._tensors = [torch.from_numpy(array[rows]).to(device) for array in arrays]

    def __len__(self) -> int:
        return len(self._tensors[0])

    def batch(self, part: slice | np.ndarray, device: torch.device) -> Batch:
        return together([tensor[part].to(device) for tensor in self._tensors])


def split_inputs(dataset: Dataset, split: str, device: torch.device) -> Rows | Placed:
    """The inputs of a split for judging: on a GPU where they fit, else taken as needed. split "" is
    all rows.
    """
    rows = dataset.indices[split] if split else np.arange(len(dataset.targets))
    if device.type != "cpu" and _fits(device, len(rows) * dataset.example_bytes):
        return Placed(dataset.arrays, rows, device)

    return Rows(dataset.arrays, rows)


def _fits(device: torch.device, size: int) -> bool:
    """Whether so many bytes leave the GPU enough to train in."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return size < SHARE * free

    return size < SHARE * torch.mps.recommended_max_memory() if device.type == "mps" else False


class _Writable:
    """An array's memory under another flag: torch warns of read-only arrays, though nothing here
    writes to them.
    """

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.__array_interface__["data"][0], False),
        }


def shared(array: np.ndarray) -> torch.Tensor:
    """An array or a memory map as a tensor on the same memory. It must not be written to."""
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Writable(array)))
