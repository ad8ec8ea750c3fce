"""The range of values that becomes black to white can be chosen, and holds for later files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.tones import Tones
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(8)


def opened(source: Path, **settings: Any) -> tuple[Dataset, ImagePreparation]:
    dataset = open_dataset(DataSettings(source=str(source), **settings))
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation)
    return dataset, preparation


def write(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """Pictures of 12 bits from 100 to 3,000, with a hot and a dead pixel in every tenth."""
    values = RANDOM.integers(100, 3_001, (20, 16, 16)).astype(np.uint16)
    values[:, 0, 0] = 100
    values[:, 0, 1] = 3_000
    values[::10, 5, 5] = 4_000
    values[::10, 6, 6] = 3
    for number, picture in enumerate(values):
        write(tmp_path / "camera" / "ab"[number % 2] / f"{number}.tif", picture)

    return tmp_path / "camera"


@pytest.mark.parametrize(
    ("choice", "low", "high"),
    ((None, 0, 4_095), ("depth", 0, 65_535), ("training", 3, 4_000)),
)
def test_a_range_is_chosen(camera: Path, choice: str | None, low: float, high: float) -> None:
    _, preparation = opened(camera, values=choice)
    assert preparation.tones == Tones(low, high)


def test_percentiles_cut_off_what_is_rare(camera: Path) -> None:
    dataset, preparation = opened(camera, values="percentiles")
    tones = preparation.tones
    assert tones is not None
    assert 100 <= tones.low < 160 and 2_930 < tones.high <= 3_000

    share = float((dataset.inputs == 0).mean() + (dataset.inputs == 65_535).mean())
    assert 0.01 < share < 0.04

    again = open_dataset(DataSettings(source=str(camera)), trained=dataset.description)
    np.testing.assert_array_equal(again.inputs, dataset.inputs)


def test_the_range_of_training_leaves_out_what_is_set_apart(tmp_path: Path) -> None:
    for split, peak in (("train", 1_000), ("test", 5_000)):
        for number in range(6):
            values = RANDOM.integers(10, peak, (8, 8)).astype(np.uint16)
            values[0, :2] = 10, peak
            write(tmp_path / "d" / split / "ab"[number % 2] / f"{number}.png", values)

    dataset, preparation = opened(tmp_path / "d", values="training")
    assert preparation.tones == Tones(10, 1_000)
    assert int(dataset.inputs[dataset.indices["test"]].max()) == 65_535  # cut off


@pytest.mark.parametrize(
    ("choice", "tones"),
    (("training", Tones(-3, 5)), ("percentiles", Tones(-1, 1)), (None, Tones(-3, 5))),
)
def test_arrays_too(tmp_path: Path, choice: str | None, tones: Tones) -> None:
    values = np.tile(np.linspace(-1, 1, 64).reshape(1, 8, 8), (50, 1, 1)).astype(np.float32)
    values[0, 0, 0] = -3
    values[0, 0, 1] = 5
    np.savez(tmp_path / "a.npz", images=values, labels=np.arange(50) % 2)

    _, preparation = opened(tmp_path / "a.npz", values=choice)
    assert preparation.tones is not None
    assert preparation.tones.low == pytest.approx(tones.low, abs=0.04)
    assert preparation.tones.high == pytest.approx(tones.high, abs=0.04)


def test_pictures_of_bytes_have_no_range(tmp_path: Path) -> None:
    for number in range(6):
        values = RANDOM.integers(50, 90, (8, 8)).astype(np.uint8)
        write(tmp_path / "d" / "ab"[number % 2] / f"{number}.png", values)

    dataset, preparation = opened(tmp_path / "d", values="percentiles")
    assert preparation.tones is None and int(dataset.inputs.min()) >= 50
