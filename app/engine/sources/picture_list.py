"""The pictures of a source, listed and not decoded yet."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from PIL import Image

from app.engine.data import pictures
from app.engine.data.picture_files.plain_png import LARGEST as LARGEST_PLAIN
from app.engine.data.picture_files.plain_png import read_plain_png
from app.engine.data.reading import NOT_A_TABLE, Reading
from app.engine.data.tones import ValueRange
from app.engine.files import read_small

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Skipped
    from app.engine.data.kinds.image.preparation import ImagePreparation
    from app.engine.data.tones import Depth, RangeChoice, Tones
    from app.engine.sources.arrays.labels import ArrayLabels
    from app.engine.sources.format import Check
    from app.engine.sources.stamps import Stamp


LOOKED_INTO = 50
"""So many files, evenly spread, are asked at first how many bits they have."""

ROW_BYTES = 300
"""Bytes that an example takes beside its values: its name, its label, its place in lists."""


class FilePaths(Sequence[Path]):
    """The paths of files. texts: as they were found; a Path takes as long as reading the file."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> FilePaths: ...

    def __getitem__(self, index: int | slice) -> Path | FilePaths:
        if isinstance(index, slice):
            return FilePaths(self.texts[index])

        return Path(self.texts[index])


@dataclass(frozen=True)
class PictureList:
    """The pictures of a source and their classes, a row each.

    Either `paths`, of which some may be the bytes of files instead, or `array` holds the pictures.

    targets: (N,) int64, numbers of `classes`. predefined_splits: (N,) int8, see Examples. array:
    (N, H, W) or (N, H, W, C) of any number type, C 3 or 4. names: for a person, unique; a path
    below the source, or "file #12". pages: of files of which each page is an example. folders: the
    sub-folder that keeps an example's relatives, "" where there is none. labels: of an array, in
    place of classes and targets. reading: which arrays were read.
    """

    classes: tuple[str, ...]
    names: Sequence[str]
    targets: np.ndarray
    predefined_splits: np.ndarray
    paths: Sequence[Path | bytes] | None = None
    pages: Sequence[int] | None = None
    array: np.ndarray | None = None
    folders: Sequence[str] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    labels: ArrayLabels | None = None
    reading: Reading = NOT_A_TABLE

    def __len__(self) -> int:
        return len(self.targets)

    def picture(
        self,
        row: int,
        preparation: ImagePreparation,
        sampled: int = 0,
    ) -> Image.Image | np.ndarray:
        """Decodes a picture as `preparation.array` takes it; see pictures.decode for the rest.

        Raises UnreadablePicture.
        """
        if self.paths is not None:
            page = self.pages[row] if self.pages is not None else None
            return preparation.decoded(self.paths[row], page, sampled)

        assert self.array is not None
        if preparation.depth == 8:
            return Image.fromarray(pictures.pixels_of(self.array[row], preparation.tones))

        scaled = pictures.scaled_pixels(self.array[row], preparation.tones)
        return Image.fromarray(scaled) if scaled.ndim == 2 else scaled

    def plain_pixels(self, row: int, preparation: ImagePreparation) -> np.ndarray | None:
        """Returns a picture as it is stored, (C, H, W), where it takes nothing but unpacking.

        None for any that has another size or form; `picture` reads these.
        """
        if self.paths is None or self.pages is not None or preparation.depth != 8:
            return None

        path = self.paths.texts[row] if isinstance(self.paths, FilePaths) else self.paths[row]
        if isinstance(path, bytes) or not os.fspath(path).lower().endswith(".png"):
            return None

        try:
            content = read_small(path, LARGEST_PLAIN)
        except (OSError, ValueError):
            return None

        pixels = read_plain_png(content) if content is not None else None
        if pixels is None or pixels.shape[:2] != (preparation.height, preparation.width):
            return None
        if pixels.ndim == 2:
            return np.broadcast_to(pixels, (preparation.channels, *pixels.shape))

        return pixels.transpose(2, 0, 1) if preparation.channels == 3 else None

    def tones(self, choice: RangeChoice | None) -> Tones | None:
        """The tones of the pictures of an array; None where they are bytes, or stand in files."""
        if self.array is None:
            return None

        return pictures.tones_of(self.array, choice, self._value_range)

    def later_tones(self) -> Tones | None:
        """The tones of an array for a network that was trained on bytes; None as in `tones`."""
        return pictures.later_tones_of(self.array) if self.array is not None else None

    @functools.cached_property
    def _value_range(self) -> ValueRange | None:
        assert self.array is not None
        return ValueRange.of(self.array)

    def depth(self, check: Check) -> Depth:
        """The bits that the pictures need, by all values of an array, or by some of the files."""
        if self.array is not None:
            if self.array.dtype == np.uint8:
                return 8
            return self._value_range.depth if self._value_range is not None else 8

        assert self.paths is not None
        count = min(LOOKED_INTO, len(self))
        for row in np.unique(np.linspace(0, len(self) - 1, count).astype(int)).tolist():
            check()
            try:
                if pictures.is_deep(self.paths[row]):
                    value_range = pictures.decode(self.paths[row]).info["range"]
                    return value_range.depth if value_range is not None else 8
            except pictures.UnreadablePicture:
                continue

        return 8

    def measure(self, row: int) -> tuple[int, int]:
        """Returns (height, width) without decoding. Raises UnreadablePicture."""
        if self.paths is not None:
            return pictures.measure(self.paths[row])

        assert self.array is not None
        return self.array.shape[1], self.array.shape[2]


@dataclass(frozen=True)
class ScanResult:
    """The files of a source, and how to list their pictures.

    stamps: of every file that counts; its path may be relative to the source. settings: plain data
    that the list depends on beside the files.
    """

    stamps: tuple[Stamp, ...]
    read: Callable[[], PictureList] = field(repr=False)
    settings: tuple[Any, ...] = ()
