"""What a network restores, to be looked at: the example, what was done to it, and what the network
made of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import as_batch
from app.engine.compute.evaluation import EVALUATION, USUAL_BATCH_SIZE, evaluation_batch_size
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
    """Of B examples, each array as a Dataset keeps them (Preparation.shown takes them): clean as
    they are, damaged as the network saw them, restored as it answered. predictions: (B, 2) as
    the task keeps it.
    """

    clean: np.ndarray
    damaged: np.ndarray
    restored: np.ndarray
    predictions: np.ndarray


def restore(predictor: Predictor, inputs: np.ndarray, number: int = 0) -> Restoration:
    """Damages examples and restores them. inputs: (B, ...) as a Dataset keeps them.

    number: of the batch, by which the dice fall; judging damages batch 0, 1, ... of a split with
    the same dice. Raises UserError where the network does not restore examples.
    """
    description = predictor.description
    task = predictor.task
    if task.view != "restored":
        raise UserError("This network does not restore examples.", "Train one for reconstruction.")

    kept = torch.from_numpy(np.array(inputs))
    generator = torch.Generator().manual_seed(mix_seed(EVALUATION, number))
    with torch.no_grad():
        clean = description.preparation.tensor(as_batch([kept]))
        assert isinstance(clean, torch.Tensor)

        damaged, wanted = task.batch(
            description, clean, torch.zeros(len(kept), dtype=torch.int64), generator
        )
        assert isinstance(damaged, torch.Tensor)

        outputs = predictor.network(damaged)
        predictions = task.predictions(description, outputs, wanted)

    return Restoration(
        np.asarray(inputs),
        as_kept(description, damaged.numpy(), inputs),
        as_kept(description, outputs.float().numpy(), inputs),
        predictions.numpy(),
    )


def restore_rows(
    predictor: Predictor, dataset: Dataset, rows: np.ndarray, split: str = ""
) -> Restoration:
    """The examples of some rows of a split (of all rows where it is ""), damaged exactly as in
    judging, so that the errors shown are those of the report. rows: (B,) of the data set, each
    in the split. Raises UserError.
    """
    rows = np.asarray(rows)
    order = dataset.indices[split] if split else np.arange(len(dataset.inputs))
    places = np.searchsorted(order, rows)
    size = predictor.experiment.training.batch_size if predictor.experiment is not None else None
    at_a_time = evaluation_batch_size(
        predictor.network.problem, predictor._loss(), size or USUAL_BATCH_SIZE
    )

    found: dict[int, tuple[np.ndarray, ...]] = {}
    for number in np.unique(places // at_a_time).tolist():
        part = slice(number * at_a_time, (number + 1) * at_a_time)
        made = restore(predictor, dataset.inputs[order[part]], number)
        for place in places[places // at_a_time == number].tolist():
            one = place - number * at_a_time
            found[place] = (
                made.clean[one],
                made.damaged[one],
                made.restored[one],
                made.predictions[one],
            )

    return Restoration(
        *(np.stack([found[place][part] for place in places.tolist()]) for part in range(4))
    )


def as_kept(
    description: Description, values: np.ndarray, reuse_preparation: np.ndarray
) -> np.ndarray:
    """Values as the network sees or answers them (B, ...) -> as a Dataset keeps them, in their own
    unit. reuse_preparation: the examples they are of, for what is not restored (the categories
    of rows).
    """
    preparation = description.preparation
    if isinstance(preparation, ImagePreparation):
        tones = values * _by_channel(preparation.std, 2) + _by_channel(preparation.mean, 2)
        return np.clip(np.rint(tones * 255), 0, 255).astype(np.uint8)

    if isinstance(preparation, SignalPreparation):
        return (values * _by_channel(preparation.std, 1) + _by_channel(preparation.mean, 1)).astype(
            np.float32
        )

    assert isinstance(preparation, RowPreparation)

    made = np.array(reuse_preparation, np.float32)
    mean = np.array([column.mean for column in preparation.amounts], np.float32)
    std = np.array([column.std for column in preparation.amounts], np.float32)
    count = len(mean)
    made[:, :count] = values[:, :count] * std + mean

    return made


def _by_channel(values: tuple[float, ...], sides: int) -> np.ndarray:
    return np.array(values, np.float32).reshape(-1, *(1,) * sides)
