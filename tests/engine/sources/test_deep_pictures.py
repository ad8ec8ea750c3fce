"""Pictures of more than 8 bits keep their tones: stored in 16 bits, to the last bit ever after."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.engine.compute.batches import shared_tensor
from app.engine.data.augmentation import Augmentation
from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.data.kinds import read_preparation
from app.engine.data.kinds.image.preparation import ImagePreparation, statistics
from app.engine.data.pictures import decode
from app.engine.data.tones import Tones, ValueRange
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.results.predictor import as_array
from app.engine.sources.cache import Cache
from app.engine.sources.opening import open_dataset

CASES = Path(__file__).parents[2] / "cases" / "images"
RANDOM = np.random.default_rng(5)


def folder(path: Path, values: np.ndarray, suffix: str = "tif") -> Path:
    """Writes pictures (N, H, W) into two classes in turn."""
    for number, picture in enumerate(values):
        target = path / "ab"[number % 2]
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(target / f"{number}.{suffix}")

    return path


# --- the cases


@pytest.mark.parametrize(("case", "white"), (("deep16", 65_535), ("floats", 300)))
def test_the_cases_keep_every_tone(case: str, white: float) -> None:
    dataset = open_dataset(DataSettings(source=str(CASES / case)))
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation)
    assert preparation.tones == Tones(0, pytest.approx(white)) and preparation.depth == 16
    assert not any("cop" in note for note in dataset.description.notes)

    for row, name in enumerate(dataset.names):
        values = np.asarray(Image.open(CASES / case / name)).astype(np.float64)
        stored = dataset.inputs[row, 0] / 65_535 * white
        assert np.abs(stored - values).max() <= white / 65_535 / 2 + 1e-3
        assert len(np.unique(dataset.inputs[row])) >= 50  # bytes would leave 2


@pytest.mark.parametrize("case", ("deep16", "floats"))
def test_later_files_of_the_cases_are_read_as_in_training(case: str) -> None:
    trained = open_dataset(DataSettings(source=str(CASES / case)))
    preparation = read_preparation(trained.description.preparation.to_plain())
    description = dataclasses.replace(trained.description, preparation=preparation)

    again = open_dataset(DataSettings(source=str(CASES / case)), trained=description)
    np.testing.assert_array_equal(again.inputs, trained.inputs)
    assert isinstance(preparation, ImagePreparation)
    for row in range(0, len(trained.names), 7):
        path = CASES / case / trained.names[row]
        np.testing.assert_array_equal(
            preparation.array(preparation.decoded(path)), trained.inputs[row]
        )


# --- what is worth 16 bits


@pytest.mark.parametrize(
    ("values", "depth"),
    (
        (RANDOM.integers(0, 256, (6, 8, 8)).astype(np.uint16), 8),
        (RANDOM.integers(0, 256, (6, 8, 8)).astype(np.float32), 8),
        ((RANDOM.integers(0, 256, (6, 8, 8)) / 255).astype(np.float32), 8),
        ((RANDOM.integers(0, 256, (6, 8, 8)) / 255).astype(np.float32).astype(np.float64), 8),
        (RANDOM.integers(0, 300, (6, 8, 8)).astype(np.uint16), 16),
        (RANDOM.random((6, 8, 8)).astype(np.float32), 16),
        (RANDOM.integers(-9, 9, (6, 8, 8)).astype(np.int32), 8),
        (RANDOM.integers(-900, 900, (6, 8, 8)).astype(np.int32), 16),
    ),
    ids=(
        "small",
        "whole",
        "over 255",
        "over 255 before",
        "9 bits",
        "fractions",
        "few signed",
        "signed",
    ),
)
@pytest.mark.parametrize("kind", ("files", "array"))
def test_16_bits_only_where_bytes_would_lose_tones(
    tmp_path: Path, values: np.ndarray, depth: int, kind: str
) -> None:
    if kind == "files":
        as_stored = values.astype(np.float32) if values.dtype == np.float64 else values
        source = folder(tmp_path / "f", as_stored)
    else:
        source = tmp_path / "a.npz"
        np.savez(source, images=values, labels=np.arange(6) % 2)

    dataset = open_dataset(DataSettings(source=str(source)))
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation) and preparation.depth == depth
    assert dataset.inputs.dtype == (np.uint8 if depth == 8 else np.uint16)
    assert len(np.unique(dataset.inputs)) >= len(np.unique(values)) - 2


def test_deep_pictures_that_come_late_are_found(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 255, (200, 8, 8)).astype(np.uint8)
    source = folder(tmp_path / "f", values, "png")
    deep = RANDOM.integers(0, 60_000, (8, 8)).astype(np.uint16)
    Image.fromarray(deep).save(source / "b" / "77a.png")

    dataset = open_dataset(DataSettings(source=str(source)))
    row = list(dataset.names).index("b/77a.png")
    assert dataset.inputs.dtype == np.uint16
    np.testing.assert_array_equal(dataset.inputs[row, 0], deep)
    row = list(dataset.names).index("a/0.png")
    np.testing.assert_array_equal(dataset.inputs[row, 0], values[0] * np.uint16(257))


def test_colours_of_an_array_are_resized_with_their_tones(tmp_path: Path) -> None:
    ramp = np.linspace(0, 0.02, 16, dtype=np.float32)  # 5 bytes of 255
    one = np.stack([np.stack([ramp + 0.01, ramp, ramp / 2], axis=-1)] * 16)
    values = np.stack([one] * 6)
    values[0, 0, 0] = 1.0
    np.savez(tmp_path / "a.npz", images=values, labels=np.arange(6) % 2)

    dataset = open_dataset(DataSettings(source=str(tmp_path / "a.npz"), height=8, width=8))
    assert dataset.inputs.shape == (6, 3, 8, 8) and dataset.inputs.dtype == np.uint16
    assert len(np.unique(dataset.inputs[1])) > 20

    grey = open_dataset(
        DataSettings(source=str(tmp_path / "a.npz"), height=8, width=8, colour="grey")
    )
    expected = np.tensordot([0.299, 0.587, 0.114], dataset.inputs[1].astype(float), 1)
    assert np.abs(grey.inputs[1, 0] - expected).max() <= 2


# --- everything after


def test_the_cache_keeps_16_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = folder(tmp_path / "f", RANDOM.integers(0, 60_000, (20, 8, 8)).astype(np.uint16))
    settings = DataSettings(source=str(source))
    cache = Cache(tmp_path / "cache")
    first = open_dataset(settings, cache=cache).inputs.copy()

    recalled = open_dataset(settings, cache=cache)
    assert recalled.inputs.dtype == np.uint16
    np.testing.assert_array_equal(recalled.inputs, first)

    for module in ("cache", "decoding.storage"):
        monkeypatch.setattr(f"app.engine.sources.{module}.fits_memory", lambda size: False)

    mapped = open_dataset(settings, cache=cache)
    assert isinstance(mapped.inputs, np.memmap)
    np.testing.assert_array_equal(mapped.inputs, first)
    anew = open_dataset(settings, cache=Cache(tmp_path / "other"))
    assert isinstance(anew.inputs, np.memmap) and anew.inputs.dtype == np.uint16
    np.testing.assert_array_equal(anew.inputs, first)


def test_the_network_reads_every_tone() -> None:
    stored = RANDOM.integers(0, 65_536, (4, 1, 6, 6)).astype(np.uint16)
    mean, std = statistics(stored, np.arange(4))
    assert mean[0] == pytest.approx(stored.mean() / 65_535)
    assert std[0] == pytest.approx(stored.std() / 65_535)

    preparation = ImagePreparation(6, 6, 1, "crop", mean, std, Tones(0, 65_535), 16)
    expected = (stored / 65_535 - mean[0]) / std[0]
    for batch in (torch.from_numpy(stored), shared_tensor(stored)):
        assert np.abs(preparation.tensor(batch).numpy() - expected).max() < 1e-5


@pytest.mark.parametrize(
    "settings",
    (
        AugmentationSettings(flip=True, shift=0.2),
        AugmentationSettings(flip=False, shift=0.0, rotate=20, scale=0.1),
        AugmentationSettings(flip=False, shift=0.0, light=0.4),
        AugmentationSettings(flip=False, shift=0.0, erase=0.3),
    ),
    ids=("moved", "turned", "light", "erased"),
)
def test_pictures_of_16_bits_are_varied_as_those_of_8(settings: AugmentationSettings) -> None:
    small = RANDOM.integers(0, 256, (5, 1, 16, 16)).astype(np.uint8)
    augmentation = Augmentation(settings)
    wide = shared_tensor(small * np.uint16(257))

    of_bytes = augmentation(torch.from_numpy(small), torch.Generator().manual_seed(3))
    of_wide = augmentation(wide, torch.Generator().manual_seed(3))
    assert of_wide.dtype == wide.dtype
    tones = of_wide.numpy().view(np.uint16) / 257
    assert np.abs(tones - of_bytes.numpy().astype(float)).max() <= 0.51


def test_they_are_shown_as_bytes() -> None:
    preparation = ImagePreparation(1, 3, 1, "crop", (0.5,), (0.5,), Tones(0, 1), 16)
    shown = preparation.to_display(np.array([[[0, 30_000, 65_535]]], np.uint16))
    assert shown.dtype == np.uint8 and shown.tolist() == [[[0, 117, 255]]]


def test_a_later_array_of_fractions_is_read_to_the_last_bit(tmp_path: Path) -> None:
    values = RANDOM.random((12, 8, 8, 3)).astype(np.float32)
    path = tmp_path / "a.npz"
    np.savez(path, images=values, labels=np.arange(12) % 2)
    trained = open_dataset(DataSettings(source=str(path)))
    read = read_input(path, trained.description, DataSettings())
    arrays = [trained.description.preparation.array(raw) for raw in read.raws]
    np.testing.assert_array_equal(np.stack(arrays), trained.inputs)


def test_a_deep_picture_is_a_picture_for_the_screen(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 40_000]], np.uint16)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").mode == "L"
    assert decode(tmp_path / "a.png", exact=True).mode == "F"


@pytest.mark.parametrize(
    ("value_range", "depth"),
    (
        (ValueRange(0, 255, True), 8),
        (ValueRange(-100, 155, True), 8),
        (ValueRange(0, 256, True), 16),
        (ValueRange(0, 1, False), 16),
        (ValueRange(0, 1, False, True), 8),
        (ValueRange(0, 2, False, True), 16),
    ),
)
def test_the_depth_follows_from_all_values(value_range: ValueRange, depth: int) -> None:
    assert value_range.depth == depth


def test_deep_pictures_for_a_network_of_bytes_are_read_alone_as_among_others(
    tmp_path: Path,
) -> None:
    trained = open_dataset(
        DataSettings(
            source=str(
                folder(tmp_path / "t", RANDOM.integers(0, 256, (8, 8, 8)).astype(np.uint8), "png")
            )
        )
    )
    peaks = np.array([300, 3_000, 30_000, 60_000]).reshape(-1, 1, 1)
    values = (RANDOM.random((4, 8, 8)) * peaks).astype(np.uint16)
    source = folder(tmp_path / "later", values)

    later = open_dataset(DataSettings(source=str(source)), trained=trained.description)
    assert later.inputs.dtype == np.uint8
    for row, name in enumerate(later.names):
        (raw,) = read_input(source / name, trained.description, DataSettings()).raws
        alone = as_array(trained.description.preparation, raw)
        np.testing.assert_array_equal(alone, later.inputs[row])
