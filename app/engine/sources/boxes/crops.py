"""Cuts the boxes out of pictures: each is a picture of its own class."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.pictures import UnreadablePicture, decode, is_deep
from app.engine.free_memory import require_memory

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.boxes.box_labels import BoxLabels
    from app.engine.sources.format import OpenOptions

FINEST = 1 << 20
"""Pixels of a side: no JPEG is made smaller while it is decoded."""

LEAST = 2
"""Pixels of a side of a box at least."""


@dataclass(frozen=True)
class Crops:
    """The boxes that were cut out, a row each.

    contents: PNG files. names: for a person: "images/1.jpg, box 2". pictures: the path of the
    picture that each is of.
    """

    contents: list[bytes]
    names: list[str]
    classes: list[str]
    pictures: list[str]
    skipped: list[Skipped]


def cut_out(root: Path, labels: BoxLabels, options: OpenOptions) -> Crops:
    """Cuts every box out of its picture.

    Raises UserError where they do not fit into memory, and whatever `options.check` raises.
    """
    crops = Crops([], [], [], [], [])
    size = 0
    with_boxes = [path for path in labels.tags if labels.boxes.get(path)]
    for number, path in enumerate(with_boxes, 1):
        options.check()
        options.progress(f"Cutting boxes out of {number:,} pictures", number, len(with_boxes))
        before = len(crops.contents)
        try:
            _cut(root / path, path, labels, crops)
        except UnreadablePicture as error:
            crops.skipped.append(Skipped(readable(path), error.reason))
        size += sum(map(len, crops.contents[before:]))
        require_memory(size, os.fspath(root), "boxes")

    return crops


def _cut(file: Path, path: str, labels: BoxLabels, crops: Crops) -> None:
    """Adds the boxes of one picture. Raises UnreadablePicture."""
    if is_deep(file):
        raise UnreadablePicture("boxes are cut out of pictures of 8 bits only")

    picture = decode(file, FINEST)
    for number, box in enumerate(labels.boxes[path], 1):
        name = f"{readable(path)}, box {number:,}"
        try:
            corners = box.pixels(picture.width, picture.height)
        except ValueError:
            crops.skipped.append(Skipped(name, "its box is no number"))
            continue

        width, height = corners[2] - corners[0], corners[3] - corners[1]
        if min(width, height) < LEAST:
            reason = f"its box has {max(0, width):,} × {max(0, height):,} pixels on the picture"
            crops.skipped.append(Skipped(name, reason))
            continue

        stream = io.BytesIO()
        picture.crop(corners).save(stream, "PNG", compress_level=1)
        crops.contents.append(stream.getvalue())
        crops.names.append(name)
        crops.classes.append(box.name)
        crops.pictures.append(path)
