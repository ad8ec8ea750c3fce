"""Later files of arrays: those of the training are taken by their names, in their axis order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(5)
COUNT = 40
IMAGES = RANDOM.integers(0, 256, (COUNT, 8, 8), np.uint8)
OTHERS = RANDOM.integers(0, 256, (COUNT, 8, 8), np.uint8)
SIGNALS = RANDOM.normal(size=(COUNT, 32, 2)).astype(np.float32)
TWO = np.arange(COUNT) % 2
FOUR = np.arange(COUNT) % 4


def saved(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def opened(path: Path, trained: Description | None = None, **settings: Any) -> Dataset:
    data = DataSettings(source=str(path), **settings)
    if trained is not None:
        data = data.replace(task=trained.task)
    return open_dataset(data, trained=trained)


def answered(path: Path, dataset: Dataset) -> np.ndarray:
    """Returns the examples of a file as the network of a dataset gets them."""
    preparation: Any = dataset.description.preparation
    given = read_input(path, dataset.description, DataSettings())
    return np.stack([preparation.array(raw) for raw in given.raws])


def test_the_array_of_the_training_is_taken_by_its_name(tmp_path: Path) -> None:
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, masks=OTHERS, labels=TWO))
    later = saved(tmp_path / "b.npz", masks=OTHERS, labels=FOUR, images=IMAGES)
    assert np.array_equal(answered(later, trained), trained.inputs)

    other = opened(tmp_path / "a.npz", inputs="masks")
    assert np.array_equal(answered(later, other)[:, 0], OTHERS)


def test_the_reading_survives_the_run_folder(tmp_path: Path) -> None:
    arrays = {"images": IMAGES, "site": FOUR, "diagnosis": TWO}
    path = saved(tmp_path / "a.npz", **arrays, class_names=np.array(["ill", "well"]))
    description = opened(path).description
    again = Description.from_plain(description.to_plain())
    assert again.reading == description.reading
    assert again.reading.target_arrays == ("diagnosis",)
    assert again.reading.label_names == ("ill", "well")


def test_labels_of_later_files_are_those_of_the_training(tmp_path: Path) -> None:
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, site=FOUR, grade=TWO), target="grade")
    later = saved(tmp_path / "b.npz", images=IMAGES, labels=FOUR, grade=1 - TWO)
    dataset = opened(later, trained.description)
    assert dataset.targets.tolist() == (1 - TWO).tolist()


def test_names_of_classes_are_those_of_the_training(tmp_path: Path) -> None:
    names = np.array(["ill", "well"])
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, labels=TWO, class_names=names))
    later = opened(saved(tmp_path / "b.npz", images=IMAGES, labels=TWO), trained.description)
    assert later.description.classes == trained.description.classes == ("ill", "well")


def test_one_column_of_labels_holds_for_later_files(tmp_path: Path) -> None:
    both = np.stack([FOUR, TWO], axis=1)
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, y=both), target="y 2")
    later = opened(tmp_path / "a.npz", trained.description)
    assert np.array_equal(later.targets, trained.targets)


def test_tags_of_later_files_are_tags_though_each_row_has_one(tmp_path: Path) -> None:
    tags = (np.arange(COUNT)[:, None] % np.array([2, 3, 5]) == 0).astype(np.uint8)
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, labels=tags))
    one = np.eye(3, dtype=np.uint8)[np.arange(COUNT) % 3]
    later = opened(saved(tmp_path / "b.npz", images=IMAGES, labels=one), trained.description)
    assert later.description.task == "multi-label" and np.array_equal(later.targets, one)


@pytest.mark.parametrize(
    ("kind", "examples", "near"),
    [("images", IMAGES, "image"), ("signals", SIGNALS, "signal"), ("x", IMAGES, "")],
)
def test_a_missing_array_is_refused_with_the_nearest(
    tmp_path: Path, kind: str, examples: np.ndarray, near: str
) -> None:
    trained = opened(saved(tmp_path / "a.npz", **{kind: examples, "labels": TWO}))
    later = saved(tmp_path / "b.npz", **{near or "photos": examples, "labels": TWO})
    hint = f"; the nearest is '{near}'" if near else "; it has 'photos' and 'labels'"
    for read in (
        lambda: answered(later, trained),
        lambda: opened(later, trained.description),
    ):
        with pytest.raises(UserError, match=f"no array '{kind}'{hint}\\."):
            read()


def test_missing_labels_are_refused_with_the_nearest(tmp_path: Path) -> None:
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, labels=TWO))
    later = saved(tmp_path / "b.npz", images=IMAGES, label_1=TWO)
    with pytest.raises(UserError, match="no array 'labels'; the nearest is 'label_1'"):
        opened(later, trained.description)


@pytest.mark.parametrize("name", ["new.npy", "new.npz"])
def test_an_array_without_a_name_is_taken(tmp_path: Path, name: str) -> None:
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, labels=TWO))
    (np.save if name.endswith("y") else np.savez)(tmp_path / name, IMAGES)
    assert np.array_equal(answered(tmp_path / name, trained), trained.inputs)


def test_all_splits_of_a_later_file_are_answered(tmp_path: Path) -> None:
    arrays = {"train_images": IMAGES, "train_labels": TWO}
    arrays |= {"test_images": OTHERS, "test_labels": TWO}
    path = saved(tmp_path / "a.npz", **arrays)
    trained = opened(path)
    given = read_input(path, trained.description, DataSettings())

    assert given.names[:1] == ("train_images #1",) and given.names[-1:] == (
        f"test_images #{COUNT}",
    )
    assert np.array_equal(answered(path, trained), trained.inputs)


@pytest.mark.parametrize("labels", [None, TWO])
def test_signals_keep_the_order_of_their_axes(tmp_path: Path, labels: np.ndarray | None) -> None:
    arrays = {"signals": SIGNALS} | ({} if labels is None else {"labels": labels})
    trained = opened(saved(tmp_path / "a.npz", **arrays))
    assert trained.description.shape == (2, 32)
    assert np.array_equal(answered(tmp_path / "a.npz", trained), trained.inputs)


def test_arrays_of_other_names_are_named(tmp_path: Path) -> None:
    trained = opened(saved(tmp_path / "a.npz", images=IMAGES, labels=TWO))
    with pytest.raises(UserError, match=r"no array 'images'; it has 'x'\. Give"):
        answered(saved(tmp_path / "b.npz", x=IMAGES), trained)
