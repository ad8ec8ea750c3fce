"""What a format has read: everything but the division into splits and what follows from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.data.dataset import Skipped
    from app.engine.data.preparation import Preparation
    from app.engine.sources.targets import Targets


class Part(ABC):
    """The inputs of all examples (or one half of all pairs), read but not settled: what is learned
    from the training examples (means, vocabularies) is not known before the division. A file in
    `parts` for each sort of input.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        """The arrays (N, ...) as a Dataset keeps them, and the preparation, settled on the training
        rows (n,).

        Raises UserError where the training examples do not suffice.
        """

    def settle_with(
        self, other: Part, training: np.ndarray
    ) -> tuple[tuple[np.ndarray, Preparation], tuple[np.ndarray, Preparation]]:
        """Of pairs: what `settle` gives of both halves, this one being the first.

        Each by itself, unless halves of one sort must be prepared alike.
        """
        return self.settle(training), other.settle(training)

    @abstractmethod
    def coded(self, preparation: Preparation) -> np.ndarray:
        """The same arrays by a preparation that was settled on other examples: those of a network's
        training. Settling and then coding gives what `settle` gave. Raises UserError where these
        examples are of another form.
        """

    @abstractmethod
    def digests(self) -> np.ndarray:
        """A fingerprint of every example: (N, 16) uint8. Equal where two examples are."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of settling or coding, after it: "3 texts were cut".

        One sentence each.
        """
        return ()


@dataclass(frozen=True, eq=False)
class Examples:
    """A row an example.

    parts: one, or both halves of pairs. task: as asked for, or as the data suggest; the targets are
    of that task. hints: (N,) int8, FREE or the place in SPLITS the data ask for. names: for a
    person, unique. groups: examples of one group stand in one split, None where nothing is kept
    together. names_of_halves: of pairs, what each half is called ("picture", "text"). split_reason:
    how the hints divide them, in a sentence, where there is more to say than that the data have
    splits of their own. chosen: settings of [data] that were left open and what was found for them,
    such as the target column.
    """

    task: str
    parts: tuple[Part, ...]
    targets: Targets
    hints: np.ndarray
    names: Sequence[str]
    groups: Sequence[str] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    names_of_halves: tuple[str, str] = ("first", "second")
    split_reason: str = ""
    chosen: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.targets)
