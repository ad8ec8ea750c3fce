"""Sets of pictures with boxes: recognised, refused with a question, and read as tags if chosen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

Picture = Callable[..., Path]
Maker = Callable[..., Path]

TAGS = [("cat",), ("dog",), ("cat", "dog"), ()]
"""The classes of the boxes on every first, second, third and fourth picture of a set."""

CLASSES = ("cat", "dog")


def tags_of(number: int) -> tuple[str, ...]:
    return TAGS[number % len(TAGS)]


def yolo_lines(number: int) -> str:
    numbers = [CLASSES.index(name) for name in tags_of(number)]
    return "".join(f"{n} 0.5 0.5 0.2 0.25\n{n} 0.1 0.1 0.05 0.05\n" for n in numbers)


def yolo(base: Path, picture: Picture) -> None:
    """Makes images/ and labels/ with splits below, and the names in data.yaml."""
    for number in range(24):
        split = "val" if number >= 16 else "train"
        picture(base / "images" / split / f"{number:03}.jpg", seed=number)
        label = base / "labels" / split / f"{number:03}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        if tags_of(number):
            label.write_text(yolo_lines(number))

    (base / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [cat, 'dog']\n")


def yolo_of_roboflow(base: Path, picture: Picture) -> None:
    """Makes images/ and labels/ below the splits, and the names as a list of lines."""
    for number in range(24):
        split = "valid" if number >= 16 else "train"
        picture(base / split / "images" / f"p{number}.png", seed=number)
        label = base / split / "labels" / f"p{number}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(yolo_lines(number))

    (base / "data.yaml").write_text("nc: 2\nnames:\n  0: cat\n  1: dog  # a comment\n\npath: .\n")


def yolo_beside(base: Path, picture: Picture) -> None:
    """Makes labels beside the pictures, and the names in classes.txt."""
    for number in range(24):
        picture(base / f"{number}.png", seed=number)
        (base / f"{number}.txt").write_text(yolo_lines(number))

    (base / "classes.txt").write_text("cat\ndog\n")


def voc(base: Path, picture: Picture) -> None:
    """Makes JPEGImages/, Annotations/ and lists of the splits."""
    (base / "Annotations").mkdir(parents=True)
    for number in range(24):
        picture(base / "JPEGImages" / f"{number:06}.jpg", seed=number)
        objects = "".join(
            f"<object>\n <name>{name}</name>\n <part><name>head</name></part><bndbox/></object>\n"
            for name in tags_of(number)
        )
        (base / "Annotations" / f"{number:06}.xml").write_text(
            f"<annotation>\n<folder>VOC</folder>\n{objects}</annotation>\n"
        )

    lists = base / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("".join(f"{number:06}\n" for number in range(16)))
    (lists / "val.txt").write_text("".join(f"{number:06}\n" for number in range(16, 24)))


def coco_content(numbers: range) -> dict[str, Any]:
    boxes = [(number, name) for number in numbers for name in tags_of(number)]
    return {
        "info": {"year": 2020},
        "images": [{"id": number, "file_name": f"{number}.png"} for number in numbers],
        "annotations": [
            {"id": index, "image_id": number, "category_id": 7 + CLASSES.index(name)}
            for index, (number, name) in enumerate(boxes)
        ],
        "categories": [{"id": 7, "name": "cat"}, {"id": 8, "name": "dog"}],
    }


def coco(base: Path, picture: Picture) -> None:
    """Makes train2017/, val2017/ and a file of annotations for each."""
    (base / "annotations").mkdir(parents=True)
    for split, numbers in (("train2017", range(16)), ("val2017", range(16, 24))):
        for number in numbers:
            picture(base / split / f"{number}.png", seed=number)

        file = base / "annotations" / f"instances_{split}.json"
        file.write_text(json.dumps(coco_content(numbers)))


def coco_of_roboflow(base: Path, picture: Picture) -> None:
    """Makes a file of annotations beside the pictures of each split."""
    for split, numbers in (("train", range(16)), ("valid", range(16, 24))):
        for number in numbers:
            picture(base / split / f"{number}.png", seed=number)

        file = base / split / "_annotations.coco.json"
        file.write_text(json.dumps(coco_content(numbers)))


SETS = [yolo, yolo_of_roboflow, yolo_beside, voc, coco, coco_of_roboflow]


def open_set(base: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(base), **settings))


@pytest.mark.parametrize("make", SETS)
def test_a_set_with_boxes_is_recognised_and_a_question(
    tmp_path: Path, picture: Picture, make: Callable[..., None]
) -> None:
    make(tmp_path / "set", picture)
    with pytest.raises(UserError) as caught:
        open_set(tmp_path / "set")

    sentence = str(caught.value)
    form = make.__name__.split("_")[0].upper().replace("VOC", "Pascal VOC")
    for words in (f"label files of {form}", "'cat' and 'dog'", "24 pictures", 'labels = "tags"'):
        assert words in sentence
    assert caught.value.setting == "data.labels"


@pytest.mark.parametrize("make", SETS)
def test_the_classes_of_the_boxes_are_tags(
    tmp_path: Path, picture: Picture, make: Callable[..., None]
) -> None:
    make(tmp_path / "set", picture)
    dataset = open_set(tmp_path / "set", labels="tags")
    assert dataset.description.task == "multi-label"
    assert dataset.description.classes == CLASSES
    assert dataset.description.total == 24
    for name, values in zip(dataset.names, dataset.targets, strict=True):
        number = int("".join(sign for sign in Path(name).stem if sign.isdigit()))
        found = [tag for tag, value in zip(CLASSES, values, strict=True) if value]
        assert tuple(found) == tags_of(number)

    if make is not yolo_beside:
        validation = {Path(dataset.names[row]).stem for row in dataset.indices["validation"]}
        assert len(validation) == 8

    assert any("6 pictures have no box" in note for note in dataset.description.notes)


def test_pictures_with_one_class_each_can_be_classified(tmp_path: Path, picture: Picture) -> None:
    for number in range(20):
        picture(tmp_path / f"{number}.png", seed=number)
        (tmp_path / f"{number}.txt").write_text(f"{number % 2} 0.5 0.5 0.2 0.25\n")

    dataset = open_set(tmp_path, labels="tags", task="classification")
    assert dataset.description.classes == ("0", "1")

    (tmp_path / "3.txt").write_text("0 0.5 0.5 0.2 0.25\n1 0.5 0.5 0.2 0.25\n")
    with pytest.raises(UserError, match=r"'3.png'.* is of '0' and '1'"):
        open_set(tmp_path, labels="tags", task="classification")


def test_folders_of_classes_stay_classes_beside_label_files(folder: Maker) -> None:
    base = folder({"cat": 8, "dog": 8})
    for path in base.rglob("*.png"):
        path.with_suffix(".txt").write_text("0 0.5 0.5 0.2 0.25\n")

    dataset = open_set(base)
    assert dataset.description.classes == ("cat", "dog")


def test_captions_are_no_boxes(tmp_path: Path, picture: Picture) -> None:
    for number in range(12):
        picture(tmp_path / f"{number}.png", seed=number)
        (tmp_path / f"{number}.txt").write_text(f"{number} apples on a table\n")

    assert open_set(tmp_path).description.task == "matching"


def test_damaged_label_files_are_named(tmp_path: Path, picture: Picture) -> None:
    yolo(tmp_path, picture)
    (tmp_path / "labels" / "train" / "004.txt").write_text("0 0.5 0.5\n")
    description = open_set(tmp_path, labels="tags").description
    assert description.total == 23
    assert [item.path for item in description.skipped if not item.ignored] == [
        "labels/train/004.txt"
    ]


def test_a_label_file_with_an_entity_is_not_expanded(tmp_path: Path, picture: Picture) -> None:
    voc(tmp_path, picture)
    (tmp_path / "Annotations" / "000000.xml").write_text(
        '<!DOCTYPE a [<!ENTITY b "cat">]>\n<annotation><object><name>&b;</name></object>'
        "</annotation>"
    )
    assert "&b;" in open_set(tmp_path, labels="tags").description.classes
