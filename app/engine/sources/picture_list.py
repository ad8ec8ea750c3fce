"""Pictures that a format found and did not decode yet."""

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

    pass


@dataclass(frozen=True)
class PictureList:
    """All examples of a dataset, not decoded yet, a row each.

    Either `paths` or `array` holds the pictures.

    targets: (N,) int64, numbers of `classes`. hints: (N,) int8, FREE or the place in SPLITS the
    data ask for. array: (N, H, W) or (N, H, W, 3) uint8. names: for a person, unique; a path below
    the source, or "file #12". folders: the sub-folder that keeps an example's relatives, "" where
    there is none.
    """

    classes: tuple[str, ...]
    names: Sequence[str]
    targets: np.ndarray
    hints: np.ndarray
    paths: Sequence[Path] | None = None
    array: np.ndarray | None = None
    folders: Sequence[str] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    def picture(self, row: int, detail: int = pictures.DETAIL) -> Image.Image:
        """Raises pictures.Unreadable."""
        if self.paths is not None:
            return pictures.decode(self.paths[row], detail)

        assert self.array is not None
        return Image.fromarray(self.array[row])

    def measure(self, row: int) -> tuple[int, int]:
        """(height, width) without decoding. Raises pictures.Unreadable."""
        if self.paths is not None:
            return pictures.measure(self.paths[row])

        assert self.array is not None
        return self.array.shape[1], self.array.shape[2]


@dataclass(frozen=True)
class Scan:
    """The files of a source and a way to read them.

    stamps: (path, bytes, time of change) of every file that counts.
    """

    stamps: tuple[tuple[str, int, int], ...]
    read: Callable[[], PictureList] = field(repr=False)
