"""What the network sees of pictures, for a window: a first batch, and variations of a picture.

Everything goes through the Batches, Augmentation and ImagePreparation that training uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import Batches, shared_tensor
from app.engine.compute.randomness import Randomness
from app.engine.data.augmentation import Augmentation, resolve_augmentation
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.learning.tasks import task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.augmentation_settings import AugmentationSettings
    from app.engine.data.dataset import Dataset


@dataclass(frozen=True)
class FirstBatch:
    """The beginning of a training's first batch.

    pictures: (n, C, H, W) uint8, as the network sees them. rows: (n,) of the dataset. size: of the
    whole batch. augmentation: how its pictures are varied, in words.
    """

    pictures: np.ndarray
    rows: np.ndarray
    size: int
    augmentation: str


def first_batch(
    dataset: Dataset, settings: AugmentationSettings, batch_size: int, seed: int, most: int = 64
) -> FirstBatch:
    """Returns the first pictures of the first step of a run with this seed, for single pictures.

    They are those of a run on the CPU, for every device has generators of its own. A task that
    damages its inputs (reconstruction) does so afterwards: they are shown undamaged.
    """
    description = dataset.description
    augmentation = Augmentation(resolve_augmentation(settings, description))
    cpu = torch.device("cpu")
    randomness = Randomness(seed, cpu)

    batches = Batches(dataset, batch_size, augmentation, task(description.task), randomness, cpu)
    batches.begin_epoch(1)
    randomness.seed_augmentation(1, 0)
    (pictures,), rows = batches.raw(0)

    assert isinstance(description.preparation, ImagePreparation), "for data of single pictures"
    shown = _displayed(pictures[:most], description.preparation)
    return FirstBatch(shown, rows[:most].numpy(), len(rows), augmentation.words)


def varied(
    dataset: Dataset, rows: Sequence[int], settings: AugmentationSettings, times: int, seed: int
) -> list[np.ndarray]:
    """Returns the picture of each row, followed by so many variations: (1 + times, C, H, W) uint8.

    In a pair it is the half that is a picture.
    """
    augmentation = Augmentation(resolve_augmentation(settings, dataset.description))
    generator = torch.Generator().manual_seed(seed)
    pictures, preparation = _pictures_of(dataset)

    series = []
    for row in rows:
        batch = shared_tensor(np.repeat(pictures[row][None], times, axis=0))
        if augmentation.active:
            batch = augmentation(batch, generator)
        shown = preparation.to_display(pictures[row])
        series.append(np.concatenate([shown[None], _displayed(batch, preparation)]))

    return series


def _pictures_of(dataset: Dataset) -> tuple[np.ndarray, ImagePreparation]:
    """Returns the pictures, of pairs the first half that is pictures, and their preparation."""
    preparation = dataset.description.preparation
    halves = preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)
    return next(
        (array, half)
        for array, half in zip(dataset.arrays, halves, strict=True)
        if isinstance(half, ImagePreparation)
    )


def _displayed(batch: torch.Tensor, preparation: ImagePreparation) -> np.ndarray:
    """Prepares a batch as for the network, then undoes the normalisation: (B, C, H, W) uint8."""
    values = preparation.tensor(batch)
    mean = torch.tensor(preparation.mean).view(-1, 1, 1)
    std = torch.tensor(preparation.std).view(-1, 1, 1)
    tones = ((values * std + mean) * 255).round_().clamp_(0, 255)

    pixels: np.ndarray = tones.to(torch.uint8).contiguous().numpy()
    return pixels
