"""ImagePreparation and augmentation are exact, repeatable, and work on whole batches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.engine.compute.batches import Batches
from app.engine.compute.first_batch import first_batch
from app.engine.compute.randomness import Randomness
from app.engine.data.augmentation import Augmentation, resolve_augmentation
from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import decode
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.tasks import TASKS
from app.engine.sources.opening import open_dataset

Maker = Callable[..., Path]
OFF = {"flip": False, "shift": 0.0}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(9))


EVERY = [
    {"flip": True},
    {"shift": 0.2},
    {"flip": True, "shift": 0.1},
    {"rotate": 30.0},
    {"scale": 0.3},
    {"light": 0.5},
    {"erase": 0.5},
    {"flip": True, "shift": 0.1, "rotate": 10.0, "scale": 0.1, "light": 0.2, "erase": 0.3},
]


@pytest.mark.parametrize("chosen", EVERY, ids=str)
@pytest.mark.parametrize("shape", [(16, 1, 8, 8), (3, 3, 20, 12), (1, 3, 9, 9)])
def test_every_variation_keeps_form_and_is_repeatable(
    chosen: dict[str, object], shape: tuple[int, ...]
) -> None:
    augmentation = Augmentation(AugmentationSettings(**(OFF | chosen)))
    pixels = batch(*shape)
    before = pixels.clone()
    first, again, other = (augmentation(pixels, generator(seed)) for seed in (1, 1, 2))
    assert first.shape == pixels.shape and first.dtype == torch.uint8
    assert torch.equal(first, again)

    if shape[0] == 16:
        assert not torch.equal(first, other) and not torch.equal(first, pixels)

    assert torch.equal(pixels, before)
    floats = augmentation(pixels.float() / 255, generator(1))
    assert floats.dtype == torch.float32 and (floats * 255 - first.float()).abs().max() < 2
    assert augmentation.active and augmentation.words != "none"


def test_nothing_chosen_changes_nothing() -> None:
    augmentation = Augmentation(AugmentationSettings(**OFF))
    pixels = batch(4, 1, 8, 8)
    assert not augmentation.active and augmentation.words == "none"
    assert torch.equal(augmentation(pixels, generator()), pixels)


def test_about_half_are_mirrored_exactly() -> None:
    pixels = batch(400, 1, 6, 6)
    result = Augmentation(AugmentationSettings(flip=True, shift=0.0))(pixels, generator())
    mirrored = (result == pixels.flip(3)).flatten(1).all(1)
    unchanged = (result == pixels).flatten(1).all(1)

    assert bool((mirrored | unchanged).all())
    assert 150 < int(mirrored.sum()) < 250


def test_shifts_are_whole_pixels_both_ways_and_continue_the_edge() -> None:
    pixels = batch(300, 1, 8, 8)
    result = Augmentation(AugmentationSettings(flip=False, shift=0.125))(pixels, generator())
    padded = torch.nn.functional.pad(pixels.float(), (1, 1, 1, 1), mode="replicate").to(torch.uint8)

    all_shifts = set()
    for shifted, picture in zip(result, padded, strict=True):
        shifts = [
            (y, x)
            for y in range(3)
            for x in range(3)
            if torch.equal(shifted, picture[:, y : y + 8, x : x + 8])
        ]
        assert shifts
        all_shifts.update(shifts)

    assert len(all_shifts) == 9


def test_turning_keeps_the_middle_and_scaling_the_colour() -> None:
    pixels = torch.zeros(20, 1, 17, 17, dtype=torch.uint8)
    pixels[:, :, 8, 8] = 255
    turned = Augmentation(AugmentationSettings(**OFF, rotate=180.0))(pixels, generator())
    assert int(turned[:, 0, 8, 8].min()) > 200

    grey = torch.full((5, 3, 10, 14), 90, dtype=torch.uint8)
    assert torch.equal(
        Augmentation(AugmentationSettings(**OFF, scale=0.5, rotate=45.0))(grey, generator()), grey
    )


def test_erased_parts_are_rectangles_of_the_mean() -> None:
    pixels = batch(50, 1, 20, 20)
    result = Augmentation(AugmentationSettings(**OFF, erase=0.5))(pixels, generator())

    changed = (result != pixels)[:, 0]
    for erased, mask, picture in zip(result, changed, pixels, strict=True):
        rows = torch.nonzero(mask.any(1)).flatten()
        columns = torch.nonzero(mask.any(0)).flatten()
        assert len(rows) <= 10 and len(columns) <= 10
        assert erased[0][mask].unique().tolist() in ([], [round(float(picture.float().mean()))])


def test_the_defaults_follow_the_data() -> None:
    digits = open_dataset(DataSettings(source="sample:digits")).description
    fashion = open_dataset(DataSettings(source="sample:fashion")).description
    assert resolve_augmentation(AugmentationSettings(), digits) == AugmentationSettings(
        flip=False, shift=0.125
    )
    assert resolve_augmentation(AugmentationSettings(), fashion) == AugmentationSettings(
        flip=True, shift=0.07
    )
    assert resolve_augmentation(
        AugmentationSettings(flip=True, shift=0.0), digits
    ) == AugmentationSettings(flip=True, shift=0.0)


def test_many_pictures_trimmed_to_what_they_show_are_shifted_by_half() -> None:
    fashion = open_dataset(DataSettings(source="sample:fashion")).description
    assert fashion.framed
    for size, framed, shift in ((20_000, True, 0.035), (20_000, False, 0.07), (19_999, True, 0.07)):
        many = dataclasses.replace(fashion, framed=framed, sizes={"training": size})
        assert resolve_augmentation(AugmentationSettings(), many).shift == shift
        assert resolve_augmentation(AugmentationSettings(shift=0.2), many).shift == 0.2


@pytest.mark.parametrize("channels", [1, 3])
def test_the_tensor_is_normalised_and_the_batch_untouched(channels: int) -> None:
    preparation = ImagePreparation(
        6, 7, channels, "crop", (0.2, 0.4, 0.6)[:channels], (0.1, 0.2, 0.3)[:channels]
    )
    pixels = batch(5, channels, 6, 7)
    before = pixels.clone()
    result = preparation.tensor(pixels)
    mean = torch.tensor(preparation.mean).view(-1, 1, 1)
    std = torch.tensor(preparation.std).view(-1, 1, 1)
    assert torch.allclose(result, (pixels / 255 - mean) / std, atol=1e-5)
    assert result.dtype == torch.float32 and torch.equal(pixels, before)
    assert channels == 1 or result.is_contiguous(memory_format=torch.channels_last)

    floats = pixels.float()
    assert torch.allclose(preparation.tensor(floats), result) and torch.equal(
        floats, before.float()
    )


def test_fits() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("red", (0, 0, 10, 20))
    image.paste("blue", (30, 0, 40, 20))

    def array(fit: str) -> np.ndarray:
        return ImagePreparation(10, 10, 3, fit, (0.5,) * 3, (0.5,) * 3).array(image)

    assert array("crop").shape == array("fit").shape == array("stretch").shape == (3, 10, 10)
    assert array("crop").min() > 230  # nearly only the white middle
    assert array("stretch")[:, 5, 0].tolist() == [255, 0, 0]

    fitted = array("fit")
    assert fitted[:, 5, 0].tolist() == [255, 0, 0] and fitted[:, 5, 9].tolist() == [0, 0, 255]
    assert (
        len(np.unique(fitted[:, 0].reshape(3, -1), axis=1).T) == 1
    )  # a margin of one colour above


def test_a_file_tried_later_becomes_exactly_what_was_trained_on(folder: Maker) -> None:
    base = folder({"a": 5, "b": 5}, size=(900, 1000), suffix=".jpg")
    dataset = open_dataset(DataSettings(source=str(base)))

    preparation = dataset.description.preparation
    for row, name in enumerate(dataset.names):
        again = preparation.array(decode(base / name, preparation.detail))
        assert np.array_equal(again, dataset.inputs[row])


def test_the_first_batch_of_metric_learning_stands_in_the_order_of_its_training() -> None:
    dataset = open_dataset(DataSettings(source="sample:digits", task="metric-learning"))
    cpu = torch.device("cpu")
    task = TASKS["metric-learning"]
    batches = Batches(
        dataset, 16, Augmentation(AugmentationSettings(**OFF)), task, Randomness(5, cpu), cpu
    )
    batches.begin_epoch(1)
    shown = first_batch(dataset, AugmentationSettings(**OFF), 16, 5)
    torch.testing.assert_close(
        dataset.description.preparation.tensor(torch.from_numpy(shown.pictures)), batches.get(0)[0]
    )
