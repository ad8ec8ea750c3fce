"""Lets a network restore examples to look at: as they are, damaged, and restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import as_batch
from app.engine.compute.evaluation import EVALUATION
from app.engine.compute.randomness import mix_seed
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.results.predictor import Predictor


@dataclass(frozen=True)
class Restoration:
    """B examples, each array (B, ...) as a Dataset keeps them (Preparation.shown takes them).

    clean: as they are. damaged: as the network saw them. restored: as it answered. predictions:
    (B, 2) as the task keeps the answers.
    """

    clean: np.ndarray
    damaged: np.ndarray
    restored: np.ndarray
    predictions: np.ndarray


def restore(predictor: Predictor, inputs: np.ndarray, number: int = 0) -> Restoration:
    """Damages examples and restores them. inputs: (B, ...) as a Dataset keeps them.

    number: of the batch; its damage follows from it, as in the evaluation of batch 0, 1, ... of a
    split. Raises UserError where the network does not restore examples.
    """
    description = predictor.description
    task = predictor.task
    if task.answers != "copy":
        raise UserError("This network does not restore examples.", "Train one for reconstruction.")

    stored = torch.from_numpy(np.array(inputs))
    generator = torch.Generator().manual_seed(mix_seed(EVALUATION, number))
    with torch.no_grad():
        clean = description.preparation.tensor(as_batch([stored]))
        assert isinstance(clean, torch.Tensor)

        damaged, targets = task.batch(
            description, clean, torch.zeros(len(stored), dtype=torch.int64), generator
        )
        assert isinstance(damaged, torch.Tensor)

        outputs = predictor.network(damaged)
        predictions = task.predictions(description, outputs, targets)

    return Restoration(
        np.asarray(inputs),
        as_stored(description, damaged.numpy(), inputs),
        as_stored(description, outputs.float().numpy(), inputs),
        predictions.numpy(),
    )


def restore_rows(
    predictor: Predictor, dataset: Dataset, rows: np.ndarray, split: str = ""
) -> Restoration:
    """Restores the examples of some rows, damaged exactly as in the evaluation.

    So the errors shown are those of the report. rows: (B,) of the data set, each in the split;
    split: "" for a report on all rows. Raises UserError.
    """
    rows = np.asarray(rows)
    order = dataset.indices[split] if split else np.arange(len(dataset.inputs))
    places = np.searchsorted(order, rows)
    batch_size = predictor.evaluation_batch_size()

    examples: dict[int, tuple[np.ndarray, ...]] = {}
    for number in np.unique(places // batch_size).tolist():
        start = number * batch_size
        batch = restore(predictor, dataset.inputs[order[start : start + batch_size]], number)
        for place in places[places // batch_size == number].tolist():
            index = place - start
            examples[place] = (
                batch.clean[index],
                batch.damaged[index],
                batch.restored[index],
                batch.predictions[index],
            )

    return Restoration(
        *(np.stack([examples[place][part] for place in places.tolist()]) for part in range(4))
    )


def as_stored(description: Description, values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Returns what the network sees or answers as a Dataset keeps examples, in their own unit.

    values: (B, ...) standardised. inputs: (B, ...) the examples as a Dataset keeps them, for what
    is not restored (the categories of rows).
    """
    preparation = description.preparation
    if isinstance(preparation, ImagePreparation):
        tones = values * _by_channel(preparation.std, 2) + _by_channel(preparation.mean, 2)
        white = preparation.white
        return np.asarray(np.clip(np.rint(tones * white), 0, white), preparation.dtype)

    if isinstance(preparation, SignalPreparation):
        signals = values * _by_channel(preparation.std, 1) + _by_channel(preparation.mean, 1)
        return np.asarray(signals, np.float32)

    assert isinstance(preparation, RowPreparation)

    rows = np.array(inputs, np.float32)
    mean = np.array([column.mean for column in preparation.amounts], np.float32)
    std = np.array([column.std for column in preparation.amounts], np.float32)
    count = len(mean)
    rows[:, :count] = values[:, :count] * std + mean

    return rows


def _by_channel(values: tuple[float, ...], sides: int) -> np.ndarray:
    """Returns (C, 1, ...) of a value for each channel; sides: axes behind the channels."""
    return np.array(values, np.float32).reshape(-1, *(1,) * sides)
