"""Pictures and their labels in arrays: which arrays they are, and what is left out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.free_memory import require_memory
from app.engine.sources.arrays.headers import (
    IMAGE_WORDS,
    LABEL_WORDS,
    NUMBERS,
    ArrayHeader,
)
from app.engine.sources.arrays.reading import class_names, read_labels, reading_of
from app.engine.sources.arrays.roles import InputForm, LabelledArrays, choose_roles
from app.engine.sources.arrays.unlabelled import not_pictures
from app.engine.sources.format import Check, unusable
from app.engine.sources.picture_list import ROW_BYTES, PictureList

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

SMALLEST_SIDE = 4

CHANNELS = (1, 3, 4)
MOST_CHANNELS = 14
"""With fewer values along its shortest side than this, a picture has channels and is no volume."""

COPIES = 17
"""Bytes that a value of more than one byte takes beside itself until it is a tone.

Two numbers of 8 bytes, one of which becomes the other, and the tone.
"""

SLICES = "Save one slice of each volume, or its maximum along one side, as a picture."
ROWS = (
    "Save the rows as a table, such as CSV or Parquet; or as 'signals' (N, channels, length), if "
    "each is one."
)
REMEDY = "Save the pictures as 'images' (N, height, width[, 3]) and their classes as 'labels' (N,)."


def _rank(header: ArrayHeader) -> int | None:
    """Returns how likely an array holds pictures, the lowest first, None where it does not."""
    named = header.role in IMAGE_WORDS
    if not _may_be_pictures(header) or (len(header.shape) == 2 and not named):
        return None
    if header.role in LABEL_WORDS or (not named and min(header.shape[1:3]) < SMALLEST_SIDE):
        return None if not named and len(header.shape) == 3 else 2

    return 0 if named else 1


def _may_be_pictures(header: ArrayHeader) -> bool:
    if header.dtype.kind not in NUMBERS:
        return False
    if len(header.shape) == 2:
        return bool(_side(header.shape[1]))

    return len(header.shape) in (3, 4)


FORM = InputForm(_rank, _may_be_pictures)
"""What arrays of pictures are like."""


def list_pictures(
    path: Path, headers: Sequence[ArrayHeader], data: DataSettings, check: Check
) -> PictureList:
    """Reads the pictures and labels of a file, or of several that are open.

    Raises UserError for what is damaged or holds no pictures with labels.
    """
    roles = choose_roles(path, headers, FORM, data)
    if roles is None or not roles.pairs or not roles.target.names:
        _refuse_deep(path, headers)
        what = not_pictures(headers) or "holds no images with labels of the same number"
        raise unusable(path, what, ROWS if what.endswith("no pictures") else REMEDY)

    _refuse_volumes(path, roles.pairs)
    require_memory(_needed(roles.pairs), path, "pictures")

    known = class_names(path, headers) if roles.is_likely else ()
    labels, reasons = read_labels(path, roles, known, data)
    images: list[np.ndarray] = []
    kept: list[np.ndarray] = []
    skipped: list[Skipped] = []
    for pair, own_reasons in zip(roles.pairs, reasons, strict=True):
        check()
        image = pair.examples
        pixels = pixels_last(image.read())
        if images and pixels.shape[1:] != images[0].shape[1:]:
            first = roles.pairs[0].examples.key
            raise unusable(path, f"holds '{image.key}' in another size than '{first}'", REMEDY)

        rows, left_out = _usable_rows(image, pixels, own_reasons)
        skipped += left_out
        images.append(pixels[rows] if left_out else pixels)
        kept.append(rows)

    splits = []
    names = []
    places = []
    first_place = 0
    for pair, rows in zip(roles.pairs, kept, strict=True):
        splits.append(np.full(len(rows), pair.examples.split, np.int8))
        names += [f"{pair.examples.key} #{row + 1}" for row in rows.tolist()]
        places.append(rows + first_place)
        first_place += pair.examples.shape[0]

    return PictureList(
        (),
        names,
        np.zeros(len(names), np.int64),
        np.concatenate(splits),
        array=np.concatenate(images) if len(images) > 1 else images[0],
        skipped=tuple(skipped),
        notes=roles.notes,
        labels=labels.take(np.concatenate(places)),
        reading=reading_of(roles, known),
    )


def _refuse_volumes(path: Path, pairs: Sequence[LabelledArrays]) -> None:
    """Raises UserError for pictures with a third side, or with more channels than colours."""
    for image in (pair.examples for pair in pairs):
        if len(image.shape) != 4 or {image.shape[1], image.shape[3]} & set(CHANNELS):
            continue

        sides = " × ".join(f"{side:,}" for side in image.shape[1:])
        if min(image.shape[1:]) >= MOST_CHANNELS:
            raise unusable(
                path,
                f"holds volumes in '{image.key}', {sides} values each; a picture has two sides and "
                "1, 3 or 4 channels",
                SLICES,
            )

        raise unusable(
            path,
            f"holds pictures of {image.shape[3]:,} channels in '{image.key}'; they have 1, 3 or 4",
            REMEDY,
        )


def _refuse_deep(path: Path, headers: Sequence[ArrayHeader]) -> None:
    """Raises UserError where an array of numbers has more dimensions than pictures have."""
    for header in headers:
        if len(header.shape) > 4 and header.dtype.kind in NUMBERS:
            sides = " × ".join(f"{side:,}" for side in header.shape[1:])
            raise unusable(
                path,
                f"holds volumes or films in '{header.key}', {sides} values each; a picture has two "
                "sides and 1, 3 or 4 channels",
                SLICES,
            )


def _needed(pairs: Sequence[LabelledArrays]) -> int:
    """Returns the bytes of memory that the pictures take until they are bytes themselves."""
    needed = 0
    for image in (pair.examples for pair in pairs):
        values = image.stored.size // image.dtype.itemsize
        copies = 0 if image.dtype.itemsize == 1 else COPIES
        copies += image.dtype.itemsize if len(pairs) > 1 else 0
        needed += image.stored.size + values * copies + image.shape[0] * ROW_BYTES

    return needed


def _usable_rows(
    image: ArrayHeader, pixels: np.ndarray, reasons: dict[int, str]
) -> tuple[np.ndarray, list[Skipped]]:
    """Returns the rows (n,) of which pixels and label are numbers, and the others as skipped.

    reasons: why a row is left out for its label.
    """
    reasons = dict(reasons)
    if pixels.dtype.kind == "f":
        finite = np.isfinite(pixels.reshape(len(pixels), -1)).all(axis=1)
        broken = np.flatnonzero(~finite).tolist()
        reasons.update(dict.fromkeys(broken, "it holds values that are not numbers"))

    skipped = [
        Skipped(f"{image.key} #{row + 1}", reason) for row, reason in sorted(reasons.items())
    ]
    return np.setdiff1d(np.arange(len(pixels)), list(reasons)), skipped


def pixels_last(array: np.ndarray) -> np.ndarray:
    """Returns pictures as (N, H, W) or (N, H, W, C), C 3 or 4, of any type.

    array: (N, H, W), (N, H, W, C), (N, C, H, W) or square (N, D). Raises ValueError.
    """
    if array.ndim == 2:
        side = _side(array.shape[1])
        return array.reshape(-1, side, side)

    if array.ndim == 4:
        if array.shape[3] not in CHANNELS and array.shape[1] in CHANNELS:
            array = array.transpose(0, 2, 3, 1)
        if array.shape[3] == 1:
            return array[..., 0]
        if array.shape[3] not in CHANNELS:
            raise ValueError("pictures have 1, 3 or 4 channels")

    return array


def _side(size: int) -> int:
    """Returns the side of a square of so many pixels, 0 if it is none."""
    side = round(size**0.5)
    return side if side * side == size and side >= SMALLEST_SIDE else 0
