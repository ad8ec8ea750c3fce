"""Decodes a list of pictures into one array: in threads, in order, never stopped by a bad file."""

from __future__ import annotations

import contextlib
import functools
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.data.dataset import SPLITS, Skipped
from app.engine.data.fingerprints import fingerprint_of, fingerprints
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import REMARKS, UnreadablePicture, pixels_of
from app.engine.data.tones import LATER, SAMPLED, RangeChoice, ValueRange
from app.engine.sources.decoding.pages import require_answer
from app.engine.sources.decoding.size import choose_size
from app.engine.sources.decoding.storage import allocate, one_channel
from app.engine.sources.decoding.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.cache_entry import CacheEntry
    from app.engine.sources.format import Check, Progress
    from app.engine.sources.picture_list import PictureList

SET_APART = (SPLITS.index("validation"), SPLITS.index("test"))
"""The splits whose pictures have no part in a range that follows from the training."""

LEAST_SAMPLED = 64
"""Values of a picture that are looked at for percentiles, at least; few where there are many."""

BLOCK_VALUES = 1 << 20
"""Values of an array that are stored at a time; one by one small pictures take far longer."""

PROGRESS_SECONDS = 0.1
"""Progress is reported at most this often."""


@dataclass(frozen=True)
class DecodedPictures:
    """The pictures of a list that could be read.

    inputs: (n, C, H, W) uint8 or uint16. rows: (n,) their rows in the list. preparation: without
    statistics.
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


def decode_pictures(
    picture_list: PictureList,
    data: DataSettings,
    folder: Path | None,
    progress: Progress,
    check: Check,
    trained: ImagePreparation | None = None,
) -> DecodedPictures:
    """Decodes all pictures of a list at one size.

    folder: for a memory-mapped array, where the pictures do not fit into memory. trained: of a
    network, whose range of values, depth and pages hold; without it the range follows from all of
    these pictures together.

    Raises UserError when there is neither memory nor disk for them, or a question to answer, and
    whatever `check` raises.
    """
    preparation, note = _first_preparation(picture_list, data, trained, check)
    filled = _fill(folder, picture_list, preparation, data, progress, check)
    whole = filled.value_range
    if whole is not None and trained is None and whole.depth != preparation.depth:
        # The files that were looked into first were no example of the rest.
        del filled
        preparation = replace(preparation, depth=whole.depth)
        filled = _fill(folder, picture_list, preparation, data, progress, check)

    choice = LATER if trained is not None else data.values
    preparation = _with_one_range(picture_list, preparation, choice, filled, check)
    inputs = filled.inputs
    if preparation.channels == 3 and data.colour is None and filled.all_grey and len(filled.rows):
        inputs = one_channel(inputs)
        preparation = replace(preparation, channels=1, mean=(0.0,), std=(1.0,))

    notes = [note] if note else []
    notes += [
        f"{number:,} {REMARKS[word][number > 1]}."
        for word, number in sorted(filled.remarks.items())
        if trained is not None or word != "cut"
    ]
    notes += _notes_on_tones(preparation, trained)
    of_values = {place: item.fingerprint for place, item in filled.deep.items()}
    return DecodedPictures(
        inputs, filled.rows, preparation, tuple(filled.skipped), tuple(notes), of_values=of_values
    )


def _first_preparation(
    picture_list: PictureList, data: DataSettings, trained: ImagePreparation | None, check: Check
) -> tuple[ImagePreparation, str]:
    """Returns how the pictures are read, as far as it can be known before, and a note on it."""
    height, width, note = choose_size(picture_list, data, check)
    grey_array = picture_list.array is not None and picture_list.array.ndim == 3
    one_channel = data.colour == "grey" or (grey_array and data.colour != "colour")
    channels = 1 if one_channel else 3
    preparation = ImagePreparation(
        height, width, channels, data.fit, (0.0,) * channels, (1.0,) * channels
    )

    if trained is not None:
        tones = trained.tones or picture_list.later_tones()
        pages = trained.pages or "first"
        return replace(preparation, tones=tones, depth=trained.depth, pages=pages), note

    return (
        replace(
            preparation,
            tones=picture_list.tones(data.values),
            depth=picture_list.depth(check),
            pages=data.pages,
        ),
        note,
    )


def _with_one_range(
    picture_list: PictureList,
    preparation: ImagePreparation,
    choice: RangeChoice | None,
    filled: _Filled,
    check: Check,
) -> ImagePreparation:
    """Decodes the pictures again whose own range is not that of all of them.

    Returns the preparation with the tones for all of them.
    """
    training = filled.of_training(picture_list) if choice == "training" else filled
    whole = training.value_range
    if whole is None:
        return preparation

    preparation = replace(preparation, tones=whole.tones(choice, training.sample))
    for place, item in filled.deep.items():
        if item.value_range is not None and item.value_range.tones() != preparation.tones:
            check()
            picture = picture_list.picture(int(filled.rows[place]), preparation)
            filled.inputs[place] = preparation.array(picture)

    return preparation


def _notes_on_tones(preparation: ImagePreparation, trained: ImagePreparation | None) -> list[str]:
    tones = preparation.tones
    if tones is None:
        return []

    why = "one range for all pictures"
    if trained is not None and trained.tones in (tones, None):
        why = "as in training" if trained.tones == tones else "where training had bytes"
    finely = " in 65,536 steps" if preparation.depth == 16 else ""
    return [f"The values {tones.words} became the tones 0 to 255{finely}, {why}."]


@dataclass(frozen=True)
class _Filled:
    """The pictures that could be read.

    inputs: (n, C, H, W). rows: (n,) of the list. deep: of those with other values than bytes more
    about them, by their places in `inputs`.
    """

    inputs: np.ndarray
    rows: np.ndarray
    skipped: list[Skipped]
    remarks: Counter[str]
    all_grey: bool
    deep: dict[int, _Deep]

    @property
    def value_range(self) -> ValueRange | None:
        """The range of all values, None where all pictures are bytes or their range is known."""
        ranges = [item.value_range for item in self.deep.values() if item.value_range]
        return functools.reduce(ValueRange.with_, ranges) if ranges else None

    @property
    def sample(self) -> np.ndarray | None:
        """Some of the values of all pictures, None where none were asked for."""
        samples = [item.sample for item in self.deep.values() if item.sample is not None]
        return np.concatenate(samples) if samples else None

    def of_training(self, picture_list: PictureList) -> _Filled:
        """Returns it for the ranges of pictures that the data do not set apart for judging."""
        apart = np.isin(picture_list.predefined_splits[self.rows], SET_APART)
        deep = {place: item for place, item in self.deep.items() if not apart[place]}
        return replace(self, deep=deep) if deep else self


def _fill(
    folder: Path | None,
    picture_list: PictureList,
    preparation: ImagePreparation,
    data: DataSettings,
    progress: Progress,
    check: Check,
) -> _Filled:
    """Decodes what can be read. Raises UserError where a question must be answered before."""
    total = len(picture_list)
    shape = (total, *preparation.inputs[0].shape)
    inputs = allocate(shape, np.dtype(preparation.dtype), folder)
    sampled = max(LEAST_SAMPLED, SAMPLED // max(1, total)) if data.values == "percentiles" else 0
    last = 0.0
    rows: list[int] = []
    skipped = []
    remarks = Counter[str]()
    all_grey = True
    deep: dict[int, _Deep] = {}

    # Closed at once, so that a cancel ends the threads.
    with contextlib.closing(_decode_all(picture_list, preparation, sampled)) as results:
        for row, result in results:
            check()
            if isinstance(result, UnreadablePicture):
                skipped.append(Skipped(picture_list.names[row], result.reason))
            else:
                pixels, words, deep_picture = result
                if words:
                    require_answer(words, picture_list.names[row], preparation, data)
                    remarks.update(
                        set(words) - ({"pages"} if preparation.pages == "each" else set())
                    )
                if deep_picture is not None:
                    deep[len(rows)] = deep_picture
                if all_grey and len(pixels) == 3:
                    all_grey = bool(
                        (pixels[0] == pixels[1]).all() and (pixels[0] == pixels[2]).all()
                    )

                inputs[len(rows)] = pixels
                rows.append(row)

            now = time.monotonic()
            if now - last > PROGRESS_SECONDS or row + 1 == total:
                last = now
                progress(f"Reading {row + 1:,} of {total:,} pictures", row + 1, total)

    filled = inputs[: len(rows)]
    return _Filled(filled, np.array(rows, np.int64), skipped, remarks, all_grey, deep)


def _deep_row(values: np.ndarray) -> _Deep | None:
    return None if values.dtype == np.uint8 else _Deep(fingerprint_of(values))


def _cut_remark(values: np.ndarray, preparation: ImagePreparation) -> tuple[str, ...]:
    """Returns the remark on a picture in an array whose values are cut off, () where none are."""
    tones = preparation.tones
    return ("cut",) if tones is not None and tones.cut(values) else ()


def _shapes(preparation: ImagePreparation) -> tuple[tuple[int, ...], ...]:
    """Returns the shapes of pictures in an array that need no more than their tones."""
    size = (preparation.height, preparation.width)
    return ((*size, 3), (*size, 4)) if preparation.channels == 3 else (size,)


@dataclass(frozen=True)
class _Deep:
    """A picture with other values than bytes.

    fingerprint: of its values. value_range: where its tones followed from its own, else None.
    sample: some of its values, where they were asked for.
    """

    fingerprint: bytes
    value_range: ValueRange | None = None
    sample: np.ndarray | None = None


DecodeResult = tuple[np.ndarray, tuple[str, ...], _Deep | None] | UnreadablePicture


def _decode_all(
    picture_list: PictureList, preparation: ImagePreparation, sampled: int
) -> Generator[tuple[int, DecodeResult], None, None]:
    """Yields every row in order with its pixels (C, H, W) and remarks, or why it has none."""
    array = picture_list.array
    if array is not None and array.shape[1:] in _shapes(preparation):
        yield from enumerate(_all_of_array(array, preparation))
        return

    yield from _decode_in_threads(picture_list, preparation, sampled)


def _all_of_array(array: np.ndarray, preparation: ImagePreparation) -> Iterator[DecodeResult]:
    """Yields the pixels (C, H, W) and remarks of every picture (H, W) or (H, W, C) of an array."""
    step = max(1, BLOCK_VALUES // max(1, array[:1].size))
    for start in range(0, len(array), step):
        block = np.asarray(array[start : start + step])
        below_each_other = block.reshape(-1, *block.shape[2:])  # one tall picture
        tall = pixels_of(below_each_other, preparation.tones, preparation.depth)
        stored = tall.reshape(*block.shape[:2], *tall.shape[1:])
        pixels = stored[:, None] if stored.ndim == 3 else stored.transpose(0, 3, 1, 2)
        any_cut = bool(_cut_remark(block, preparation))
        for values, one in zip(block, pixels, strict=True):
            yield one, _cut_remark(values, preparation) if any_cut else (), _deep_row(values)


def _decode_in_threads(
    picture_list: PictureList, preparation: ImagePreparation, sampled: int
) -> Generator[tuple[int, DecodeResult], None, None]:
    """Does what `_decode_all` does, for pictures that are opened or resized one by one."""
    array = picture_list.array

    def decode(row: int) -> DecodeResult:
        try:
            if (plain := picture_list.plain_pixels(row, preparation)) is not None:
                return plain, (), None

            picture = picture_list.picture(row, preparation, sampled)
            info = picture.info if isinstance(picture, Image.Image) else {}
            deep = _deep_row(array[row]) if array is not None else None
            if fingerprint := info.get("fingerprint"):
                deep = _Deep(fingerprint, info["range"], info["sample"])
            remarks = info.get("remarks", ())
            if array is not None:
                remarks = _cut_remark(array[row], preparation)

            return preparation.array(picture), remarks, deep
        except UnreadablePicture as error:
            return error

    yield from in_threads(decode, len(picture_list))
