"""What a format finds before anything is decoded, and what every format must offer."""

from __future__ import annotations

import os
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PIL import Image

from app.engine.data import pictures
from app.engine.data.dataset import SPLITS, Skipped
from app.engine.data.settings import DataSettings
from app.engine.errors import UserError

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from app.engine.sources.cache import Cache
    from app.engine.sources.loaded import Examples

FREE = -1
"""No split of its own: may be divided freely. Otherwise the place in SPLITS."""

Progress = Callable[[str, int, int], None]
Check = Callable[[], None]


def no_progress(text: str, done: int, total: int) -> None:
    """For callers who do not watch."""


def no_check() -> None:
    """For callers who never cancel."""


@dataclass(frozen=True)
class Catalogue:
    """All examples of a dataset, not decoded yet, a row each. Either `paths` or `array` holds the pictures.

    targets: (N,) int64, numbers of `classes`. hints: (N,) int8, FREE or the place in SPLITS the data ask for.
    array: (N, H, W) or (N, H, W, 3) uint8. names: for a person, unique; a path below the source, or "file #12".
    folders: the sub-folder that keeps an example's relatives, "" where there is none.
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
    """The files of a source and a way to read them. stamps: (path, bytes, time of change) of every file that counts."""

    stamps: tuple[tuple[str, int, int], ...]
    read: Callable[[], Catalogue] = field(repr=False)


@dataclass(frozen=True)
class Way:
    """How a source is opened. progress(text, done, total) is told what happens. check is called for every file (or
    some thousand rows) and may raise to cancel. like: the preparation of a network that these data are opened for,
    None where they are to be learned from."""

    cache: Cache
    progress: Progress = no_progress
    check: Check = no_check
    like: Preparation | None = None


class Format(ABC):
    """One way in which people keep examples. Formats are asked in the order of `order`. Those of pictures with a class
    each are made with decoding.PictureFormat."""

    kind: ClassVar[str]
    label: ClassVar[str]
    order: ClassVar[int] = 100

    @abstractmethod
    def matches(self, source: str) -> bool:
        """Whether this format would read the source. Looks at names and at no more than a folder's listing and the
        beginning of a file."""

    @abstractmethod
    def open(self, source: str, data: DataSettings, way: Way) -> Examples:
        """Reads everything. Raises UserError, OSError, and whatever `way.check` raises."""


def natural_key(text: str) -> tuple[object, ...]:
    """Sorts as people count: 2 before 10, upper and lower case alike."""
    parts = re.split(r"(\d+)", text)
    counted = [
        (0, int(part)) if place % 2 else (1, part.casefold()) for place, part in enumerate(parts)
    ]
    return (*counted, (2, text))


def natural(names: Iterable[str]) -> tuple[str, ...]:
    """Different names in natural order."""
    return tuple(sorted(set(names), key=natural_key))


def readable(name: str | os.PathLike[str]) -> str:
    """A file's name as text that can be shown and stored, in one way of writing umlauts, whatever its bytes are."""
    text = os.fsencode(name).decode("utf-8", "replace") if os.name != "nt" else os.fspath(name)
    return unicodedata.normalize("NFC", text)


_SPLIT_WORDS = "(?:[-_ .]?(?:set|data|split|images|imgs|pictures|files|[0-9]+))?"
_SPLIT_NAMES = (
    re.compile(rf"(?:train|training|trn){_SPLIT_WORDS}", re.IGNORECASE),
    re.compile(rf"(?:val|valid|validation|validate|dev){_SPLIT_WORDS}", re.IGNORECASE),
    re.compile(rf"(?:test|testing|tst|t10k){_SPLIT_WORDS}", re.IGNORECASE),
)


def split_of(name: str) -> int:
    """The place in SPLITS that a word such as "train", "val2017" or "test-set" names, else FREE."""
    for place, pattern in enumerate(_SPLIT_NAMES):
        if pattern.fullmatch(name.strip()):
            return place
    return FREE


def encode_classes(labels: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Class names in natural order, and the number of each label: (N,) int64."""
    classes = natural(labels)
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, np.fromiter((numbers[label] for label in labels), np.int64, len(labels))


def stamp(path: Path) -> tuple[str, int, int]:
    """Raises OSError."""
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns


def named(place: int) -> str:
    """For messages: the split's name."""
    return SPLITS[place] if place != FREE else "free"


def unusable(path: Path | str, what: str, remedy: str) -> UserError:
    """The sentence for a file that is of the right sort but cannot be used."""
    return UserError(f"'{readable(path)}' {what}.", remedy, "data.source")
