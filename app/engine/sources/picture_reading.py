"""Decoding a catalogue into one array: in threads, in order, with progress, never stopped by a bad
file.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import REMARKS, Unreadable
from app.engine.errors import UserError
from app.engine.sources.cache import fits_memory
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check, Progress
    from app.engine.sources.picture_list import PictureList

AUTO_LARGEST = 64
"""Sides chosen for the person are at most this, so that a first try trains fast."""

KEPT_SIDE = 96
"""Pictures that all have one size up to this keep it."""

MEASURED = 2_000
"""So many pictures, evenly spread, decide about the size."""


@dataclass(frozen=True)
class Reading:
    """inputs: (n, C, H, W) uint8. rows: (n,) rows of the catalogue that could be read."""

    inputs: np.ndarray
    rows: np.ndarray
    preparation: ImagePreparation
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


def settle_size(
    picture_list: PictureList, data: DataSettings, check: Check
) -> tuple[int, int, str]:
    """(height, width, a note).

    Sides left open follow the pictures: their own size if it is one and small, else the median, at
    most 64, in steps of 8. One side given and one open keeps the median proportions.
    """
    if data.height is not None and data.width is not None:
        return data.height, data.width, ""

    if picture_list.array is not None:
        sizes = np.array([picture_list.array.shape[1:3]])
    else:
        found = []
        for row in np.unique(
            np.linspace(0, len(picture_list) - 1, min(MEASURED, len(picture_list))).astype(int)
        ):
            check()
            try:
                found.append(picture_list.measure(int(row)))
            except Unreadable:
                continue

        sizes = np.array(found or [(AUTO_LARGEST, AUTO_LARGEST)])

    height, width = (float(side) for side in np.median(sizes, axis=0))
    if data.height is not None or data.width is not None:
        factor = (data.height or 0) / height or (data.width or 0) / width
        sides = data.height or _step(height * factor), data.width or _step(width * factor)
        return *sides, f"Pictures are brought to {sides[1]} × {sides[0]} pixels."

    if (sizes == sizes[0]).all() and max(height, width) <= KEPT_SIDE:
        return max(4, int(height)), max(4, int(width)), ""

    factor = min(1.0, AUTO_LARGEST / max(height, width))
    sides = _step(height * factor), _step(width * factor)
    sort = "All pictures are" if (sizes == sizes[0]).all() else "The middle size of the pictures is"

    return *sides, (
        f"{sort} {int(width)} × {int(height)} pixels; the network sees {sides[1]} × {sides[0]} "
        "(change it under Height and Width)."
    )


def _step(side: float) -> int:
    return max(8, int(side / 8 + 0.5) * 8)


def read(
    picture_list: PictureList,
    data: DataSettings,
    place: Path | None,
    progress: Progress,
    check: Check,
) -> Reading:
    """Decodes everything.

    `place` is a folder for a memory-mapped array, used when it does not fit into memory.

    The preparation has no statistics yet. Raises UserError when there is neither memory nor disk
    for the array.
    """
    height, width, note = settle_size(picture_list, data, check)
    colour = data.colour != "grey" and not (
        picture_list.array is not None and picture_list.array.ndim == 3
    )
    channels = 3 if colour or data.colour == "colour" else 1
    preparation = ImagePreparation(
        height, width, channels, data.fit, (0.0,) * channels, (1.0,) * channels
    )
    inputs = _room((len(picture_list), channels, height, width), place)
    rows, skipped, remarks, grey = _fill(inputs, picture_list, preparation, progress, check)

    inputs = inputs[: len(rows)]
    if channels == 3 and data.colour is None and grey and len(rows):
        channels = 1
        inputs = _one_channel(inputs)
        preparation = ImagePreparation(height, width, 1, data.fit, (0.0,), (1.0,))

    notes = [note] if note else []
    notes += [
        f"{number:,} {REMARKS[word][number > 1]}." for word, number in sorted(remarks.items())
    ]
    return Reading(inputs, rows, preparation, tuple(skipped), tuple(notes))


def _room(shape: tuple[int, ...], place: Path | None) -> np.ndarray:
    size = int(np.prod(shape, dtype=object))
    if size and not fits_memory(size):
        if place is None:
            raise UserError(
                f"The pictures take {bytes_text(size)}, more than a quarter of the free memory, "
                "and the folder for "
                "temporary files cannot be used.",
                "Choose smaller pictures, or free memory and disk.",
                "data.height",
            )
        return _mapped(place / "inputs.bin", shape)

    return np.empty(shape, np.uint8)


def _mapped(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """An array on the disk.

    The room is taken at once: a full disk is an error here, not a crash on writing.
    """
    size = int(np.prod(shape, dtype=object))
    try:
        with file.open("wb") as handle:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle.fileno(), 0, size)
            else:
                handle.truncate(size)
    except OSError as error:
        raise UserError(
            f"The disk has no room for {bytes_text(size)} of decoded pictures.",
            "Free some space, or choose smaller pictures.",
            "data.height",
        ) from error

    return np.memmap(file, np.uint8, "r+", shape=shape)


def _one_channel(inputs: np.ndarray) -> np.ndarray:
    """The first channel alone; where the array is mapped, in the same file, forwards, which never
    overtakes itself.
    """
    if not isinstance(inputs, np.memmap):
        return np.ascontiguousarray(inputs[:, :1])

    assert inputs.filename is not None

    grey = np.memmap(inputs.filename, np.uint8, "r+", shape=(len(inputs), 1, *inputs.shape[2:]))
    for row in range(len(inputs)):
        grey[row] = np.array(inputs[row, :1])

    return grey


def _fill(
    inputs: np.ndarray,
    picture_list: PictureList,
    preparation: ImagePreparation,
    progress: Progress,
    check: Check,
) -> tuple[np.ndarray, list[Skipped], Counter[str], bool]:
    """Writes what can be read to the front of `inputs`: (rows, skipped, remarks counted, whether
    all was grey).
    """
    total = len(picture_list)
    last = 0.0
    rows: list[int] = []
    skipped = []
    remarks = Counter[str]()

    grey = True
    with contextlib.closing(
        _decoded(picture_list, preparation)
    ) as results:  # so that a cancel ends the threads
        for row, result in results:
            check()
            if isinstance(result, Unreadable):
                skipped.append(Skipped(picture_list.names[row], result.reason))
            else:
                pixels, words = result
                if grey and len(pixels) == 3:
                    grey = np.array_equal(pixels[0], pixels[1]) and np.array_equal(
                        pixels[0], pixels[2]
                    )

                inputs[len(rows)] = pixels
                rows.append(row)
                remarks.update(words)

            now = time.monotonic()
            if now - last > 0.1 or row + 1 == total:
                last = now
                progress(f"Reading {row + 1:,} of {total:,} pictures", row + 1, total)

    return np.array(rows, np.int64), skipped, remarks, grey


Decoded = tuple[np.ndarray, tuple[str, ...]] | Unreadable


def _decoded(
    picture_list: PictureList, preparation: ImagePreparation
) -> Generator[tuple[int, Decoded], None, None]:
    """Every row in order with its (C, H, W) uint8 and remarks, or why it has none."""
    array = picture_list.array
    shape = (preparation.height, preparation.width, *((3,) if preparation.channels == 3 else ()))
    if array is not None and array.shape[1:] == shape:
        for row in range(len(array)):
            yield row, (array[row][None] if array.ndim == 3 else array[row].transpose(2, 0, 1), ())
        return

    def one(row: int) -> Decoded:
        try:
            picture = picture_list.picture(row, preparation.detail)
            return preparation.array(picture), picture.info.get("remarks", ())
        except Unreadable as error:
            return error

    workers = max(1, min(4, os.cpu_count() or 1))
    with ThreadPoolExecutor(workers, thread_name_prefix="decoding") as pool:
        waiting: deque[Future[Decoded]] = deque()
        following = iter(range(len(picture_list)))
        try:
            for row in range(len(picture_list)):
                while len(waiting) < 8 * workers and (new := next(following, None)) is not None:
                    waiting.append(pool.submit(one, new))
                yield row, waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
