"""The base class of formats, and what all formats use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from app.engine.data.names import readable
from app.engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.arrays.choices import ArrayChoice
    from app.engine.sources.cache import Cache
    from app.engine.sources.loaded import Examples


Progress = Callable[[str, int, int], None]
"""Is called with what happens, how much is done and how much there is to do."""

Check = Callable[[], None]
"""Is called for every file, or some thousand rows, and may raise to cancel."""


def no_progress(text: str, done: int, total: int) -> None:
    """Does nothing, for callers who do not watch."""


def no_check() -> None:
    """Does nothing, for callers who never cancel."""


@dataclass(frozen=True)
class OpenOptions:
    """How a source is opened.

    trained: the data that a network was trained on, where it is tested on these; None where one is
    to be trained on them. sample: whether some of the examples are enough, where it would take long
    to read all.
    """

    cache: Cache
    progress: Progress = no_progress
    check: Check = no_check
    trained: Description | None = None
    sample: bool = False

    @property
    def reuse_preparation(self) -> Preparation | None:
        """The preparation that was fitted in training, None where one is to be fitted."""
        return self.trained.preparation if self.trained is not None else None


class Format(ABC):
    """One way in which people keep examples.

    Where several match a source, the one with the lowest `order` reads it. Those of pictures with
    a class each are built on picture_format.PictureFormat.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    order: ClassVar[int] = 100

    @abstractmethod
    def matches(self, source: str) -> bool:
        """Returns whether this format would read the source.

        Looks at names and at no more than a folder's listing and the beginning of a file.
        """

    @abstractmethod
    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        """Reads a source. Raises UserError, OSError, and whatever `options.check` raises."""

    def array_choices(
        self,
        source: str,  # noqa: ARG002 - for overrides
        data: DataSettings,  # noqa: ARG002 - for overrides
    ) -> tuple[ArrayChoice, ...]:
        """Returns what may be chosen among the arrays of a source, () where it has none.

        Raises UserError and OSError.
        """
        return ()

    def guessed_target(
        self,
        source: str,  # noqa: ARG002 - for overrides
        data: DataSettings,  # noqa: ARG002 - for overrides
    ) -> str:
        """Returns the column of classes of a list of files, "" where it is no such list.

        It is looked for otherwise than the target of rows is. Raises UserError and OSError.
        """
        return ""


def unusable(path: Path | str, what: str, remedy: str) -> UserError:
    """Returns the error for a file that is of the right type but cannot be used."""
    return UserError(f"'{readable(path)}' {what}.", remedy, "data.source")
