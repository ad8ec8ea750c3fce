"""Which array is the input and which the label: a guess with its reason, or as chosen by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import PredictionInput, read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.summary import problems

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

CASES = Path(__file__).parents[2] / "cases" / "npz"
RANDOM = np.random.default_rng(5)
COUNT = 60
IMAGES = RANDOM.integers(0, 256, (COUNT, 8, 8), np.uint8)
SIGNALS = RANDOM.normal(size=(COUNT, 2, 32)).astype(np.float32)
TWO = np.arange(COUNT) % 2
FOUR = np.arange(COUNT) % 4


def opened(path: Path, arrays: dict[str, np.ndarray], **settings: Any) -> Dataset:
    np.savez(path / "a.npz", **arrays)  # type: ignore[arg-type]
    return open_dataset(DataSettings(source=str(path / "a.npz"), **settings))


def notes(dataset: Dataset) -> str:
    return " ".join(dataset.description.notes)


def test_a_diagnosis_is_a_better_label_than_a_site() -> None:
    source = str(CASES / "site_first.npz")
    dataset = open_dataset(DataSettings(source=source))
    description = dataset.description

    assert len(description.classes) == 3
    assert description.chosen == {"target": "diagnosis", "inputs": "images"}
    assert "The label is 'diagnosis', named like something to predict; 'site'" in notes(dataset)

    site = open_dataset(DataSettings(source=source, target="site"))
    assert len(site.description.classes) == 5
    assert site.description.reading.target_arrays == ("site",)
    with np.load(CASES / "site_first.npz") as arrays:
        assert np.array_equal(site.targets, arrays["site"])


@pytest.mark.parametrize(
    ("others", "label", "reason"),
    [
        (("site", "label"), "label", "named like one"),
        (("patient_id", "malignant"), "malignant", "because 'patient_id' says where"),
        (("fold", "fine_labels"), "fine_labels", "named like one"),
        (("scanner", "species", "weight"), "species", "named like something to predict"),
        (("grade", "stage"), "grade", "the first of as many values"),
    ],
)
def test_the_name_decides_about_the_label(
    tmp_path: Path, others: tuple[str, ...], label: str, reason: str
) -> None:
    arrays = {"images": IMAGES, **dict.fromkeys(others, FOUR), label: TWO}
    dataset = opened(tmp_path, arrays)
    assert dataset.description.reading.target_arrays == (label,)
    assert len(dataset.description.classes) == 2
    assert f"The label is '{label}', {reason}" in notes(dataset)
    assert all(f"'{name}'" in notes(dataset) for name in others)


def test_a_site_alone_is_the_label_and_told(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {"images": IMAGES, "site": FOUR})
    assert len(dataset.description.classes) == 4
    assert "The label is 'site', the only array of as many values, though" in notes(dataset)


def test_names_of_classes_belong_to_the_likely_label(tmp_path: Path) -> None:
    arrays = {
        "images": IMAGES,
        "site": TWO,
        "label": 1 - TWO,
        "class_names": np.array(["no", "yes"]),
    }
    assert opened(tmp_path, arrays).description.classes == ("no", "yes")
    assert opened(tmp_path, arrays, target="site").description.classes == ("0", "1")


@pytest.mark.parametrize(("kind", "examples"), [("images", IMAGES), ("signals", SIGNALS)])
def test_an_unknown_array_is_refused_with_the_nearest(
    tmp_path: Path, kind: str, examples: np.ndarray
) -> None:
    arrays = {kind: examples, "label": TWO, "site": FOUR}
    for name, setting, near in (("lable", "target", "label"), (kind[:-2], "inputs", kind)):
        with pytest.raises(
            UserError, match=rf"no array '{name}'; the nearest is '{near}'"
        ) as caught:
            opened(tmp_path, arrays, **{setting: name})
        assert caught.value.setting == f"data.{setting}"

    with pytest.raises(UserError, match="has not the form of labels"):
        opened(tmp_path, {**arrays, "extra": np.array(3.0)}, target="extra")


def test_the_input_is_chosen_by_name(tmp_path: Path) -> None:
    arrays = {"images": IMAGES, "masks": 255 - IMAGES, "labels": TWO}
    guessed = opened(tmp_path, arrays)
    assert "The input is 'images', named like one; 'masks' could be it too" in notes(guessed)

    chosen = opened(tmp_path, arrays, inputs="masks")
    assert np.array_equal(chosen.inputs[:, 0], 255 - IMAGES)
    assert chosen.description.reading.input_array == "masks"


def test_several_arrays_are_several_amounts(tmp_path: Path) -> None:
    arrays = {"images": IMAGES, "age": FOUR * 1.5, "weight": TWO * 2.5}
    dataset = opened(tmp_path, arrays, target=["age", "weight"])
    assert [item.name for item in dataset.description.amounts] == ["age", "weight"]
    assert np.array_equal(dataset.targets, np.stack([FOUR * 1.5, TWO * 2.5], axis=1))


@pytest.mark.parametrize(
    "keys",
    [
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("trainX", "trainY", "testX", "testY"),
        ("images.train", "labels.train", "images.test", "labels.test"),
    ],
)
def test_a_name_holds_for_all_splits(tmp_path: Path, keys: tuple[str, ...]) -> None:
    arrays = dict(zip(keys, (IMAGES, TWO, IMAGES[:20], TWO[:20]), strict=True))
    arrays |= {"train_site": FOUR, "test_site": FOUR[:20]}
    dataset = opened(tmp_path, arrays)
    assert dataset.description.sizes["test"] == 20
    assert len(dataset.description.classes) == 2

    site = opened(tmp_path, arrays, target="site")
    assert len(site.description.classes) == 4 and site.description.sizes["test"] == 20
    assert len(opened(tmp_path, arrays, target="train_site").description.classes) == 4


def test_a_split_without_labels_is_told(tmp_path: Path) -> None:
    arrays = {"x_train": IMAGES, "y_train": TWO, "x_test": IMAGES[:9] + 1}
    dataset = opened(tmp_path, arrays)
    assert dataset.description.total == COUNT
    assert "'x_test' has no labels and is not read." in notes(dataset)


def test_a_result_of_a_test_is_no_test_set(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {"images": IMAGES, "test_result": TWO})
    assert dataset.description.total == COUNT
    assert dataset.description.reading.target_arrays == ("test_result",)


def test_labels_of_signals_are_chosen_by_name(tmp_path: Path) -> None:
    arrays = {"ecg": SIGNALS, "site": FOUR, "diagnosis": TWO}
    assert len(opened(tmp_path, arrays).description.classes) == 2
    assert len(opened(tmp_path, arrays, target="site").description.classes) == 4


# --- what does not fit together


@pytest.mark.parametrize("key", ["test_labels", "ytest"])
def test_labels_of_another_number_are_told(tmp_path: Path, key: str) -> None:
    arrays = {"train_images": IMAGES, "train_labels": TWO, "test_images": IMAGES[:9], key: TWO[:5]}
    dataset = opened(tmp_path, arrays)
    assert dataset.description.total == COUNT
    expected = f"'test_images' is not read: it has 9 examples, but '{key}' has 5 labels."
    assert expected in notes(dataset)


def test_signals_with_labels_of_another_number_are_told(tmp_path: Path) -> None:
    arrays = {
        "train_signals": SIGNALS,
        "train_y": TWO,
        "val_signals": SIGNALS[:8],
        "val_y": TWO[:12],
    }
    expected = "'val_signals' is not read: it has 8 examples, but 'val_y' has 12 labels."
    assert expected in notes(opened(tmp_path, arrays))


def test_examples_and_labels_of_different_numbers_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds 60 examples in 'images' but 55 labels in 'labels'"):
        opened(tmp_path, {"images": IMAGES, "labels": TWO[:55]})


@pytest.mark.parametrize("width", [7, 2])
def test_rows_of_numbers_are_no_pictures_and_are_named(tmp_path: Path, width: int) -> None:
    arrays = {"features": RANDOM.normal(size=(COUNT, width)), "target": RANDOM.normal(size=COUNT)}
    message = f"holds 60 rows of {width} numbers in 'features', which are no pictures"
    with pytest.raises(UserError, match=message) as caught:
        opened(tmp_path, arrays)
    assert "as a table" in caught.value.remedy


def test_examples_in_arrays_are_no_files(tmp_path: Path) -> None:
    images = IMAGES / 255
    images[:4, 0, 0] = np.nan
    dataset = opened(tmp_path, {"images": images, "labels": TWO})
    texts = [problem["text"] for problem in problems(dataset.description)]
    told = "4 examples were left out, for example 'images #1'"
    assert any(text.startswith(told) for text in texts)


# --- later files


def later(path: Path, dataset: Dataset, name: str, **arrays: np.ndarray) -> PredictionInput:
    if name.endswith(".npy"):
        np.save(path / name, arrays["array"])
    else:
        np.savez(path / name, **arrays)  # type: ignore[arg-type]
    return read_input(path / name, dataset.description, DataSettings())


def test_the_arrays_that_are_there_are_named(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {"images": IMAGES, "labels": TWO})
    with pytest.raises(UserError, match="has no array 'images'; it has 'q'"):
        later(tmp_path, dataset, "b.npz", q=IMAGES)
    with pytest.raises(UserError, match="has no array 'images'; it has 'q' and 'r'"):
        later(tmp_path, dataset, "b.npz", q=IMAGES, r=TWO)


def test_one_picture_may_be_a_file(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {"images": IMAGES, "labels": TWO})
    preparation = dataset.description.preparation
    for name, key in (("b.npy", "array"), ("b.npz", "images")):
        found = later(tmp_path, dataset, name, **{key: IMAGES[3]})
        assert found.names == ("#1",)
        assert (preparation.array(found.raws[0]) == dataset.inputs[3]).all()

    wide = later(tmp_path, dataset, "c.npy", array=RANDOM.integers(0, 256, (9, 20), np.uint8))
    assert len(wide.raws) == 1


def test_one_coloured_picture_and_one_signal_may_be_a_file(tmp_path: Path) -> None:
    pictures = RANDOM.integers(0, 256, (COUNT, 8, 8, 3), np.uint8)
    dataset = opened(tmp_path, {"images": pictures, "labels": TWO})
    found = later(tmp_path, dataset, "b.npy", array=pictures[5])
    assert len(found.raws) == 1
    array = dataset.description.preparation.array(found.raws[0])
    assert (array == dataset.inputs[5]).all()

    dataset = opened(tmp_path, {"signals": SIGNALS[:, 0], "labels": TWO})
    found = later(tmp_path, dataset, "c.npy", array=SIGNALS[4, 0])
    assert len(found.raws) == 1
    assert (dataset.description.preparation.array(found.raws[0]) == dataset.inputs[4]).all()


def test_flat_pictures_of_later_files_are_read_as_in_training(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {"images": IMAGES.reshape(COUNT, -1), "labels": TWO})
    found = later(tmp_path, dataset, "b.npz", images=IMAGES[:7].reshape(7, -1))
    assert len(found.raws) == 7
    assert (dataset.description.preparation.array(found.raws[6]) == dataset.inputs[6]).all()
