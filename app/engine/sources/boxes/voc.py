"""Labels of Pascal VOC: an XML file for each picture, with an object for each box."""

from __future__ import annotations

import os
import re
from html import unescape
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.files import read_regular
from app.engine.sources.boxes.box_labels import LARGEST, Box, BoxLabels, label_stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.engine.sources.format import Check

FORM = "Pascal VOC"
SUFFIX = ".xml"
LISTS = "imagesets/main/"
"""The folder of the lists of every split, in small letters."""

OBJECT = re.compile(r"<object\b.*?</object>", re.DOTALL)
NAME = re.compile(r"<name>\s*([^<]*?)\s*</name>")

ENDS = ("xmin", "ymin", "xmax", "ymax")
"""What stands in a box, from its left side to its lower one."""


def is_label(beginning: bytes) -> bool:
    """Returns whether an XML file is one of boxes on a picture."""
    return b"<annotation" in beginning


def read(root: Path, pictures: Iterable[str], files: Mapping[str, str], check: Check) -> BoxLabels:
    """Reads the labels of pictures; one without a file is left out. See yolo.read.

    Only the names of objects are looked for, so that no XML reader expands what a file announces.
    """
    tags: dict[str, tuple[str, ...]] = {}
    boxes: dict[str, tuple[Box, ...]] = {}
    skipped = []
    label_files = []
    for picture in pictures:
        check()
        found = next(
            (files[stem + SUFFIX] for stem in label_stems(picture) if stem + SUFFIX in files), None
        )
        if found is None:
            skipped.append(Skipped(readable(picture), "there is no label file for it"))
            continue

        label_files.append(found)
        try:
            text = read_regular(root / found, LARGEST).decode("utf-8", "replace")
        except OSError:
            skipped.append(Skipped(readable(found), "it could not be opened"))
            continue

        if "<annotation" not in text:
            skipped.append(Skipped(readable(found), "it is not a label file of Pascal VOC"))
            continue

        # Parts of an object, such as a head, have names too; its own comes first.
        found_boxes = [box for item in OBJECT.findall(text) if (box := _box(item)) is not None]
        boxes[picture] = tuple(found_boxes)
        tags[picture] = tuple(dict.fromkeys(box.name for box in found_boxes))

    splits = _splits(root, tags, files)
    return BoxLabels(FORM, tags, splits, tuple(label_files), tuple(skipped), boxes)


def _box(item: str) -> Box | None:
    """Returns the box of an object, an empty one where none is said; None without a name."""
    name = NAME.search(item)
    if name is None:
        return None

    ends = [re.search(rf"<{end}>\s*(-?[\d.]{{1,20}})\s*</{end}>", item) for end in ENDS]
    try:
        left, top, right, bottom = (float(end[1]) if end else 0.0 for end in ends)
    except ValueError:
        left = top = right = bottom = 0.0

    return Box(readable(unescape(name[1])), left, top, right, bottom)


def _splits(root: Path, pictures: Iterable[str], files: Mapping[str, str]) -> dict[str, int]:
    """Returns the splits of the pictures that lists such as ImageSets/Main/train.txt name."""
    by_stem = {os.path.splitext(os.path.basename(path))[0]: path for path in pictures}
    splits: dict[str, int] = {}
    for lowered, path in files.items():
        split = split_of(os.path.splitext(os.path.basename(path))[0])
        if split == UNASSIGNED or LISTS not in lowered or not lowered.endswith(".txt"):
            continue

        try:
            words = read_regular(root / path, LARGEST).decode("utf-8", "replace").split()
        except OSError:
            continue

        splits |= {by_stem[word]: split for word in words if word in by_stem}

    return splits
