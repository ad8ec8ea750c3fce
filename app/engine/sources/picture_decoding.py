"""Decodes a list of pictures into one array: in threads, in order, never stopped by a bad file."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.fingerprints import fingerprint_of, fingerprints
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import REMARKS, UnreadablePicture, pixels_of
from app.engine.data.tones import Tones, ValueRange
from app.engine.errors import UserError
from app.engine.sources.cache import fits_memory
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.cache_entry import CacheEntry
    from app.engine.sources.format import Check, Progress
    from app.engine.sources.picture_list import PictureList

AUTO_LARGEST = 64
"""Sides that are left open become at most this, in pixels, so that a first try trains fast."""

UNCHANGED_SIDE = 96
"""Pictures that all have one size up to this keep it."""

SIDE_STEP = 8
"""Sides that are left open become a multiple of this, unless all pictures have one small size."""

MEASURED = 2_000
"""So many pictures, evenly spread, decide about the size."""

PROGRESS_SECONDS = 0.1
"""Progress is reported at most this often."""


@dataclass(frozen=True)
class DecodedPictures:
    """The pictures of a list that could be read.

    inputs: (n, C, H, W) uint8. rows: (n,) their rows in the list. preparation: without statistics.
    stored: the entry of the cache that inputs is of, None where it was decoded and is in memory.
    of_values: fingerprints of the values that are no bytes, by the places in `inputs`.
    """

    inputs: np.ndarray
    rows: np.ndarray
    preparation: ImagePreparation
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    stored: CacheEntry | None = None
    of_values: dict[int, bytes] = field(default_factory=dict)

    def fingerprints(self) -> np.ndarray:
        """Returns a fingerprint of every picture as it was before it was bytes: (n, 16) uint8.

        Two pictures may differ by less than a tone, and are no copies all the same.
        """
        found = fingerprints(self.inputs).copy()
        for place, fingerprint in self.of_values.items():
            found[place] = np.frombuffer(fingerprint, np.uint8)

        return found


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


def decode_pictures(
    picture_list: PictureList,
    data: DataSettings,
    folder: Path | None,
    progress: Progress,
    check: Check,
    tones: Tones | None = None,
) -> DecodedPictures:
    """Decodes all pictures of a list at one size.

    folder: for a memory-mapped array, where the pictures do not fit into memory. tones: of the
    training of a network, for pictures with other values than bytes; None follows from all of these
    pictures together.

    Raises UserError when there is neither memory nor disk for them, and whatever `check` raises.
    """
    height, width, note = choose_size(picture_list, data, check)
    grey_array = picture_list.array is not None and picture_list.array.ndim == 3
    one_channel = data.colour == "grey" or (grey_array and data.colour != "colour")
    channels = 1 if one_channel else 3
    mean, std = (0.0,) * channels, (1.0,) * channels
    known = tones or picture_list.tones
    preparation = ImagePreparation(height, width, channels, data.fit, mean, std, known)
    inputs = _allocate((len(picture_list), channels, height, width), folder)
    rows, skipped, remarks, all_grey, deep = _fill(
        inputs, picture_list, preparation, progress, check
    )

    inputs = inputs[: len(rows)]
    preparation = _with_one_range(inputs, picture_list, preparation, rows, deep, check)
    if channels == 3 and data.colour is None and all_grey and len(rows):
        inputs = _one_channel(inputs)
        preparation = replace(preparation, channels=1, mean=(0.0,), std=(1.0,))

    notes = [note] if note else []
    notes += [
        f"{number:,} {REMARKS[word][number > 1]}." for word, number in sorted(remarks.items())
    ]
    notes += _notes_on_tones(preparation.tones, tones is not None)
    of_values = {place: item.fingerprint for place, item in deep.items()}
    return DecodedPictures(
        inputs, rows, preparation, tuple(skipped), tuple(notes), of_values=of_values
    )


def _with_one_range(
    inputs: np.ndarray,
    picture_list: PictureList,
    preparation: ImagePreparation,
    rows: np.ndarray,
    deep: dict[int, _Deep],
    check: Check,
) -> ImagePreparation:
    """Decodes the pictures again whose own range is not that of all of them.

    deep: by the place in `inputs`. Returns the preparation with the tones for all of them.
    """
    ranges = {place: item.value_range for place, item in deep.items() if item.value_range}
    if not ranges:
        return preparation

    whole = functools.reduce(ValueRange.with_, ranges.values())
    preparation = replace(preparation, tones=whole.tones())
    for place, value_range in ranges.items():
        if value_range.tones() != preparation.tones:
            check()
            picture = picture_list.picture(int(rows[place]), preparation.detail, preparation.tones)
            inputs[place] = preparation.array(picture)

    return preparation


def _notes_on_tones(tones: Tones | None, trained: bool) -> list[str]:
    if tones is None:
        return []

    why = "as in training" if trained else "one range for all pictures"
    return [f"The values {tones.words} became the tones 0 to 255, {why}."]


def _allocate(shape: tuple[int, ...], folder: Path | None) -> np.ndarray:
    """Returns an empty array, in a file of the folder where it does not fit into memory."""
    size = int(np.prod(shape, dtype=object))
    if not size or fits_memory(size):
        return np.empty(shape, np.uint8)

    if folder is None:
        raise UserError(
            f"The pictures take {bytes_text(size)}, more than a quarter of the free memory, and "
            "the folder for temporary files cannot be used.",
            "Choose smaller pictures, or free memory and disk.",
            "data.height",
        )

    return _allocate_on_disk(folder / "inputs.bin", shape)


def _allocate_on_disk(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Returns an empty array in a file.

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
    """Returns the first channel alone.

    A mapped array is rewritten in the same file, forwards, which never overtakes what is read.
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
) -> tuple[np.ndarray, list[Skipped], Counter[str], bool, dict[int, _Deep]]:
    """Writes what can be read to the front of `inputs`.

    Returns the rows, what was skipped, how often each remark was made, whether all was grey, and
    of the pictures with other values than bytes more about them, by their places in `inputs`.
    """
    total = len(picture_list)
    last = 0.0
    rows: list[int] = []
    skipped = []
    remarks = Counter[str]()
    all_grey = True
    deep: dict[int, _Deep] = {}

    # Closed at once, so that a cancel ends the threads.
    with contextlib.closing(_decode_all(picture_list, preparation)) as results:
        for row, result in results:
            check()
            if isinstance(result, UnreadablePicture):
                skipped.append(Skipped(picture_list.names[row], result.reason))
            else:
                pixels, words, deep_picture = result
                if deep_picture is not None:
                    deep[len(rows)] = deep_picture
                if all_grey and len(pixels) == 3:
                    all_grey = bool(
                        (pixels[0] == pixels[1]).all() and (pixels[0] == pixels[2]).all()
                    )

                inputs[len(rows)] = pixels
                rows.append(row)
                remarks.update(words)

            now = time.monotonic()
            if now - last > PROGRESS_SECONDS or row + 1 == total:
                last = now
                progress(f"Reading {row + 1:,} of {total:,} pictures", row + 1, total)

    return np.array(rows, np.int64), skipped, remarks, all_grey, deep


