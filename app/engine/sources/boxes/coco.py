"""Labels of COCO: one JSON file for many pictures, with lists of images, boxes and categories."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.splits import UNASSIGNED
from app.engine.files import read_regular
from app.engine.free_memory import require_memory
from app.engine.sources.boxes.box_labels import LARGEST, Box, BoxLabels, Corners
from app.engine.sources.layout.folder_words import folder_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.engine.sources.format import Check

FORM = "COCO"
SUFFIX = ".json"
KEYS = (b'"images"', b'"annotations"', b'"categories"', b'"info"', b'"licenses"')

MEMORY = 12
"""Bytes of memory for a byte of JSON, measured: lists of small objects."""


def is_label(beginning: bytes) -> bool:
    """Returns whether a JSON file begins as one of COCO."""
    head = beginning[:400].lstrip()
    return head.startswith(b"{") and any(key in beginning for key in KEYS)


def read(root: Path, pictures: Iterable[str], files: Mapping[str, str], check: Check) -> BoxLabels:
    """Reads the labels of pictures; those that no file lists are left out. See yolo.read."""
    by_path, by_name = _index(pictures)
    tags: dict[str, tuple[str, ...]] = {}
    boxes: dict[str, tuple[Box, ...]] = {}
    splits: dict[str, int] = {}
    skipped = []
    label_files = []
    for path in files.values():
        if not path.lower().endswith(SUFFIX):
            continue

        check()
        try:
            content = _parsed(root / path)
            named = _boxes(content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            skipped.append(Skipped(readable(path), "it is not a COCO label file, or a damaged one"))
            continue
        if named is None:
            continue

        label_files.append(path)
        split = folder_split(os.path.splitext(os.path.basename(path))[0])
        folder = os.path.dirname(path)
        for name, names in named.items():
            found = by_path.get(f"{folder}/{name}".lstrip("/")) or by_path.get(name)
            found = found or _only(by_name.get(os.path.basename(name), []), split)
            if found is None:
                skipped.append(Skipped(readable(name), f"there is no such file ({readable(path)})"))
                continue

            tags[found] = tuple(dict.fromkeys((*tags.get(found, ()), *(box.name for box in names))))
            boxes[found] = (*boxes.get(found, ()), *names)
            if split != UNASSIGNED:
                splits[found] = split

    return BoxLabels(FORM, tags, splits, tuple(label_files), tuple(skipped), boxes)


def _index(pictures: Iterable[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Returns the pictures by their paths, and by their names alone."""
    by_name: dict[str, list[str]] = {}
    by_path = {}
    for picture in pictures:
        by_path[picture] = picture
        by_name.setdefault(os.path.basename(picture), []).append(picture)

    return by_path, by_name


def _only(candidates: list[str], split: int) -> str | None:
    """Returns the one picture of a name, or the one of them in the folder of a split."""
    if len(candidates) > 1:
        candidates = [path for path in candidates if folder_split(path.split("/")[0]) == split]

    return candidates[0] if len(candidates) == 1 else None


def _parsed(path: Path) -> Any:
    require_memory(path.stat().st_size * MEMORY, path, "labels")
    return json.loads(read_regular(path, LARGEST))


def _boxes(content: Any) -> dict[str, list[Box]] | None:
    """Returns the boxes on each picture by its name; None for JSON of something else.

    Raises KeyError, TypeError, ValueError or AttributeError for what is not of this form.
    """
    if not isinstance(content, dict) or not {"images", "annotations", "categories"} <= set(content):
        return None

    categories = {item["id"]: str(item["name"]) for item in content["categories"]}
    names = {item["id"]: str(item["file_name"]) for item in content["images"]}
    boxes: dict[str, list[Box]] = {name: [] for name in names.values()}
    for item in content["annotations"]:
        corners = _corners(item.get("bbox"))
        box = Box(readable(categories[item["category_id"]]), *corners)
        boxes[names[item["image_id"]]].append(box)

    return boxes


def _corners(box: Any) -> Corners:
    """Returns left, top, right and bottom of a box; an empty one where none is said."""
    if not isinstance(box, list) or len(box) != 4:
        return 0.0, 0.0, 0.0, 0.0

    left, top, width, height = map(float, box)
    return left, top, left + width, top + height
