"""An example of a dataset, and others beside it, as a network reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.compute.batches import as_batch, as_targets, shared_tensor
from app.engine.compute.evaluation import EVALUATION
from app.engine.compute.outputs.values import OutputsRequest
from app.engine.compute.randomness import mix_seed
from app.engine.errors import UserError

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Batch
    from app.engine.learning.task import Task

STATISTICS = ("mean", "std")
"""What a preparation knows of the training examples, by which nothing is stored otherwise."""

BESIDE = 31
"""Other examples of the split over which dead units are counted too."""


def request_of(dataset: Dataset, split: str, place: int, beside: int = BESIDE) -> OutputsRequest:
    """Returns the request for an example of a split, with others spread evenly over the split.

    place: from 0, of the split. Raises UserError where there is no such example, or where its file
    cannot be read any more.
    """
    rows = dataset.indices.get(split, np.empty(0, np.int64))
    if not 0 <= place < len(rows):
        count = f"{len(rows):,} {'example' if len(rows) == 1 else 'examples'}"
        raise UserError(
            f"The {split} split has {count}; there is no number {place + 1:,}.",
            "Choose another example.",
        )

    spread = np.linspace(0, len(rows) - 1, min(len(rows), beside + 1)).astype(np.int64)
    chosen = rows[[place, *spread[spread != place][:beside]]]
    try:
        arrays = tuple(np.array(array[chosen]) for array in dataset.arrays)
        targets = np.array(dataset.targets[chosen])
    except (OSError, ValueError) as error:
        raise UserError(
            f"Example {place + 1:,} of the {split} split cannot be read: {error}.",
            "Open the data again.",
        ) from error

    return OutputsRequest(arrays, targets, dataset.description)


def prepared(
    request: OutputsRequest, description: Description, task: Task, device: torch.device
) -> Batch:
    """Returns the examples of a request as a network reads them that learned from a description.

    A task that damages its inputs damages these as it does in the first batch of an evaluation.
    Raises UserError where they are of other data, or stored otherwise.
    """
    stored = request.description
    if stored.source != description.source or _form(stored) != _form(description):
        raise UserError(
            "The example is of other data than this network learned from, or they are prepared "
            "otherwise.",
            "Choose fresh weights, or a run on the data that are open.",
        )

    parts = [shared_tensor(array).to(device) for array in request.arrays]
    generator = torch.Generator().manual_seed(mix_seed(EVALUATION, 0))
    with torch.no_grad():
        inputs, _ = task.batch(
            description,
            description.preparation.tensor(as_batch(parts)),
            as_targets(torch.from_numpy(request.targets)).to(device),
            generator,
        )

    return inputs


def _form(description: Description) -> Any:
    """Returns how examples are stored, without the statistics by which they are scaled later."""
    return _without_statistics(description.preparation.to_plain())


def _without_statistics(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {
            key: _without_statistics(value) for key, value in plain.items() if key not in STATISTICS
        }
    if isinstance(plain, (list, tuple)):
        return [_without_statistics(value) for value in plain]

    return plain
