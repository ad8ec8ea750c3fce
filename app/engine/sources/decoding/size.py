"""Chooses one size for all pictures of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.pictures import UnreadablePicture

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.picture_list import PictureList

AUTO_LARGEST = 64
"""Sides that are left open become at most this, in pixels, so that a first try trains fast."""

UNCHANGED_SIDE = 96
"""Pictures that all have one size up to this keep it."""

SIDE_STEP = 8
"""Sides that are left open become a multiple of this, unless all pictures have one small size."""

MEASURED = 2_000
"""So many pictures, evenly spread, decide about the size."""


def choose_size(
    picture_list: PictureList, data: DataSettings, check: Check
) -> tuple[int, int, str]:
    """Returns the height and width that all pictures get, and a note on them.

    Sides that are left open follow the pictures: their own size if it is one and small, else the
    median, at most 64, in steps of 8. Where one side is set, the other keeps the proportions.
    """
    if data.height is not None and data.width is not None:
        return data.height, data.width, ""

    sizes = _sample_sizes(picture_list, check)
    one_size = (sizes == sizes[0]).all()
    height, width = (float(side) for side in np.median(sizes, axis=0))
    if data.height is not None or data.width is not None:
        factor = (data.height or 0) / height or (data.width or 0) / width
        sides = (
            data.height or _round_side(height * factor),
            data.width or _round_side(width * factor),
        )
        return *sides, f"Pictures are brought to {sides[1]} × {sides[0]} pixels."

    if one_size and max(height, width) <= UNCHANGED_SIDE:
        return max(4, int(height)), max(4, int(width)), ""

    factor = min(1.0, AUTO_LARGEST / max(height, width))
    sides = _round_side(height * factor), _round_side(width * factor)
    subject = "All pictures are" if one_size else "The middle size of the pictures is"

    return *sides, (
        f"{subject} {int(width)} × {int(height)} pixels; the network sees {sides[1]} × {sides[0]} "
        "(change it under Height and Width)."
    )


def _sample_sizes(picture_list: PictureList, check: Check) -> np.ndarray:
    """Returns the sizes of some pictures, (n, 2) of height and width; at least one."""
    if picture_list.array is not None:
        return np.array([picture_list.array.shape[1:3]])

    sizes = []
    count = min(MEASURED, len(picture_list))
    for row in np.unique(np.linspace(0, len(picture_list) - 1, count).astype(int)):
        check()
        try:
            sizes.append(picture_list.measure(int(row)))
        except UnreadablePicture:
            continue

    return np.array(sizes or [(AUTO_LARGEST, AUTO_LARGEST)])


def _round_side(side: float) -> int:
    return max(SIDE_STEP, int(side / SIDE_STEP + 0.5) * SIDE_STEP)
