"""What the label files of a detection set say, whatever their form."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.dataset import Skipped

LARGEST = 500_000_000
"""Bytes of a label file above which it is not read."""

PICTURES = ("images", "jpegimages", "image", "imgs")
LABELS = ("labels", "annotations", "label", "annotation")
"""Folders in which pictures stand, and those of their labels beside them, in small letters."""


Corners = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True)
class Box:
    """A box on a picture and its class. relative: in shares of the sides, else in pixels."""

    name: str
    left: float
    top: float
    right: float
    bottom: float
    relative: bool = False

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Returns left, top, right and bottom on a picture of this size, cut off at its edges.

        Raises ValueError where the box is not finite.
        """
        sides = (width, height) if self.relative else (1, 1)
        ends = (
            (self.left * sides[0], width),
            (self.top * sides[1], height),
            (self.right * sides[0], width),
            (self.bottom * sides[1], height),
        )
        if not all(map(math.isfinite, (end for end, _ in ends))):
            raise ValueError
        left, top, right, bottom = (round(min(max(end, 0), most)) for end, most in ends)
        return left, top, right, bottom


@dataclass(frozen=True)
class BoxLabels:
    """The classes of the boxes on pictures.

    form: what the label files are called: "YOLO". tags: of each picture, by its path below the
    source, "/" between folders; () for one without boxes. splits: of the pictures that a list or
    the name of a label file puts into one, the index in SPLITS. label_files: paths below the
    source. skipped: label files that cannot be read. boxes: of each picture that has some.
    """

    form: str
    tags: Mapping[str, tuple[str, ...]]
    splits: Mapping[str, int] = field(default_factory=dict)
    label_files: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    boxes: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)


def label_stems(picture: str) -> tuple[str, ...]:
    """Returns where a picture's label file may stand, without its ending.

    picture: its path below the source. Beside it, or in a folder of labels instead of one of
    pictures: images/train/1.jpg has labels/train/1.
    """
    stem = os.path.splitext(picture)[0]
    parts = stem.split("/")
    stems = [stem.casefold()]
    for index in range(len(parts) - 2, -1, -1):
        if parts[index].lower() in PICTURES:
            stems += [
                "/".join([*parts[:index], name, *parts[index + 1 :]]).casefold() for name in LABELS
            ]

    return tuple(stems)
