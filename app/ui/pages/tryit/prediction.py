"""What a person gave to Try it, and what the network made of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.nouns import noun

if TYPE_CHECKING:
    import random

    from app.engine.data.dataset import Dataset, Description
    from app.engine.learning.task import Task
    from app.engine.results.answer import Answer
    from app.ui.widgets.examples.example import Example


@dataclass(frozen=True, eq=False)
class TryItInput:
    """One example that a person gave. origin: where it comes from, in a few words.

    raw: an open picture or a file, a row's cells by column, a text, a signal; of a pair a tuple
    with None for a half that was not given. stored: an example of the data as a Dataset keeps it,
    in place of raw. true: its target as the data have it, None if not known. data: the fingerprint
    of those data, "" for what came from elsewhere.
    """

    origin: str
    raw: Any = None
    stored: tuple[np.ndarray, ...] | None = None
    true: np.ndarray | None = None
    data: str = ""

    @classmethod
    def at_random(cls, dataset: Dataset, rng: random.Random) -> TryItInput | None:
        """Returns an example of the test split, or of validation where there is no test split.

        None where no examples are kept apart.
        """
        split = "test" if len(dataset.indices.get("test", ())) else "validation"
        rows = dataset.indices.get(split)
        if rows is None or not len(rows):
            return None

        return cls.of_row(dataset, int(rows[rng.randrange(len(rows))]), split)

    @classmethod
    def of_row(cls, dataset: Dataset, row: int, split: str) -> TryItInput:
        """Returns an example of a data set and what it is in truth. split: the one it is of."""
        name = dataset.names[row] if len(dataset.names) else f"#{row}"
        return cls(
            f"{split} {noun(dataset.description.kind, 1)}: {name}",
            stored=tuple(np.array(array[row]) for array in dataset.arrays),
            true=np.array(dataset.targets[row]),
            data=dataset.description.fingerprint,
        )


@dataclass(frozen=True, eq=False)
class TryItResult:
    """What the network made of an input.

    answer: in words, None where the task answers otherwise (see `details`). arrays: the example as
    a Dataset keeps it; seen: the same for the eye. picture: (C, h, w) uint8, a picture as it came,
    made smaller for the screen. halves: of a pair, which were given. details: what an answer card
    had computed beside the answer (AnswerCard.details). left_out: a sentence where not all of the
    example is read.
    """

    input: TryItInput
    description: Description
    task: Task
    epoch: int
    answer: Answer | None
    arrays: tuple[np.ndarray, ...]
    seen: Example
    picture: np.ndarray | None
    halves: tuple[bool, ...]
    details: Any = None
    left_out: str = ""

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """The parts of the answer with their figures, the most important first."""
        if self.answer is None:
            return []

        return [(item.label, item.value) for item in self.answer.items]
