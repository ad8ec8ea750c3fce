"""Boxes that are cut out of their pictures, each a picture of its own class."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.data.dataset import Dataset

COLOURS = {"cat": (250, 0, 0), "dog": (0, 0, 250)}
CLASSES = ("cat", "dog")
SIDE = 40
PLACES = ((4, 6, 16, 14), (20, 22, 36, 38))
"""The first and the second box on each picture: left, top, right, bottom, right sides outside."""


def boxes_of(number: int) -> list[tuple[str, tuple[int, int, int, int]]]:
    return [(CLASSES[(number + place) % 2], PLACES[place]) for place in range(1 + number % 2)]


def paint(path: Path, number: int) -> None:
    pixels = np.full((SIDE, SIDE, 3), 128 + number, np.uint8)
    for name, (left, top, right, bottom) in boxes_of(number):
        pixels[top:bottom, left:right] = COLOURS[name]
    pixels[..., 1] = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE))  # no copies
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def yolo(base: Path) -> None:
    for number in range(24):
        paint(base / "images" / f"{number}.png", number)
        lines = []
        for name, (left, top, right, bottom) in boxes_of(number):
            middle = ((left + right) / 2 / SIDE, (top + bottom) / 2 / SIDE)
            size = ((right - left) / SIDE, (bottom - top) / SIDE)
            numbers = [*middle, *size]
            if number % 3 == 1:  # a polygon
                x, y = (left / SIDE, right / SIDE), (top / SIDE, bottom / SIDE)
                numbers = [x[0], y[0], x[1], y[0], x[1], y[1], x[0], y[1]]
            lines.append(" ".join(map(str, [CLASSES.index(name), *numbers])))
        (base / "labels").mkdir(exist_ok=True)
        (base / "labels" / f"{number}.txt").write_text("\n".join(lines), encoding="utf-8")
    (base / "classes.txt").write_text("cat\ndog\n", encoding="utf-8")


def voc(base: Path) -> None:
    ends = ("xmin", "ymin", "xmax", "ymax")
    (base / "Annotations").mkdir(parents=True)
    for number in range(24):
        paint(base / "JPEGImages" / f"{number}.png", number)
        objects = ""
        for name, place in boxes_of(number):
            box = "".join(f"<{end}>{at}</{end}>" for end, at in zip(ends, place, strict=True))
            part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
            objects += f"<object><name>{name}</name><bndbox>{box}</bndbox>{part}</object>"
        text = f"<annotation>{objects}</annotation>"
        (base / "Annotations" / f"{number}.xml").write_text(text, encoding="utf-8")


def coco(base: Path) -> None:
    annotations: list[dict[str, Any]] = []
    for number in range(24):
        paint(base / "images" / f"{number}.png", number)
        for name, (left, top, right, bottom) in boxes_of(number):
            box = [left, top, right - left, bottom - top]
            category = CLASSES.index(name)
            annotations.append({"image_id": number, "category_id": category, "bbox": box})
    content = {
        "images": [{"id": number, "file_name": f"{number}.png"} for number in range(24)],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES)],
    }
    (base / "labels.json").write_text(json.dumps(content), encoding="utf-8")


def opened(base: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(base), labels="crops", **settings))


@pytest.mark.parametrize("make", [yolo, voc, coco])
def test_every_box_is_a_picture_of_its_class(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "set")
    with pytest.raises(UserError, match='labels = "crops": the boxes are cut out'):
        open_dataset(DataSettings(source=str(tmp_path / "set")))

    dataset = opened(tmp_path / "set", height=8, width=8)
    description = dataset.description
    assert (description.task, description.classes) == ("classification", CLASSES)
    assert description.total == 36 and not description.skipped
    for pixels, target in zip(dataset.inputs, dataset.targets.tolist(), strict=True):
        red, _, blue = COLOURS[CLASSES[target]]
        assert (pixels[0] == red).all() and (pixels[2] == blue).all()
    assert "36 boxes are cut out of 24 pictures" in " ".join(description.notes)


def test_the_boxes_of_a_picture_stay_in_one_split(tmp_path: Path) -> None:
    yolo(tmp_path / "set")
    dataset = opened(tmp_path / "set", validation_share=0.3)
    splits: dict[str, set[str]] = {}
    for split, rows in dataset.indices.items():
        for row in rows.tolist():
            splits.setdefault(dataset.names[row].split(",")[0], set()).add(split)
    assert len(splits) == 24 and all(len(found) == 1 for found in splits.values())


def test_boxes_beside_the_picture_are_told(tmp_path: Path) -> None:
    yolo(tmp_path / "set")
    lines = "0 1.5 0.5 0.2 0.2\n1 0.9 0.9 0.4 0.4\n0 0.5 0.5 0.001 0.2\n"
    (tmp_path / "set" / "labels" / "0.txt").write_text(lines, encoding="utf-8")
    skipped = {item.path: item.reason for item in opened(tmp_path / "set").description.skipped}
    assert skipped == {
        "images/0.png, box 1": "its box has 0 × 8 pixels on the picture",
        "images/0.png, box 3": "its box has 0 × 8 pixels on the picture",
    }


def test_points_of_a_pose_are_no_polygon(tmp_path: Path) -> None:
    yolo(tmp_path / "set")
    (tmp_path / "set" / "data.yaml").write_text("kpt_shape: [2, 2]\nnames: [cat, dog]\n")
    (tmp_path / "set" / "labels" / "0.txt").write_text("0 0.25 0.25 0.3 0.2 0.9 0.9 0.1 0.1\n")
    for number in range(1, 24):
        if number % 3 == 1:
            (tmp_path / "set" / "labels" / f"{number}.txt").unlink()
    dataset = opened(tmp_path / "set", height=8, width=12, fit="stretch")
    row = next(row for row, name in enumerate(dataset.names) if "/0.png" in name)
    assert (dataset.inputs[row][0] == COLOURS["cat"][0]).all()


@pytest.mark.parametrize("labels", ["crops", "tags"])
def test_a_folder_of_classes_has_no_boxes(tmp_path: Path, labels: Any) -> None:
    for number in range(8):
        paint(tmp_path / "ab"[number % 2] / f"{number}.png", number)
    with pytest.raises(UserError, match="have no label files of boxes"):
        open_dataset(DataSettings(source=str(tmp_path), labels=labels))
