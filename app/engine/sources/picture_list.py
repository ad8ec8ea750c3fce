"""The pictures of a source, listed and not decoded yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

from app.engine.data import pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np

    from app.engine.data.dataset import Skipped
    from app.engine.data.tones import Tones
    from app.engine.sources.stamps import Stamp


ROW_BYTES = 300
"""Bytes that an example takes beside its values: its name, its label, its place in lists."""


@dataclass(frozen=True)
class PictureList:
    """The pictures of a source and their classes, a row each.

    Either `paths` or `array` holds the pictures.

    targets: (N,) int64, numbers of `classes`. predefined_splits: (N,) int8, see Examples. array:
    (N, H, W) or (N, H, W, C) of any number type, C 3 or 4. names: for a person, unique; a path
    below the source, or "file #12". folders: the sub-folder that keeps an example's relatives, ""
    where there is none.
    """

    classes: tuple[str, ...]
    names: Sequence[str]
    targets: np.ndarray
    predefined_splits: np.ndarray
    paths: Sequence[Path] | None = None
    array: np.ndarray | None = None
    folders: Sequence[str] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    def picture(
        self, row: int, detail: int = pictures.DETAIL, tones: Tones | None = None
    ) -> Image.Image:
        """Decodes a picture; see pictures.decode for the rest. Raises UnreadablePicture."""
        if self.paths is not None:
            return pictures.decode(self.paths[row], detail, tones)

        assert self.array is not None
        return Image.fromarray(pictures.pixels_of(self.array[row], tones))

    @property
    def tones(self) -> Tones | None:
        """The tones of the pictures of an array; None where they are bytes, or stand in files."""
        return pictures.tones_of(self.array) if self.array is not None else None

    def measure(self, row: int) -> tuple[int, int]:
        """Returns (height, width) without decoding. Raises UnreadablePicture."""
        if self.paths is not None:
            return pictures.measure(self.paths[row])

        assert self.array is not None
        return self.array.shape[1], self.array.shape[2]


@dataclass(frozen=True)
class ScanResult:
    """The files of a source, and how to list their pictures.

    stamps: of every file that counts; its path may be relative to the source.
    """

    stamps: tuple[Stamp, ...]
    read: Callable[[], PictureList] = field(repr=False)
