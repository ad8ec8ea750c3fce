"""Pictures of more than 8 bits have one range for the whole data set, which later files keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.tones import Tones, ValueRange
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset


def folder(path: Path, peaks: dict[str, float], dtype: str, suffix: str = "tif") -> Path:
    """Makes three pictures of every class; the brightest value of a class is its peak."""
    generator = np.random.default_rng(3)
    for name, peak in peaks.items():
        (path / name).mkdir(parents=True)
        for number in range(3):
            values = generator.random((8, 8)) * peak
            values[0, 0] = peak
            Image.fromarray(values.astype(dtype)).save(path / name / f"{number}.{suffix}")

    return path


def opened(source: Path) -> Dataset:
    return open_dataset(DataSettings(source=str(source)))


def preparation_of(dataset: Dataset) -> ImagePreparation:
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation)
    return preparation


@pytest.mark.parametrize("suffix", ("tif", "png"))
def test_pictures_of_16_bits_keep_their_order_of_brightness(tmp_path: Path, suffix: str) -> None:
    peaks = {"a": 250, "b": 3_000, "c": 40_000}
    dataset = opened(folder(tmp_path / "deep", peaks, "uint16", suffix))

    brightest = [int(dataset.inputs[dataset.targets == number].max()) for number in range(3)]
    assert brightest == [250, 3_000, 40_000]
    assert preparation_of(dataset).tones == Tones(0, 65_535)
    assert any("0 to 65,535" in note for note in dataset.description.notes)


def test_pictures_of_a_camera_of_12_bits_use_all_tones(tmp_path: Path) -> None:
    dataset = opened(folder(tmp_path / "deep", {"a": 900, "b": 3_900}, "uint16"))
    assert preparation_of(dataset).tones == Tones(0, 4_095)
    assert dataset.inputs.dtype == np.uint16
    assert int(dataset.inputs.max()) == 62_414  # 3,900 of 4,095


def test_one_value_above_1_does_not_take_the_tones_of_fractions(tmp_path: Path) -> None:
    dataset = opened(folder(tmp_path / "floats", {"a": 0.9, "b": 1.2}, "float32"))
    assert preparation_of(dataset).tones == Tones(0, pytest.approx(1.2))
    assert len(np.unique(dataset.inputs[dataset.targets == 0])) > 50


def test_pictures_that_differ_by_less_than_a_tone_are_no_copies(tmp_path: Path) -> None:
    dataset = opened(folder(tmp_path / "dim", {"a": 200, "b": 60_000}, "uint16"))
    assert not any("cop" in note for note in dataset.description.notes)


def test_a_mixed_folder_leaves_bytes_as_they_are(tmp_path: Path) -> None:
    source = folder(tmp_path / "mixed", {"a": 40_000}, "uint16")
    folder(tmp_path / "bytes", {"b": 200}, "uint8")
    (tmp_path / "bytes" / "b").rename(source / "b")

    dataset = opened(source)
    assert int(dataset.inputs[dataset.targets == 1].max()) == 200 * 257  # of 65,535


def test_later_pictures_are_read_by_the_range_of_the_training(tmp_path: Path) -> None:
    trained = opened(folder(tmp_path / "train", {"a": 250, "b": 40_000}, "uint16")).description
    later = folder(tmp_path / "later", {"a": 250, "b": 3_000}, "uint16")

    settings = DataSettings(source=str(later), height=8, width=8, colour="grey")
    dataset = open_dataset(settings, trained=trained)
    assert [int(dataset.inputs[dataset.targets == number].max()) for number in range(2)] == [
        250,
        3_000,
    ]
    assert any("as in training" in note for note in dataset.description.notes)


@pytest.mark.parametrize("suffix", ("npz", "npy"))
def test_later_arrays_are_read_by_the_range_of_the_training(tmp_path: Path, suffix: str) -> None:
    values = np.random.default_rng(1).integers(0, 17, (30, 8, 8)).astype(np.uint8)
    values[0, 0, 0] = 16
    np.savez(tmp_path / "train.npz", images=values, labels=np.arange(30) % 2)
    trained = opened(tmp_path / "train.npz")
    assert preparation_of(trained).tones == Tones(0, 16)

    dim = values // 4  # its largest value is 4
    later = tmp_path / f"later.{suffix}"
    if suffix == "npy":
        np.save(later, dim)
    else:
        np.savez(later, images=dim, labels=np.arange(30) % 2)

    read = read_input(later, trained.description, DataSettings())
    arrays = [trained.description.preparation.array(raw) for raw in read.raws]
    assert int(np.max(arrays)) == 64

    if suffix == "npz":
        dataset = open_dataset(DataSettings(source=str(later)), trained=trained.description)
        np.testing.assert_array_equal(dataset.inputs, np.stack(arrays))


@pytest.mark.parametrize(
    "values",
    (
        np.random.default_rng(2).random((20, 8, 8)),
        np.random.default_rng(2).random((20, 3, 8, 8)).astype(np.float32),
        np.random.default_rng(2).random((20, 8, 8, 3)).astype(np.float16),
        np.random.default_rng(2).integers(0, 256, (20, 8, 8, 4)).astype(np.uint8),
        np.random.default_rng(2).integers(-1024, 3000, (20, 8, 8)).astype(np.int16),
        np.random.default_rng(2).random((20, 8, 8)) > 0.5,
    ),
    ids=("fractions", "channels first", "half", "transparent", "signed", "booleans"),
)
def test_the_training_file_itself_is_predicted_from_as_it_was_read(
    tmp_path: Path, values: np.ndarray
) -> None:
    path = tmp_path / "train.npz"
    np.savez(path, images=values, labels=np.arange(20) % 2)
    trained = opened(path)

    read = read_input(path, trained.description, DataSettings())
    arrays = [trained.description.preparation.array(raw) for raw in read.raws]
    np.testing.assert_array_equal(np.stack(arrays), trained.inputs)


def test_bytes_stay_bytes(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 256, (20, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "train.npz", images=values, labels=np.arange(20) % 2)
    trained = opened(tmp_path / "train.npz")
    assert preparation_of(trained).tones is None

    np.save(tmp_path / "dark.npy", values // 20)  # not stretched
    read = read_input(tmp_path / "dark.npy", trained.description, DataSettings())
    assert int(np.max([np.asarray(raw) for raw in read.raws])) == 12


@pytest.mark.parametrize(
    ("low", "high", "whole", "tones"),
    (
        (0, 0, True, Tones(0, 255)),
        (0, 1, True, Tones(0, 1)),
        (0, 0.5, False, Tones(0, 1)),
        (-0.5, 1, False, Tones(-1, 1)),
        (-3, 1, False, Tones(-3, 1)),
        (0, 63, True, Tones(0, 63)),
        (0, 64, True, Tones(0, 255)),
        (0, 256, True, Tones(0, 511)),
        (5, 65_535, True, Tones(0, 65_535)),
        (0, 65_536, True, Tones(0, 65_536)),
        (0, 300.5, False, Tones(0, 300.5)),
    ),
)
def test_the_tones_follow_from_all_values(
    low: float, high: float, whole: bool, tones: Tones
) -> None:
    assert ValueRange(low, high, whole).tones() == tones
