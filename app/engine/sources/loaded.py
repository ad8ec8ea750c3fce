"""What a format has read of a source, before the examples are divided into splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.data.digests import ArrayDigests
from app.engine.data.reading import NOT_A_TABLE, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.data.dataset import Skipped
    from app.engine.data.preparation import Preparation
    from app.engine.data.verification import MappedCopy
    from app.engine.sources.targets import Targets


class Part(ABC):
    """The inputs of all examples, or one half of all pairs, read but not fitted.

    What is fitted on the training examples (means, vocabularies) is not known before they are
    divided. A file in `parts` for each kind of input.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def fit(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        """Fits a preparation on the training rows (n,) and encodes all examples by it.

        Returns the array (N, ...) as a Dataset stores it, and the preparation. Raises UserError
        where the training examples do not suffice.
        """

    def fit_pair(
        self, other: Part, training: np.ndarray
    ) -> tuple[tuple[np.ndarray, Preparation], tuple[np.ndarray, Preparation]]:
        """Fits both halves of pairs, this one being the first, and returns what `fit` does of each.

        Each by itself, unless halves of one kind must be prepared alike.
        """
        return self.fit(training), other.fit(training)

    @abstractmethod
    def encode(self, preparation: Preparation) -> np.ndarray:
        """Encodes all examples by a preparation that was fitted before, in a network's training.

        For one that was fitted on these examples it returns the array of `fit`. Raises UserError
        where the examples are of another form.
        """

    @abstractmethod
    def fingerprints(self) -> np.ndarray:
        """Returns a fingerprint of every example, equal where two examples are: (N, 16) uint8."""

    def digests(self, array: np.ndarray) -> ArrayDigests:
        """Returns the digests of an array that `fit` or `encode` returned."""
        return ArrayDigests.of(array)

    @property
    def mapped_copy(self) -> MappedCopy | None:
        """What is to be compared with its digests while it is learned from; None if nothing is."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, after fitting or encoding: "3 texts were cut".

        One sentence each.
        """
        return ()


@dataclass(frozen=True)
class Sample:
    """What is known of a source of which only a sample was read.

    how: by what it is judged, "" where the numbers are exact. sizes: about how many examples each
    split has. stays_on_disk: whether the examples of the whole will not be held in memory.
    """

    how: str
    sizes: dict[str, int]
    stays_on_disk: bool


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of a source, a row each.

    parts: the inputs, one part or both halves of pairs. task: as requested, or as the data suggest;
    the targets are of that task. predefined_splits: (N,) int8, the index in SPLITS of the split
    that the data put an example in, else UNASSIGNED. names: for a person, unique. groups: examples
    of one group stand in one split, None where nothing is kept together. names_of_halves: of pairs,
    what each half is called ("picture", "text"). split_reason: how the predefined splits divide
    them, in a sentence, where there is more to say than that the data have splits of their own.
    chosen: settings of [data] that were left open and what was chosen for them, such as the target
    column. reading: how the source was read, which later files are read by.
    sample: what is known of the whole where these are only some of the examples, else None.
    """

    task: str
    parts: tuple[Part, ...]
    targets: Targets
    predefined_splits: np.ndarray
    names: Sequence[str]
    groups: Sequence[str] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    names_of_halves: tuple[str, str] = ("first", "second")
    split_reason: str = ""
    chosen: dict[str, Any] = field(default_factory=dict)
    reading: Reading = NOT_A_TABLE
    sample: Sample | None = None

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def mapped_copies(self) -> tuple[MappedCopy, ...]:
        """What is to be compared with its digests while it is learned from."""
        return tuple(part.mapped_copy for part in self.parts if part.mapped_copy is not None)
