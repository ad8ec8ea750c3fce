"""What an answer card may use when it computes more than the answer, on the background thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor

EMBEDDED = 5_000
"""Examples of the open data that are embedded, evenly spread."""

BATCH = 256


@dataclass
class EmbeddedData:
    """What the loaded weights make of the open data, kept until either changes.

    A walk over thousands of examples would take too long for every key that is typed. rows: (n,)
    of the data set. points: (n, ...) what the task keeps of the answers.
    """

    fingerprint: str = ""
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 1), np.float32))

    def update(self, predictor: Predictor, dataset: Dataset, check: Callable[[], None]) -> None:
        """Embeds the data, unless they are embedded already. Raises what `check` raises."""
        if self.fingerprint == dataset.description.fingerprint:
            return

        total = len(dataset.targets)
        rows = (
            np.arange(total)
            if total <= EMBEDDED
            else np.linspace(0, total - 1, EMBEDDED).astype(np.int64)
        )

        points = []
        for first in range(0, len(rows), BATCH):
            check()
            part = rows[first : first + BATCH]
            points.append(predictor.predictions(*(array[part] for array in dataset.arrays)))

        self.rows = rows
        self.points = np.concatenate(points)
        self.fingerprint = dataset.description.fingerprint


@dataclass(frozen=True, eq=False)
class PredictionContext:
    """One example in front of a loaded network.

    arrays: the example as a Dataset keeps it, one for each half of a pair; halves: which were
    given. predictions: (...) what the task keeps of the answer, None where it has no such. dataset:
    the run's own data where they are open. check: may raise to give up.
    """

    predictor: Predictor
    arrays: tuple[np.ndarray, ...]
    halves: tuple[bool, ...]
    predictions: np.ndarray | None
    dataset: Dataset | None
    embedded: EmbeddedData
    check: Callable[[], None]
