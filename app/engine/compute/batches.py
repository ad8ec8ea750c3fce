"""Makes batches as the network sees them from the arrays of a dataset.

Rows are picked, augmented and prepared a whole batch at a time. Axes: N examples, B examples of a
batch.
"""

from __future__ import annotations

import math
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
"""The share of a GPU's free memory that examples may take, to lie there for the whole run."""

PREPARED_BYTES = 1 << 16
"""Of rows that are prepared at a time, ahead of their steps."""

ALIGNED = 16
"""Batches of a multiple of so many numbers begin at addresses as those prepared alone do.

The sums of a matrix product may depend on the addresses of its operands.
"""


def batch_count(examples: int, batch_size: int) -> int:
    """Returns the number of batches of an epoch.

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
        self._description = dataset.description
        self._task = task
        self._augmentation = augmentation
        self._randomness = randomness
        self._device = device
        self._order = self._rows
        self.places = torch.arange(self.examples)
        """Where the examples of the epoch, in their order, stand among the training examples."""

        inputs = dataset.description.preparation.inputs
        self._is_picture = [half.kind == "image" for half in inputs]
        self._mapped = [isinstance(array, np.memmap) for array in dataset.arrays]
        self._inputs = [shared_tensor(array) for array in dataset.arrays]
        self._targets = shared_tensor(dataset.targets)
        # An order follows from classes alone; tokens of a long text are not copied for it.
        self._classes = self._targets
        if self._targets.ndim == 1:
            self._classes = self._targets.index_select(0, self._rows)

        self.placed = device.type != "cpu" and _fits(device, self.examples * dataset.example_bytes)
        if self.placed:
            self._inputs = [array.index_select(0, self._rows).to(device) for array in self._inputs]
            self._targets = self._targets.index_select(0, self._rows).to(device)

        numbers = 4 * math.prod(inputs[0].shape)
        self._batch_bytes = batch_size * (numbers + self._targets[:1].nbytes)
        self._per_group = self._batches_per_group(dataset)
        self._group = -1
        self._prepared: list[tuple[Batch, torch.Tensor]] = []
        self._ready: tuple[torch.Tensor, torch.Tensor] | None = None
        """All training rows and their targets as the network gets them, where they are so few."""

    @property
    def bytes(self) -> int:
        """The bytes that the training inputs take of the device's memory.

        With those prepared ahead. 0 where they are read from a memory map, or lie in main memory
        beside a GPU.
        """
        ahead = (self._per_group - 1) * self._batch_bytes
        if self._is_one_group:
            ahead *= 2  # they stay prepared in the order of the data too
        return ahead + sum(
            self.examples * array[0].numel() * array.element_size()
            for array, mapped in zip(self._inputs, self._mapped, strict=True)
            if self.placed or (self._device.type == "cpu" and not mapped)
        )

    def begin_epoch(self, epoch: int) -> None:
        """Sets the order of an epoch (1-based)."""
        order = self._task.epoch_order(self._randomness.order(epoch, self.examples), self._classes)
        self.places = order
        self._order = order.to(self._device) if self.placed else self._rows.index_select(0, order)
        self._group = -1

    def get(self, index: int) -> tuple[Batch, torch.Tensor]:
        """Returns a batch of the epoch (0-based), augmented and prepared, on the device.

        Augmentation draws from the generator of the step. The inputs are (B, ...) or a tuple of
        both halves, the targets are as the loss reads them. They may be views of several batches
        that were prepared together, and must not be written to.
        """
        if self._per_group == 1:
            return self._at(self._positions(index))

        group, place = divmod(index, self._per_group)
        if group != self._group:
            self._prepared = []  # its memory is free before more is taken
            self._prepared = self._prepare(group)
            self._group = group

        return self._prepared[place]

    def _prepare(self, group: int) -> list[tuple[Batch, torch.Tensor]]:
        """Returns the batches of a group: prepared in one go, which changes no number of them."""
        first = group * self._per_group
        last = min(first + self._per_group, self.count)
        end = self.examples if last == self.count else last * self.batch_size
        sizes = [self.batch_size] * (last - first - 1)
        sizes.append(end - first * self.batch_size - sum(sizes))

        if self._is_one_group:
            self._ready = self._ready or self._rows_at(self._rows)
            inputs, targets = (part.index_select(0, self.places) for part in self._ready)
        else:
            inputs, targets = self._rows_at(self._order[first * self.batch_size : end])

        return list(zip(torch.split(inputs, sizes), torch.split(targets, sizes), strict=True))

    @property
    def _is_one_group(self) -> bool:
        """Whether all batches of an epoch are prepared together: of several."""
        return self._per_group == self.count > 1

    def _rows_at(self, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns what `_at` does, of rows."""
        inputs, targets = self._at(positions)
        assert isinstance(inputs, torch.Tensor)
        return inputs, targets

    def _batches_per_group(self, dataset: Dataset) -> int:
        """Returns how many batches are prepared together: several of rows if nothing is drawn.

        Each of them begins where its sums come out as those of a batch of its own.
        """
        inputs = dataset.description.preparation.inputs
        is_table = len(inputs) == 1 and inputs[0].kind == "row"
        if (
            not is_table
            or self._device.type != "cpu"
            or self._augmentation.active
            or self._task.draws
            or self.batch_size % ALIGNED
        ):
            return 1

        return max(1, min(self.count, PREPARED_BYTES // self._batch_bytes))

    def _at(self, positions: torch.Tensor) -> tuple[Batch, torch.Tensor]:
        """Returns the examples at these positions of `_inputs`, augmented and prepared."""
        parts = self._augmented(positions)

        targets = as_targets(self._targets.index_select(0, positions))
        if not self.placed and self._device.type != "cpu":
            targets = targets.to(self._device, non_blocking=True)

        return self._task.batch(
            self._description,
            self._description.preparation.tensor(as_batch(parts)),
            targets,
            self._randomness.augmentation,
        )

    def raw(self, index: int) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Returns the inputs of a batch, augmented but not prepared, and their rows.

        A tensor (B, ...) for each half of the examples, on the device, and the rows of the dataset,
        (B,) int64.
        """
        positions = self._positions(index)
        rows = self._rows[positions.cpu()] if self.placed else positions
        return self._augmented(positions), rows

    def _positions(self, index: int) -> torch.Tensor:
        """Returns where the examples of a batch stand in `_inputs`: (B,) int64."""
        first = index * self.batch_size
        last = first + self.batch_size if index < self.count - 1 else self.examples
        return self._order[first:last]

    def _augmented(self, positions: torch.Tensor) -> list[torch.Tensor]:
        """Returns the augmented inputs at these positions on the device, a tensor for each half."""
        parts = [array.index_select(0, positions) for array in self._inputs]
        if not self.placed and self._device.type != "cpu":
            parts = [part.to(self._device, non_blocking=True) for part in parts]

        if not self._augmentation.active:
            return parts

        generator = self._randomness.augmentation
        return [
            self._augmentation(part, generator) if is_picture else part
            for part, is_picture in zip(parts, self._is_picture, strict=True)
        ]


def as_targets(targets: torch.Tensor) -> torch.Tensor:
    """Returns targets as the loss reads them: tokens may be stored in fewer bytes."""
    return targets.to(torch.int64) if targets.dtype in (torch.int16, torch.int32) else targets


def as_batch(parts: Sequence[torch.Tensor]) -> Batch:
    """Returns a single tensor as it is, the halves of pairs as a tuple."""
    return parts[0] if len(parts) == 1 else tuple(parts)


class HostInputs:
    """The examples of a split in main memory, copied from the arrays batch by batch."""

    def __init__(self, arrays: Sequence[np.ndarray], rows: np.ndarray) -> None:
        self._arrays = arrays
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, part: slice | np.ndarray, device: torch.device) -> Batch:
        """Returns unprepared examples on the device.

        They are copied, for an array may be a read-only map of a file.
        """
        rows = self._rows[part]
        return as_batch([shared_tensor(np.array(array[rows])).to(device) for array in self._arrays])


class DeviceInputs:
    """The examples of a split that lie on a GPU."""

    def __init__(
        self, arrays: Sequence[np.ndarray], rows: np.ndarray, device: torch.device
    ) -> None:
        self._tensors = [shared_tensor(array[rows]).to(device) for array in arrays]

    def __len__(self) -> int:
        return len(self._tensors[0])

    def batch(self, part: slice | np.ndarray, device: torch.device) -> Batch:
        """Returns unprepared examples on the device."""
        return as_batch([tensor[part].to(device) for tensor in self._tensors])


SplitInputs = HostInputs | DeviceInputs


def split_inputs(dataset: Dataset, split: str, device: torch.device) -> SplitInputs:
    """Returns the inputs of a split for evaluation, on a GPU where they fit.

    split: "training", "validation" or "test", or "" for all examples.
    """
    rows = dataset.indices[split] if split else np.arange(len(dataset.targets))
    if device.type != "cpu" and _fits(device, len(rows) * dataset.example_bytes):
        return DeviceInputs(dataset.arrays, rows, device)

    return HostInputs(dataset.arrays, rows)


def _fits(device: torch.device, size: int) -> bool:
    """Returns whether so many bytes leave the GPU enough to train in."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return size < SHARE * free
    if device.type == "mps":
        return size < SHARE * torch.mps.recommended_max_memory()

    return False


class _Writable:
    """An array's memory, said to be writeable.

    Torch warns of read-only arrays, though nothing here writes to them.
    """

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.__array_interface__["data"][0], False),
        }


def shared_tensor(array: np.ndarray) -> torch.Tensor:
    """Returns a tensor on the memory of an array or a memory map. It must not be written to.

    uint16 becomes int16 of the same bits: gathering uint16 is not possible on most devices.
    """
    if array.dtype == np.uint16:
        array = array.view(np.int16)

    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Writable(array)))
