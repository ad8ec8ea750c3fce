"""Which folders are classes: splits, parts and sources at any depth are none, open cases are asked.

The same folders are read alike for pictures, texts and sounds.
"""

from __future__ import annotations

import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.splits import SPLITS
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.folder_walk import SourceFile
from app.engine.sources.layout.find_layout import find_layout
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.sources.layout.class_layout import Layout

Maker = Callable[..., Path]


def layout_of(*folders: str, files: int = 3, **settings: Any) -> Layout:
    return find_layout(files_in(*folders, files=files), **settings)


def files_in(*folders: str, files: int = 3) -> list[SourceFile]:
    parts = [tuple(folder.split("/")) for folder in folders]
    return [
        SourceFile(f"/{'/'.join(part)}/{number}.png", part, ("", 0, 0, 0))
        for part in parts
        for number in range(files)
    ]


def labels_of(*folders: str, **settings: Any) -> list[str]:
    layout = layout_of(*folders, **settings)
    return sorted({layout.place(tuple(folder.split("/"))).label for folder in folders})


def across(outer: str, inner: str) -> list[str]:
    return [f"{one}/{other}" for one in outer.split() for other in inner.split()]


def make_pictures(base: Path, folder: Maker, counts: dict[str, int]) -> Path:
    return folder(counts, root=base.name)


def make_texts(base: Path, _folder: Maker, counts: dict[str, int]) -> Path:
    for number, (name, count) in enumerate(counts.items()):
        (base / name).mkdir(parents=True)
        for index in range(count):
            words = f"text {number} of {index} about something"
            (base / name / f"{index}.txt").write_text(words, encoding="utf-8")

    return base


