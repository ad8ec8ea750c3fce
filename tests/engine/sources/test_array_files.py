"""Arrays in files of their own: NPY files with labels beside them, and pairs of NPZ files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(5)
COUNT = 60
IMAGES = RANDOM.integers(0, 256, (COUNT, 8, 8), np.uint8)
SIGNALS = RANDOM.normal(size=(COUNT, 2, 32)).astype(np.float32)
TWO = np.arange(COUNT) % 2
FOUR = np.arange(COUNT) % 4


def opened(source: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(source), **settings))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"),
        ("X", "Y"),
        ("data", "labels"),
        ("images", "targets"),
        ("photos", "labels"),
        ("cells", "cells_labels"),
        ("cells_x", "cells_y"),
        ("features", "ground_truth"),
    ],
)
def test_labels_stand_in_a_file_beside_the_array(tmp_path: Path, x: str, y: str) -> None:
    np.save(tmp_path / f"{x}.npy", IMAGES)
    np.save(tmp_path / f"{y}.npy", TWO)
    for source in (tmp_path / f"{x}.npy", tmp_path):
        dataset = opened(source)
        assert np.array_equal(dataset.inputs[:, 0], IMAGES)
        assert dataset.targets.tolist() == TWO.tolist()


@pytest.mark.parametrize(
    "names", [("X_train", "y_train", "X_test", "y_test"), ("xtrain", "ytrain", "xtest", "ytest")]
)
def test_splits_have_files_of_their_own(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name, array in zip(names, (IMAGES, TWO, IMAGES[:20] + 1, FOUR[:20] % 2), strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    for source in (tmp_path / f"{names[0]}.npy", tmp_path / f"{names[2]}.npy", tmp_path):
        description = opened(source).description
        assert description.sizes["test"] == 20 and description.total == 80


def test_another_data_set_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    for name, labels in (("cells", TWO), ("stars", FOUR)):
        np.save(tmp_path / f"{name}.npy", IMAGES)
        np.save(tmp_path / f"{name}_labels.npy", labels)
    assert len(opened(tmp_path / "cells.npy").description.classes) == 2
    assert len(opened(tmp_path / "stars.npy").description.classes) == 4


@pytest.mark.parametrize("kind", ["class", "several", "ordered"])
def test_labels_stand_in_a_table_beside_the_array(tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "data.npy", IMAGES)
    words = ["ant", "bee"]
    rows = {
        "class": ["label", *(words[number] for number in TWO)],
        "several": ["site,label", *(f"{a},{words[b]}" for a, b in zip(FOUR, TWO, strict=True))],
        "ordered": ["id,label", *(f"{n},{words[TWO[n]]}" for n in reversed(range(COUNT)))],
    }[kind]
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    dataset = opened(tmp_path / "data.npy")
    assert dataset.description.classes == ("ant", "bee")
    assert dataset.targets.tolist() == TWO.tolist()
    if kind == "several":
        assert len(opened(tmp_path / "data.npy", target="site").description.classes) == 4


def test_signals_stand_in_files_of_their_own(tmp_path: Path) -> None:
    np.save(tmp_path / "ecg.npy", SIGNALS)
    np.save(tmp_path / "labels.npy", TWO)
    dataset = opened(tmp_path / "ecg.npy")
    assert dataset.description.kind == "signal"
    assert dataset.targets.tolist() == TWO.tolist()


def test_pictures_beside_signals_are_pictures(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    np.save(tmp_path / "ecg.npy", SIGNALS)
    np.save(tmp_path / "y.npy", TWO)
    assert opened(tmp_path / "x.npy").description.kind == "image"
    assert opened(tmp_path / "ecg.npy").description.kind == "signal"


def test_an_array_without_labels_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    np.save(tmp_path / "y.npy", TWO[:9])
    with pytest.raises(UserError, match="holds 60 examples in 'x' but 9 labels in 'y'"):
        opened(tmp_path / "x.npy")


@pytest.mark.parametrize("prefix", ["kmnist", "k49"])
def test_pairs_of_npz_files_are_one_data_set(tmp_path: Path, prefix: str) -> None:
    for split, count in (("train", COUNT), ("test", 20)):
        np.savez_compressed(tmp_path / f"{prefix}-{split}-imgs.npz", IMAGES[:count])
        np.savez_compressed(tmp_path / f"{prefix}-{split}-labels.npz", FOUR[:count])
    (tmp_path / f"{prefix}_classmap.csv").write_text(
        "index,codepoint,char\n0,U+304A,お\n1,U+304D,き\n2,U+3059,す\n3,U+3064,つ\n",
        encoding="utf-8",
    )
    for source in (tmp_path / f"{prefix}-train-imgs.npz", tmp_path):
        description = opened(source).description
        assert description.classes == ("お", "き", "す", "つ")
        assert description.sizes["test"] == 20


def test_a_medmnist_file_has_its_own_splits_and_classes(tmp_path: Path) -> None:
    arrays = {}
    for split, rows in (("train", np.s_[:40]), ("val", np.s_[40:50]), ("test", np.s_[50:])):
        arrays[f"{split}_images"] = np.stack([IMAGES[rows] >> n for n in range(3)], axis=-1)
        arrays[f"{split}_labels"] = FOUR[rows, None]
    np.savez_compressed(tmp_path / "pathmnist.npz", **arrays)
    description = opened(tmp_path / "pathmnist.npz").description
    assert description.shape == (3, 8, 8) and description.task == "classification"
    assert description.sizes == {"training": 40, "validation": 10, "test": 10}


def test_several_files_of_several_arrays_need_a_choice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", images=IMAGES, labels=TWO)
    with pytest.raises(UserError, match=r"several files.*'a\.npz' and 'b\.npz'"):
        opened(tmp_path)
    (tmp_path / "b.npz").unlink()
    assert opened(tmp_path).description.total == COUNT


def test_later_files_need_not_be_called_alike(tmp_path: Path) -> None:
    for folder, x, y in (("a", "x", "y"), ("b", "pictures", "labels")):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / f"{x}.npy", IMAGES)
        np.save(tmp_path / folder / f"{y}.npy", TWO)
    trained = opened(tmp_path / "a" / "x.npy")
    later = open_dataset(
        DataSettings(source=str(tmp_path / "b" / "pictures.npy")), trained=trained.description
    )
    assert np.array_equal(later.targets, trained.targets)
    given = read_input(tmp_path / "b" / "pictures.npy", trained.description, DataSettings())
    assert len(given.raws) == COUNT
