"""What a format finds before anything is decoded, and what every format must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.data.names import natural, readable
from app.engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.cache import Cache
    from app.engine.sources.loaded import Examples


Progress = Callable[[str, int, int], None]
Check = Callable[[], None]


def no_progress(text: str, done: int, total: int) -> None:
    """For callers who do not watch."""


def no_check() -> None:
    """For callers who never cancel."""


@dataclass(frozen=True)
class OpenOptions:
    """How a source is opened. progress(text, done, total) is told what happens. check is called for
    every file (or some thousand rows) and may raise to cancel. reuse_preparation: the
    preparation of a network that these data are opened for, None where they are to be learned
    from.
    """

    cache: Cache
    progress: Progress = no_progress
    check: Check = no_check
    reuse_preparation: Preparation | None = None


class Format(ABC):
    """One way in which people keep examples.

    Formats are asked in the order of `order`. Those of pictures with a class each are made with
    decoding.PictureFormat.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    order: ClassVar[int] = 100

    @abstractmethod
    def matches(self, source: str) -> bool:
        """Whether this format would read the source.

        Looks at names and at no more than a folder's listing and the beginning of a file.
        """

    @abstractmethod
    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        """Reads everything. Raises UserError, OSError, and whatever `options.check` raises."""


def encode_classes(labels: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Class names in natural order, and the number of each label: (N,) int64."""
    classes = natural(labels)
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, np.fromiter((numbers[label] for label in labels), np.int64, len(labels))


def stamp(path: Path) -> tuple[str, int, int]:
    """Raises OSError."""
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns


def unusable(path: Path | str, what: str, remedy: str) -> UserError:
    """The sentence for a file that is of the right sort but cannot be used."""
    return UserError(f"'{readable(path)}' {what}.", remedy, "data.source")
