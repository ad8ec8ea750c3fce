"""What the network will see of pictures, as arrays for a window: the first batch, one picture
varied, before and after.

Everything goes through the same Augmentation and ImagePreparation as training does. Torch is
imported where it is needed. For data of single pictures only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.augmentation import Augmentation, resolve_augmentation
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.pictures import Unreadable, decode
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources import formats
from app.engine.sources.format import no_check
from app.engine.sources.formats import built_in
from app.engine.sources.picture_decoding import PictureFormat
from app.engine.sources.samples import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

    from app.engine.data.augmentation_settings import AugmentationSettings
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.data_settings import DataSettings

BEFORE_SIDE = 256
"""Originals are handed out no larger than this."""


@dataclass(frozen=True)
class Batch:
    """pictures: (n, C, H, W) uint8 as the network sees them.

    rows: (n,) of the dataset. size: of the whole batch.
    """

    pictures: np.ndarray
    rows: np.ndarray
    size: int
    augmentation: str


@dataclass(frozen=True)
class Pair:
    """One picture before and after preparation, (C, H, W) uint8 each.

    size: (height, width) of the original.
    """

    before: np.ndarray
    after: np.ndarray
    size: tuple[int, int]
    name: str


def first_batch(
    dataset: Dataset, settings: AugmentationSettings, batch_size: int, seed: int, most: int = 64
) -> Batch:
    """The first pictures of the first step of a run with this seed: the same order, varied by the
    same dice (those of a run on the CPU), prepared, and brought back to tones that can be shown.
    """
    import torch

    from app.engine.compute.batches import batch_count
    from app.engine.compute.randomness import AUGMENTATION, ORDER, mix_seed

    rows = dataset.indices["training"]
    generator = torch.Generator().manual_seed(mix_seed(seed, ORDER, 1))
    targets = torch.from_numpy(np.array(dataset.targets[rows]))
    order = (
        task(dataset.description.task)
        .epoch_order(torch.randperm(len(rows), generator=generator), targets)
        .numpy()
    )

    chosen = rows[order if batch_count(len(rows), batch_size) == 1 else order[:batch_size]]
    augmentation = Augmentation(resolve_augmentation(settings, dataset.description))

    batch = torch.from_numpy(np.ascontiguousarray(dataset.inputs[chosen]))
    if augmentation.active:
        batch = augmentation(
            batch, torch.Generator().manual_seed(mix_seed(seed, AUGMENTATION, 1, 0))
        )

    return Batch(
        _seen(batch[:most], _of_pictures(dataset)), chosen[:most], len(chosen), augmentation.words
    )


def varied(
    dataset: Dataset, rows: Sequence[int], settings: AugmentationSettings, times: int, seed: int
) -> list[np.ndarray]:
    """For each row its picture (of pairs, the half that is one) as it is, then so many variations:
    (1 + times, C, H, W) uint8 each.
    """
    import torch

    augmentation = Augmentation(resolve_augmentation(settings, dataset.description))
    generator = torch.Generator().manual_seed(seed)
    array, preparation = _pictures_of(dataset)

    found = []
    for row in rows:
        batch = torch.from_numpy(np.repeat(array[row][None], times, axis=0))
        if augmentation.active:
            batch = augmentation(batch, generator)
        found.append(np.concatenate([array[row][None], _seen(batch, preparation)]))

    return found


def _pictures_of(dataset: Dataset) -> tuple[np.ndarray, ImagePreparation]:
    """The pictures, or of pairs the first half that is pictures, and how they are prepared."""
    preparation = dataset.description.preparation
    halves = preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)
    return next(
        (array, half)
        for array, half in zip(dataset.arrays, halves, strict=True)
        if isinstance(half, ImagePreparation)
    )


def before_and_after(
    dataset: Dataset, data: DataSettings, rows: Sequence[int], check: Callable[[], None] = no_check
) -> list[Pair]:
    """These pictures as they lie in the source and as these settings bring them to the network;
    what cannot be read again is left out. Settings left open are those of the dataset.
    """
    known = _of_pictures(dataset)
    channels = {"grey": 1, "colour": 3}.get(data.colour or "", known.channels)
    height = data.height or known.height
    width = data.width or known.width
    preparation = ImagePreparation(
        height, width, channels, data.fit, (0.0,) * channels, (1.0,) * channels
    )

    pairs = []
    for name, picture in _originals(dataset, data, rows, check):
        after = preparation.array(picture)
        size = (picture.height, picture.width)
        picture.thumbnail((BEFORE_SIDE, BEFORE_SIDE))
        pixels = np.asarray(picture)
        before = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        pairs.append(Pair(before, after, size, name))

    return pairs


def _originals(
    dataset: Dataset, data: DataSettings, rows: Sequence[int], check: Callable[[], None]
) -> list[tuple[str, Image.Image]]:
    """Names and decoded pictures: from their files, or from the source read once more where that is
    one file.
    """
    detail = max(BEFORE_SIDE, data.height or 0, data.width or 0)
    source = Path(data.source).expanduser()
    folder = source if source.is_dir() else source.parent
    found: list[tuple[str, Image.Image]] = []

    missing = []
    for row in rows:
        check()
        name = dataset.names[row]
        try:
            found.append((name, decode(folder / name, detail)))
        except (Unreadable, OSError, ValueError):
            missing.append(row)

    if not missing or found:
        return found

    form = built_in.Pictures() if data.source.startswith(PREFIX) else formats.find(data.source)
    if not isinstance(form, PictureFormat):
        return []

    try:
        picture_list = form.scan(data.source, data, check).read()
    except (UserError, OSError):
        return []

    places = {name: place for place, name in enumerate(picture_list.names)}
    return [
        (dataset.names[row], picture_list.picture(places[dataset.names[row]], detail))
        for row in missing
        if dataset.names[row] in places
    ]


def _of_pictures(dataset: Dataset) -> ImagePreparation:
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation), "for data of single pictures"
    return preparation


def _seen(batch: object, preparation: ImagePreparation) -> np.ndarray:
    """What the network is given, as tones: prepared, then the normalisation undone, (B, C, H, W)
    uint8.
    """
    import torch

    assert isinstance(batch, torch.Tensor)

    values = preparation.tensor(batch)
    mean = torch.tensor(preparation.mean).view(-1, 1, 1)
    std = torch.tensor(preparation.std).view(-1, 1, 1)

    return (
        ((values * std + mean) * 255).round_().clamp_(0, 255).to(torch.uint8).contiguous().numpy()
    )
