"""Labels in arrays are told for what they are, and never reduced in silence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.augmentation import resolve_augmentation
from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.targets import are_positions

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

CASES = Path(__file__).parents[2] / "cases" / "npz"
RANDOM = np.random.default_rng(5)
COUNT = 60
EXAMPLES = {
    "images": RANDOM.integers(0, 256, (COUNT, 8, 8), np.uint8),
    "signals": RANDOM.normal(size=(COUNT, 2, 32)).astype(np.float32),
}
TAGS = (np.arange(COUNT)[:, None] % np.array([2, 3, 5, 7]) == 0).astype(np.uint8)
ONE_HOT = np.eye(4, dtype=np.float32)[np.arange(COUNT) % 4]
SHARES = RANDOM.dirichlet(np.ones(4), COUNT).astype(np.float32)


def opened(path: Path, labels: np.ndarray, kind: str = "images", **settings: Any) -> Dataset:
    np.savez(path / "a.npz", **{kind: EXAMPLES[kind], "labels": labels})  # type: ignore[arg-type]
    return open_dataset(DataSettings(source=str(path / "a.npz"), **settings))


def notes(dataset: Dataset) -> str:
    return " ".join(dataset.description.notes)


def test_a_chest_of_none_to_several_findings_is_one_of_tags() -> None:
    dataset = open_dataset(DataSettings(source=str(CASES / "chest_like.npz")))
    description = dataset.description

    assert description.task == "multi-label"
    assert (description.total, len(description.classes)) == (200, 14)
    assert description.sizes == {"training": 140, "validation": 30, "test": 30}
    with np.load(CASES / "chest_like.npz") as arrays:
        assert np.array_equal(dataset.targets[:140], arrays["train_labels"])
    assert not description.skipped
    assert "from none to 6" in notes(dataset)


def test_ages_are_amounts() -> None:
    dataset = open_dataset(DataSettings(source=str(CASES / "ages.npz")))
    assert dataset.description.task == "regression"
    with np.load(CASES / "ages.npz") as arrays:
        assert np.array_equal(dataset.targets[:, 0], arrays["labels"])


@pytest.mark.parametrize("kind", ["images", "signals"])
@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.float32, np.int64])
def test_columns_of_0_and_1_are_tags(tmp_path: Path, kind: str, dtype: type) -> None:
    dataset = opened(tmp_path, TAGS.astype(dtype), kind)
    assert dataset.description.task == "multi-label"
    assert np.array_equal(dataset.targets, TAGS)
    assert "several tags" in notes(dataset)


def test_columns_of_minus_1_and_1_are_tags(tmp_path: Path) -> None:
    dataset = opened(tmp_path, TAGS.astype(np.int8) * 2 - 1)
    assert np.array_equal(dataset.targets, TAGS) and "-1 is no" in notes(dataset)


@pytest.mark.parametrize("kind", ["images", "signals"])
def test_a_single_1_in_each_row_is_a_class(tmp_path: Path, kind: str) -> None:
    dataset = opened(tmp_path, ONE_HOT, kind)
    assert dataset.description.task == "classification"
    assert dataset.description.classes == ("0", "1", "2", "3")
    assert dataset.targets.tolist() == (np.arange(COUNT) % 4).tolist()
    assert "one-hot" in notes(dataset)


def test_a_class_of_one_hot_labels_without_a_row_keeps_its_place(tmp_path: Path) -> None:
    wide = np.concatenate(
        [ONE_HOT[:, :2], np.zeros((COUNT, 1), np.float32), ONE_HOT[:, 2:]], axis=1
    )
    dataset = opened(tmp_path, wide)
    assert dataset.description.classes == ("0", "1", "2", "3", "4")
    assert set(dataset.targets.tolist()) == {0, 1, 3, 4}


def test_tags_are_no_classes_though_asked(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tags in 'labels', not one class each.*at once") as caught:
        opened(tmp_path, TAGS, task="classification")
    assert caught.value.setting == "data.task"


def test_fractions_are_amounts_and_no_classes(tmp_path: Path) -> None:
    labels = RANDOM.normal(size=COUNT)
    assert opened(tmp_path, labels).description.task == "regression"
    with pytest.raises(UserError, match="amounts in 'labels', not classes"):
        opened(tmp_path, labels, task="classification")


@pytest.mark.parametrize(
    ("name", "labels", "task"),
    [
        ("labels", np.arange(COUNT) % 10, "classification"),
        ("labels", np.arange(COUNT) % 30, "classification"),
        ("labels", np.arange(COUNT) + 1000, "regression"),
        ("age", RANDOM.integers(0, 90, COUNT), "regression"),
        ("age", RANDOM.integers(0, 90, COUNT).astype(np.float32), "regression"),
        ("count", np.arange(COUNT) % 10, "regression"),
        ("labels", np.arange(COUNT) % 3 + 0.0, "classification"),
    ],
)
def test_whole_numbers_are_classes_or_amounts_by_their_values_and_name(
    tmp_path: Path, name: str, labels: np.ndarray, task: str
) -> None:
    np.savez(tmp_path / "a.npz", **{"images": EXAMPLES["images"], name: labels})
    source = str(tmp_path / "a.npz")
    assert open_dataset(DataSettings(source=source)).description.task == task

    other = {"regression": "classification", "classification": "regression"}[task]
    if len(np.unique(labels)) < COUNT // 2:
        assert open_dataset(DataSettings(source=source, task=other)).description.task == other


def test_several_numbers_are_amounts_of_which_one_column_may_be_chosen(tmp_path: Path) -> None:
    labels = RANDOM.integers(0, 5, (COUNT, 3))
    dataset = opened(tmp_path, labels)
    assert [item.name for item in dataset.description.amounts] == [
        "labels 1",
        "labels 2",
        "labels 3",
    ]
    assert "amounts to predict" in notes(dataset)

    column = opened(tmp_path, labels, target="labels 2")
    assert column.description.task == "classification"
    assert column.targets.tolist() == labels[:, 1].tolist()


@pytest.mark.parametrize("form", ["points", "pairs"])
def test_keypoints_are_amounts_and_their_pictures_are_not_moved(tmp_path: Path, form: str) -> None:
    points = RANDOM.random((COUNT, 5, 2)).astype(np.float32)
    labels = points if form == "points" else points.reshape(COUNT, 10)
    np.savez(tmp_path / "a.npz", images=EXAMPLES["images"], keypoints=labels)
    dataset = open_dataset(DataSettings(source=str(tmp_path / "a.npz")))

    assert dataset.description.task == "regression"
    assert [item.name for item in dataset.description.amounts][:3] == [
        "keypoints 1 x",
        "keypoints 1 y",
        "keypoints 2 x",
    ]
    assert np.array_equal(dataset.targets, points.reshape(COUNT, 10))
    assert "5 points of 2 coordinates" in notes(dataset)
    moved = resolve_augmentation(AugmentationSettings(), dataset.description)
    assert (moved.flip, moved.shift) == (False, 0.0)


@pytest.mark.parametrize("names", [("x1", "y1"), ("left_eye_x", "left_eye_y"), ("box w", "box h")])
def test_positions_are_told_by_the_names_of_amounts(tmp_path: Path, names: tuple[str, str]) -> None:
    first, second = RANDOM.random((2, COUNT))
    np.savez(
        tmp_path / "a.npz",
        images=EXAMPLES["images"],
        **dict(zip(names, (first, second), strict=False)),
    )
    dataset = open_dataset(DataSettings(source=str(tmp_path / "a.npz"), target=list(names)))
    assert all(item.is_position for item in dataset.description.amounts)
    assert "pictures are not moved" in notes(dataset)
    assert resolve_augmentation(AugmentationSettings(), dataset.description).shift == 0.0


def test_one_axis_alone_is_no_position() -> None:
    assert not are_positions(["y"]) and not are_positions(["price", "y"])
    assert are_positions(["x", "y"]) and are_positions(["xmin", "ymin"])


def test_pictures_with_amounts_are_moved(tmp_path: Path) -> None:
    description = opened(tmp_path, RANDOM.normal(size=COUNT)).description
    assert resolve_augmentation(AugmentationSettings(), description).shift


def test_columns_of_texts_need_a_choice(tmp_path: Path) -> None:
    labels = np.array([["cat", "grey"], ["dog", "black"]] * (COUNT // 2))
    with pytest.raises(UserError, match=r"2 columns of texts.*'labels 1'") as caught:
        opened(tmp_path, labels)
    assert caught.value.setting == "data.target"
    assert opened(tmp_path, labels, target="labels 2").description.classes == ("black", "grey")


@pytest.mark.parametrize(
    "shape", [(COUNT, 16, 16, 16), (COUNT, 28, 28, 28), (COUNT, 8, 8, 8, 1), (COUNT, 9, 20, 20, 3)]
)
def test_volumes_are_refused_with_their_reason(tmp_path: Path, shape: tuple[int, ...]) -> None:
    images = np.zeros(shape, np.uint8)
    np.savez_compressed(tmp_path / "a.npz", images=images, labels=np.arange(COUNT) % 3)
    with pytest.raises(UserError, match=r"holds volumes.*'images'") as caught:
        open_dataset(DataSettings(source=str(tmp_path / "a.npz")))
    assert "slice" in caught.value.remedy


def test_many_channels_are_no_volume(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros((COUNT, 8, 8, 13)), labels=np.arange(COUNT) % 3)
    with pytest.raises(UserError, match="13 channels"):
        open_dataset(DataSettings(source=str(tmp_path / "a.npz")))


@pytest.mark.parametrize("kind", ["images", "signals"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_shares_that_add_up_to_1_are_soft_labels(tmp_path: Path, kind: str, dtype: type) -> None:
    dataset = opened(tmp_path, SHARES.astype(dtype), kind)
    assert dataset.description.task == "soft-labels"
    assert dataset.description.classes == ("0", "1", "2", "3")
    assert np.abs(dataset.targets - SHARES).max() < 2e-3
    assert np.abs(dataset.targets.sum(axis=1) - 1).max() < 1e-6
    assert "soft labels of 4 classes" in notes(dataset)


def test_of_soft_labels_the_largest_is_a_class_where_asked(tmp_path: Path) -> None:
    shares = SHARES.copy()
    shares[5] = 0.25
    dataset = opened(tmp_path, shares, task="classification")
    rest = np.delete(np.arange(COUNT), 5)
    assert dataset.targets.tolist() == SHARES[rest].argmax(axis=1).tolist()
    assert "the largest is taken as the class" in notes(dataset)
    assert [(item.path, item.reason) for item in dataset.description.skipped] == [
        ("images #6", "two classes have the same share of its label")
    ]
    assert opened(tmp_path, SHARES, task="regression").targets.shape == (COUNT, 4)
    with pytest.raises(UserError, match="a tag is there or not"):
        opened(tmp_path, SHARES, task="multi-label")


def test_labels_come_from_the_cache_as_they_were(tmp_path: Path) -> None:
    first = opened(tmp_path, SHARES, task="regression")
    source = DataSettings(source=str(tmp_path / "a.npz"), task="regression")
    again = open_dataset(source)
    assert np.array_equal(first.targets, again.targets)
    assert first.description == again.description


# --- the numbers of tags

PAIRS = np.array([[row % 6, (row + 1 + row % 5) % 6] for row in range(COUNT)])
MARKS = np.array([[float(tag in row) for tag in range(6)] for row in PAIRS.tolist()])


@pytest.mark.parametrize("kind", ["images", "signals"])
def test_numbers_of_tags_are_tags_where_their_name_says_so(tmp_path: Path, kind: str) -> None:
    dataset = opened(tmp_path, PAIRS, kind)
    assert dataset.description.task == "multi-label"
    assert dataset.description.classes == tuple("012345")
    assert dataset.targets.tolist() == MARKS.tolist()
    assert "taken for the numbers of its tags" in notes(dataset)

    amounts = opened(tmp_path, PAIRS, kind, task="regression")
    assert np.array_equal(amounts.targets, PAIRS) and "taken for" not in notes(amounts)


def test_minus_1_fills_up_where_an_example_has_fewer_tags(tmp_path: Path) -> None:
    labels = np.where(np.arange(COUNT)[:, None] % 3 == [3, 1], -1, PAIRS)
    dataset = opened(tmp_path, labels)
    assert dataset.description.classes == tuple("012345")
    assert dataset.targets[1].tolist() == [0, 1, 0, 0, 0, 0]


def test_whole_numbers_without_a_telling_name_are_asked_about(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=EXAMPLES["images"], y=PAIRS)
    settings = DataSettings(source=str(tmp_path / "a.npz"))
    with pytest.raises(UserError, match="the numbers of its tags, or amounts") as caught:
        open_dataset(settings)
    assert caught.value.setting == "data.task"
    assert "'multi-label' or 'regression'" in caught.value.remedy
    dataset = open_dataset(settings.replace(task="multi-label"))
    assert dataset.targets.tolist() == MARKS.tolist()
    with pytest.raises(UserError, match="several numbers in 'y', not classes"):
        open_dataset(settings.replace(task="classification"))


def test_repeated_numbers_are_tags_if_chosen_and_fractions_never(tmp_path: Path) -> None:
    labels = np.array([[row % 3, row % 2, 2] for row in range(COUNT)])
    dataset = opened(tmp_path, labels, task="multi-label")
    assert dataset.targets[:3].tolist() == [[1, 0, 1], [0, 1, 1], [1, 0, 1]]
    assert "as chosen" in notes(dataset)
    with pytest.raises(UserError, match="amounts in 'labels', not tags"):
        opened(tmp_path, RANDOM.normal(size=(COUNT, 2)), task="multi-label")


def test_texts_in_several_columns_are_tags_if_chosen(tmp_path: Path) -> None:
    labels = np.array([["cat", "grey"], ["dog", ""]] * (COUNT // 2))
    with pytest.raises(UserError, match="texts"):
        opened(tmp_path, labels)
    labels = np.array([["cat", "grey"], ["dog", "grey"]] * (COUNT // 2))
    dataset = opened(tmp_path, labels, task="multi-label")
    assert dataset.description.classes == ("cat", "dog", "grey")
    assert dataset.targets[:2].tolist() == [[1, 0, 1], [0, 1, 1]]
