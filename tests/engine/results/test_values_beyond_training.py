"""Values of pictures beyond the range of training are cut off, told and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.tones import Tones
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import PredictionInput, read_input
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(3)
LABELS = np.arange(20) % 2
COUNTED = "2 pictures have values beyond the range of training, which were cut off."


def opened(source: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(source), **settings))


def saved(path: Path, images: np.ndarray) -> Path:
    np.savez(path, images=images, labels=LABELS[: len(images)])
    return path


def asked(path: Path, trained: Dataset) -> tuple[PredictionInput, ImagePreparation]:
    preparation = trained.description.preparation
    assert isinstance(preparation, ImagePreparation)
    return read_input(path, trained.description, DataSettings()), preparation


@pytest.mark.parametrize(("dtype", "suffix"), (("int32", "tif"), ("float32", "tif")))
def test_of_files(tmp_path: Path, dtype: str, suffix: str) -> None:
    def write(folder: str, number: int, values: np.ndarray) -> Path:
        path = tmp_path / folder / "ab"[number % 2] / f"{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(dtype)).save(path)
        return path

    values = RANDOM.integers(0, 4_096, (20, 8, 8))
    values[:, 0, :2] = 0, 4_095
    for number, picture in enumerate(values):
        write("train", number, picture)

    trained = opened(tmp_path / "train")
    assert trained.description.preparation.tones == Tones(0, 4_095)

    later = values[:4].copy()
    later[0, 3, :3] = 1_000_000
    later[1, 3, 3] = 9_000
    told = []
    for number, picture in enumerate(later):
        given, preparation = asked(write("later", number, picture), trained)
        told.append(preparation.left_out_note(given.raws[0]))

    beyond = "beyond 0 to 4,095, the range of training;"
    assert told == [
        f"3 of its 64 values lie {beyond} they are cut off.",
        f"1 of its 64 values lies {beyond} it is cut off.",
        "",
        "",
    ]
    data = DataSettings(source=str(tmp_path / "later"))
    tested = open_dataset(data, trained=trained.description)
    assert COUNTED in tested.description.notes
    assert not any("cut off" in note for note in trained.description.notes)


@pytest.mark.parametrize("side", (8, 12))
def test_of_arrays(tmp_path: Path, side: int) -> None:
    values = RANDOM.integers(0, 256, (20, 8, 8))
    trained = opened(saved(tmp_path / "train.npz", values.astype(np.int64)))
    later = RANDOM.integers(0, 256, (4, side, side)).astype(np.int64)
    later[0, 0, 0] = -128
    later[2, :2, 0] = 300
    path = saved(tmp_path / "later.npz", later)
    given, _ = asked(path, trained)
    assert [bool(text) for text in given.told] == [True, False, True, False]
    assert given.told[0] == (
        f"1 of its {side * side} values lies beyond 0 to 255, the range of training; it is cut off."
    )

    data = DataSettings(source=str(path), height=8, width=8)
    assert COUNTED in open_dataset(data, trained=trained.description).description.notes


def test_a_network_of_bytes_reads_dark_whole_numbers_as_bytes(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 256, (20, 8, 8)).astype(np.uint8)
    trained = opened(saved(tmp_path / "train.npz", values))
    dark = (values // 8).astype(np.int64)
    dark[0, 0, 0] = -128
    path = saved(tmp_path / "later.npz", dark)
    given, preparation = asked(path, trained)
    arrays = np.stack([preparation.array(raw) for raw in given.raws])
    np.testing.assert_array_equal(arrays[:, 0], np.clip(dark, 0, 255))
    assert given.told[0] and not any(given.told[1:])

    tested = open_dataset(DataSettings(source=str(path)), trained=trained.description)
    np.testing.assert_array_equal(tested.inputs, arrays)

    shares = saved(tmp_path / "shares.npz", (values / 255).astype(np.float32))
    given, preparation = asked(shares, trained)
    arrays = np.stack([preparation.array(raw) for raw in given.raws])
    np.testing.assert_array_equal(arrays, trained.inputs)
    assert not any(given.told)


def test_another_range_than_that_of_bytes_is_told(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 256, (20, 8, 8)).astype(np.uint8)
    trained = opened(saved(tmp_path / "train.npz", values))
    path = saved(tmp_path / "later.npz", values.astype(np.float32) * 10 - 100)
    given, _ = asked(path, trained)
    assert all("are read as black to white; training had bytes." in text for text in given.told)


def test_percentiles_leave_the_brightest_alone() -> None:
    tones = Tones(100, 200, trimmed=True)
    assert tones.cut(np.array([90, 100, 290], np.uint16)) == 0
    assert tones.cut(np.array([90.0, np.nan, np.inf, 301.0])) == 1
