"""Folders of pictures: classes, splits, junk, links, any name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.data.splits import split_of
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.layout.find_layout import find_layout
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

Maker = Callable[..., Path]


def open_folder(path: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **settings))


def names_in(dataset: Dataset, split: str) -> set[str]:
    return {dataset.names[row] for row in dataset.indices[split]}


def test_a_folder_for_each_class_in_natural_order(folder: Maker) -> None:
    dataset = open_folder(folder({"10": 6, "2": 6, "1": 6, "a2": 4, "A10": 4}))
    assert dataset.description.classes == ("1", "2", "10", "a2", "A10")
    assert dataset.description.total == 26
    assert dataset.description.shape == (3, 12, 12)

    for row, name in enumerate(dataset.names):
        assert name.split("/")[0] == dataset.description.classes[dataset.targets[row]]


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val", "test"),
        ("Training", "validation", "TEST"),
        ("train", "valid_set", "testing"),
    ],
)
def test_splits_above_the_classes(folder: Maker, names: tuple[str, str, str]) -> None:
    training, validation, test = names
    dataset = open_folder(
        folder(
            {
                f"{training}/cat": 5,
                f"{training}/dog": 4,
                f"{validation}/cat": 2,
                f"{validation}/dog": 2,
                f"{test}/cat": 1,
                f"{test}/dog": 3,
            }
        )
    )

    assert dataset.description.counts == {"training": (5, 4), "validation": (2, 2), "test": (1, 3)}
    assert all(name.startswith(f"{test}/") for name in names_in(dataset, "test"))


def test_splits_below_the_classes(folder: Maker) -> None:
    dataset = open_folder(
        folder({"cat/train": 5, "cat/test": 2, "dog/train": 6, "dog/test": 3}), validation_share=0.2
    )
    assert dataset.description.classes == ("cat", "dog")
    assert dataset.description.counts["test"] == (2, 3)
    assert dataset.description.counts["validation"] == (1, 1)


def test_own_test_set_stays_and_validation_is_carved(folder: Maker) -> None:
    dataset = open_folder(folder({"train/a": 20, "train/b": 20, "test/a": 3, "test/b": 3}))
    assert dataset.description.counts == {
        "training": (18, 18),
        "validation": (2, 2),
        "test": (3, 3),
    }

    assert names_in(dataset, "test") == {f"test/{c}/{n}.png" for c in "ab" for n in range(3)}


def test_a_class_may_be_called_train(folder: Maker) -> None:
    dataset = open_folder(folder({"car": 4, "train": 5, "plane": 4}))
    assert dataset.description.classes == ("car", "plane", "train")


def test_a_class_may_begin_like_a_split() -> None:
    assert [split_of(word) for word in ("valley", "testosterone", "trainer", "device")] == [-1] * 4
    assert [split_of(word) for word in ("val2017", "test_images", "train-set", "dev")] == [
        1,
        2,
        0,
        1,
    ]


def test_one_folder_around_everything_is_passed(folder: Maker) -> None:
    counts = {"train/cat": 6, "train/dog": 6, "val/cat": 2, "val/dog": 2}
    dataset = open_folder(folder({f"dataset/{name}": count for name, count in counts.items()}))
    assert dataset.description.classes == ("cat", "dog")
    assert dataset.description.size("validation") == 4
    assert any("dataset" in note for note in dataset.description.notes)


def test_junk_is_ignored_and_listed(folder: Maker, picture: Maker) -> None:
    base = folder({"cat": 4, "dog": 4, "empty": 0})
    for junk in (".DS_Store", "cat/Thumbs.db", "dog/desktop.ini", "cat/._0.png", "readme.txt"):
        (base / junk).write_bytes(b"junk")

    picture(base / ".ipynb_checkpoints" / "a.png")
    picture(base / "__MACOSX" / "cat" / "a.png")
    picture(base / "stray.png")
    description = open_folder(base).description
    assert description.classes == ("cat", "dog")
    assert description.total == 8

    ignored = {item.path for item in description.skipped if item.ignored}
    assert ignored == {
        ".DS_Store",
        "cat/Thumbs.db",
        "dog/desktop.ini",
        "cat/._0.png",
        "readme.txt",
        ".ipynb_checkpoints",
        "__MACOSX",
    }

    rest = {item.path: item.reason for item in description.skipped if not item.ignored}
    assert set(rest) == {"stray.png", "empty"}
    assert "no pictures" in rest["empty"] and "outside" in rest["stray.png"]


def test_unreadable_files_are_listed_and_not_counted(folder: Maker, picture: Maker) -> None:
    base = folder({"cat": 5, "dog": 5})
    (base / "cat" / "empty.png").write_bytes(b"")
    (base / "cat" / "text.jpg").write_text("no picture", encoding="utf-8")
    whole = (base / "dog" / "0.png").read_bytes()
    (base / "dog" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (base / "dog" / "photo.heic").write_bytes(b"ftypheic")
    dataset = open_folder(base)

    assert (
        dataset.description.total
        == len(dataset.inputs)
        == len(dataset.targets)
        == len(dataset.names)
        == 10
    )
    assert {item.path for item in dataset.description.skipped} == {
        "cat/empty.png",
        "cat/text.jpg",
        "dog/cut.png",
        "dog/photo.heic",
    }

    assert all(item.reason for item in dataset.description.skipped)


def test_a_class_of_which_nothing_can_be_read_is_left_out(folder: Maker) -> None:
    base = folder({"a": 4, "b": 4, "m": 0})
    (base / "m" / "x.png").write_bytes(b"")
    description = open_folder(base).description
    assert description.classes == ("a", "b")
    assert any("'m'" in note for note in description.notes)


@pytest.mark.skipif(os.name == "nt", reason="links and such names need Unix")
def test_links_are_followed_once(folder: Maker, tmp_path: Path) -> None:
    base = folder({"a": 3, "b": 3})
    elsewhere = folder({"more": 4}, root="elsewhere")
    (base / "c").symlink_to(elsewhere / "more")
    (base / "a" / "loop").symlink_to(base)
    (base / "a" / "itself").symlink_to("itself")
    (base / "a" / "to_b").symlink_to(base / "b")
    (base / "b" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    description = open_folder(base).description
    assert description.classes == ("a", "b", "c")
    assert description.total == 10
    assert {item.path for item in description.skipped} == {
        "a/loop",
        "a/itself",
        "a/to_b",
        "b/gone.png",
    }


@pytest.mark.skipif(os.name == "nt", reason="links and such names need Unix")
def test_any_name_works(folder: Maker, picture: Maker) -> None:
    base = folder(
        {"Übung 1 – 数据 (é)": 3, "two words": 3, "line\nbreak": 3, "Äpfel": 3},
        root="Übung – 数据\n(é)",
    )
    picture(base / "two words" / " a\nb ü.png", seed=77)
    os.rename(base / "two words" / "0.png", os.fsencode(base / "two words") + b"/\xff\xfe.png")
    dataset = open_folder(base)

    assert set(dataset.description.classes) == {
        "Übung 1 – 数据 (é)",
        "two words",
        "line\nbreak",
        "Äpfel",
    }
    assert dataset.description.total == 13
    "\n".join(dataset.names).encode("utf-8")  # can be written to any file


def test_ways_of_writing_umlauts_are_one_class(folder: Maker) -> None:
    composed = "\u00c4pfel"
    apart = "A\u0308pfel"
    description = open_folder(
        folder({f"train/{composed}": 4, "train/b": 4, f"test/{apart}": 2, "test/b": 2})
    ).description
    assert description.classes == ("b", composed)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs Unix")
def test_a_pipe_does_not_hang(folder: Maker) -> None:
    base = folder({"a": 3, "b": 3})
    os.mkfifo(base / "a" / "pipe.png")
    assert open_folder(base).description.total == 6


def test_pictures_directly_in_train_and_test_are_explained(folder: Maker) -> None:
    with pytest.raises(UserError, match="'test' and 'train'"):
        open_folder(folder({"train": 4, "test": 3}))


def test_layout_prefers_no_splits() -> None:
    assert not find_layout([]).passed