def make_sounds(base: Path, _folder: Maker, counts: dict[str, int]) -> Path:
    random = np.random.default_rng(5)
    for name, count in counts.items():
        (base / name).mkdir(parents=True)
        for index in range(count):
            with wave.open(str(base / name / f"{index}.wav"), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(random.integers(-9000, 9000, 400).astype("<i2").tobytes())

    return base


MAKERS = [make_pictures, make_texts, make_sounds]


@pytest.mark.parametrize(
    "folders",
    [
        across("fold1 fold2 fold3", "x y"),
        across("Fold_A Fold_B", "x y"),
        across("images_part_1 images_part_2", "x y"),
        across("images_001 images_002", "x y"),
        across("session-1 session-2", "x y"),
        across("batch1 batch2", "x y"),
        across("patient_01 patient_02 patient_17", "x y"),
        across("2021-05-03 2021-05-04", "x y"),
        across("x y", "fold1 fold2"),
        across("x y", "session1 session2"),
        across("x y", "2019 2020 2021"),
        across("x y", "camera_1 camera_2"),
        across("train test", "x y"),
        across("seg_train seg_test", "x y"),
        across("x y", "train val test"),
        [f"{fold}/{path}" for fold in ("fold1", "fold2") for path in across("train test", "x y")],
        [f"{split}/{path}" for split in ("train", "val") for path in across("fold1 fold2", "x y")],
        [f"{label}/{path}" for label in "xy" for path in across("fold1 fold2", "train test")],
        ["training_set/training_set/x", "training_set/training_set/y", "test_set/x", "test_set/y"],
        [f"data/images/{path}" for path in across("train test", "x y")],
        ["images/x", "images/y", "masks/x", "masks/y"],
        [f"subject{n}/{path}" for n in "12" for path in across("day1 day2", "x y")],
        ["train/images/x", "train/images/y", "test/images/x", "test/images/y"],
        ["x/young", "x/old", "y/large", "y/small"],
    ],
)
def test_the_folders_x_and_y_are_the_classes(folders: list[str]) -> None:
    assert [label for label in labels_of(*folders) if label] == ["x", "y"]
    assert not layout_of(*folders).question


@pytest.mark.parametrize(
    ("folders", "classes"),
    [
        (["car", "plane", "train"], ["car", "plane", "train"]),
        (["car", "plane", "train/steam", "train/diesel"], ["car", "plane", "train"]),
        (["person1", "person2", "person3"], ["person1", "person2", "person3"]),
        (across("0 1 2", "train test"), ["0", "1", "2"]),
        (["test_pattern", "picture", "film"], ["film", "picture", "test_pattern"]),
        (["grade1", "grade2", "grade3"], ["grade1", "grade2", "grade3"]),
    ],
)
def test_other_folders_stay_classes(folders: list[str], classes: list[str]) -> None:
    assert labels_of(*folders) == classes


@pytest.mark.parametrize(
    "folders",
    [
        ["fold1", "fold2"],
        ["images_part_1", "images_part_2"],
        ["train", "val"],
        ["session1", "session2", "session3"],
        ["images/train", "images/val"],
        ["train/images", "valid/images", "test/images"],
        ["fold1/train", "fold1/test", "fold2/train", "fold2/test"],
        ["images", "masks"],
        ["train/images", "train/masks", "val/images", "val/masks"],
        ["images", "ground_truth", "annotations"],
    ],
)
def test_splits_and_parts_alone_are_no_classes(folders: list[str]) -> None:
    assert labels_of(*folders) == [""]


def test_a_test_folder_without_classes_is_none(folder: Maker) -> None:
    base = folder(
        {
            "letters_train/letters_train/a": 6,
            "letters_train/letters_train/b": 6,
            "letters_test/letters_test": 4,
        }
    )
    description = open_folder(base).description
    assert description.classes == ("a", "b") and description.total == 12
    assert len([item for item in description.skipped if "outside" in item.reason]) == 4


@pytest.mark.parametrize("make", MAKERS)
def test_examples_without_a_class_are_none_of_their_own(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    counts = dict.fromkeys(["train/neg", "train/pos", "train/unsup", "test/neg", "test/pos"], 5)
    description = open_folder(make(tmp_path / "data", folder, counts)).description
    assert description.classes == ("neg", "pos") and description.total == 20


def test_the_class_in_the_name_is_offered_in_one_folder(folder: Maker) -> None:
    base = folder({"pets": 12})
    for number, path in enumerate(sorted((base / "pets").iterdir())):
        path.rename(path.with_name(f"{'cat' if number % 2 else 'great_dane'}_{number}.png"))

    with pytest.raises(UserError, match=r"one folder, 'pets'.*'cat' and 'great_dane'.*\"name\""):
        open_folder(base)
    assert open_folder(base, labels="name").description.classes == ("cat", "great_dane")


def test_pictures_beside_their_masks_are_explained(folder: Maker) -> None:
    with pytest.raises(UserError, match="beside their masks in 'masks'"):
        open_folder(folder({"images": 8, "masks": 8}))


def test_two_levels_with_the_same_names_each_are_a_question() -> None:
    folders = across("site_a site_b", "cat dog")
    assert layout_of(*folders).question == (("site_a", "site_b"), ("cat", "dog"))
    assert labels_of(*folders, labels="folder") == ["site_a", "site_b"]
    assert labels_of(*folders, labels="last-folder") == ["cat", "dog"]
    assert labels_of(*folders, known=("cat", "dog")) == ["cat", "dog"]


def test_the_innermost_folder_is_no_split_and_no_part() -> None:
    folders = [f"north/{path}" for path in across("cat dog", "train fold1")]
    layout = layout_of(*folders, labels="last-folder")
    assert {layout.place(tuple(folder.split("/"))).label for folder in folders} == {"cat", "dog"}


def test_splits_are_found_above_and_below_parts() -> None:
    layout = layout_of(*(f"fold1/{path}" for path in across("train val test", "x y")))
    splits = [layout.place(("fold1", split, "x")).split for split in ("train", "val", "test")]
    assert splits == [0, 1, 2]

    below = layout_of(*(f"{c}/{path}" for c in "xy" for path in across("fold1", "train test")))
    assert below.place(("x", "fold1", "test")).split == SPLITS.index("test")


def test_files_of_one_part_stay_together_if_that_is_chosen() -> None:
    layout = layout_of(*across("fold1 fold2", "x y"))
    assert layout.place(("fold1", "x")).group == layout.place(("fold1", "y")).group == "fold1"
    assert layout_of("x", "y").place(("x",)).group == ""


def open_folder(path: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **settings))


@pytest.mark.parametrize("make", MAKERS)
def test_folds_are_no_classes_of_any_kind(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    counts = dict.fromkeys(across("fold1 fold2 fold3", "x y"), 4)
    dataset = open_folder(make(tmp_path / "data", folder, counts))
    assert dataset.description.classes == ("x", "y")
    assert dataset.description.total == 24
    assert any("'fold1'" in note for note in dataset.description.notes)
    truth = [dataset.description.classes[target] for target in dataset.targets]
    assert truth == [name.split("/")[1] for name in dataset.names]


@pytest.mark.parametrize("make", MAKERS)
def test_parts_of_one_kept_together_stand_in_one_split(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    counts = dict.fromkeys(across("session1 session2 session3 session4", "x y"), 4)
    dataset = open_folder(
        make(tmp_path / "data", folder, counts), group="folder", validation_share=0.25
    )
    splits = Counter(
        (dataset.names[row].split("/")[0], split)
        for split, rows in dataset.indices.items()
        for row in rows.tolist()
    )
    assert len(splits) == 4


@pytest.mark.parametrize("make", MAKERS)
def test_a_question_names_the_choices_and_the_setting(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    base = make(tmp_path / "data", folder, dict.fromkeys(across("red blue", "cat dog"), 3))
    with pytest.raises(UserError) as caught:
        open_folder(base)

    assert caught.value.setting == "data.labels"
    sentence = str(caught.value)
    for word in ("'red'", "'cat'", '"folder"', '"last-folder"', "[data]"):
        assert word in sentence

    assert open_folder(base, labels="folder").description.classes == ("blue", "red")
    assert open_folder(base, labels="last-folder").description.classes == ("cat", "dog")


@pytest.mark.parametrize("make", MAKERS)
def test_parts_alone_are_refused_and_can_be_chosen(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    base = make(tmp_path / "data", folder, {"part_1": 4, "part_2": 4})
    with pytest.raises(UserError, match=r"directly in 'part_1' and 'part_2'.*labels = \"folder\""):
        open_folder(base)

    assert open_folder(base, labels="folder").description.classes == ("part_1", "part_2")


@pytest.mark.parametrize("make", MAKERS)
def test_later_files_are_read_by_the_classes_of_the_training(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    counts = dict.fromkeys(across("fold1 fold2", "x y"), 5)
    trained = open_folder(make(tmp_path / "data", folder, counts)).description
    for name, folders in (("one", ["x", "y"]), ("two", across("red blue", "x y"))):
        later = make(tmp_path / name, folder, dict.fromkeys(folders, 3))
        dataset = open_dataset(DataSettings(source=str(later)), trained=trained)
        assert dataset.description.classes == ("x", "y")


@pytest.mark.parametrize("make", MAKERS)
def test_the_class_in_the_name_is_offered(
    tmp_path: Path, folder: Maker, make: Callable[..., Path]
) -> None:
    base = make(tmp_path / "data", folder, {"all": 12})
    for number, path in enumerate(sorted((base / "all").iterdir())):
        path.rename(base / f"{'cat.' if number % 2 else 'dog_'}{number:03}{path.suffix}")
    (base / "all").rmdir()

    with pytest.raises(UserError, match=r"begin with 'cat' and 'dog'.*labels = \"name\""):
        open_folder(base)

    dataset = open_folder(base, labels="name")
    assert dataset.description.classes == ("cat", "dog")
    truth = [dataset.description.classes[target] for target in dataset.targets]
    assert truth == [name[:3] for name in dataset.names]