def _deep_row(values: np.ndarray) -> _Deep | None:
    return None if values.dtype == np.uint8 else _Deep(fingerprint_of(values))


def _shapes(preparation: ImagePreparation) -> tuple[tuple[int, ...], ...]:
    """Returns the shapes of pictures in an array that need no more than their tones."""
    size = (preparation.height, preparation.width)
    return ((*size, 3), (*size, 4)) if preparation.channels == 3 else (size,)


@dataclass(frozen=True)
class _Deep:
    """A picture with other values than bytes.

    fingerprint: of its values. value_range: where its tones followed from its own, else None.
    """

    fingerprint: bytes
    value_range: ValueRange | None = None


DecodeResult = tuple[np.ndarray, tuple[str, ...], _Deep | None] | UnreadablePicture


def _decode_all(
    picture_list: PictureList, preparation: ImagePreparation
) -> Generator[tuple[int, DecodeResult], None, None]:
    """Yields every row in order with its pixels (C, H, W) uint8 and remarks, or why it has none."""
    array = picture_list.array
    if array is not None and array.shape[1:] in _shapes(preparation):
        for row, values in enumerate(array):
            pixels = pixels_of(values, preparation.tones)
            pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
            yield row, (pixels, (), _deep_row(values))
        return

    def decode(row: int) -> DecodeResult:
        try:
            picture = picture_list.picture(row, preparation.detail, preparation.tones)
            info = picture.info
            deep = _deep_row(array[row]) if array is not None else None
            if fingerprint := info.get("fingerprint"):
                deep = _Deep(fingerprint, info["range"])
            return preparation.array(picture), info.get("remarks", ()), deep
        except UnreadablePicture as error:
            return error

    workers = max(1, min(4, os.cpu_count() or 1))
    with ThreadPoolExecutor(workers, thread_name_prefix="decoding") as pool:
        # A few pictures ahead only: a queue of all of them would hold all of them in memory.
        pending: deque[Future[DecodeResult]] = deque()
        next_rows = iter(range(len(picture_list)))
        try:
            for row in range(len(picture_list)):
                while len(pending) < 8 * workers and (ahead := next(next_rows, None)) is not None:
                    pending.append(pool.submit(decode, ahead))
                yield row, pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
