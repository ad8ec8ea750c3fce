"""What every report on a split has, whatever the task; a file beside this one for each sort of
results.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task, View
    from app.engine.results.answer import Answer, Cell

Level = Literal["good", "warning", "problem", "info"]

OTHER = "data"
"""The name of a split that is none of the run's own: other data, all of them."""


@dataclass(frozen=True)
class Listing:
    """A table for a person.

    columns: headings, the first of names. rows: texts. to_left: columns of words.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    to_left: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class SplitReport(ABC):
    """One split judged.

    metrics: by name. loss: mean, None if unknown. rows: (n,) of the data set, targets: (n, ...) as
    the data have them, predictions: (n, ...) what the task keeps of the answers; empty where only
    the figures are known.
    """

    view: ClassVar[View]
    """Of the tasks whose results it is (Task.view)."""

    worst_title: ClassVar[str] = "Worst mistakes"
    """Over what `worst` lists."""

    split: str
    count: int
    metrics: dict[str, float]
    loss: float | None
    rows: np.ndarray = field(repr=False)
    targets: np.ndarray = field(repr=False)
    predictions: np.ndarray = field(repr=False)

    @classmethod
    @abstractmethod
    def of(
        cls,
        name: str,
        description: Description,
        task: Task,
        rows: np.ndarray,
        targets: np.ndarray,
        predictions: np.ndarray,
        loss: float | None,
    ) -> SplitReport:
        """The report on n examples.

        description: of the data that the network was trained on. Raises ValueError where the arrays
        do not agree.
        """

    @abstractmethod
    def verdict(self) -> tuple[str, Level]:
        """One plain sentence on a split that has examples, and how good the news is."""

    @abstractmethod
    def line(self) -> str:
        """The figures of a split that has examples in one line, beside what knowing nothing would
        reach.
        """

    def listing(self) -> Listing | None:
        """The figures in detail, such as class by class, the worst first; None where there is no
        detail.
        """
        return None

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        """Rows of the data set that went wrong most, each with what went wrong, for the end of a
        sentence.
        """
        return []

    @property
    def subject(self) -> str:
        """What was judged, for the middle of a sentence."""
        if self.split == OTHER:
            return f"these {self.count:,} examples"

        return f"{self.count:,} examples it never trained on"

    @property
    def title(self) -> str:
        """The split's name for a person."""
        return "These data" if self.split == OTHER else self.split.capitalize()

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        """Plain data for JSON; of lists such as the worst mistakes, the first `most`."""
        return {"examples": self.count, "loss": self.loss, "metrics": self.metrics}

    # --- one answer, the same for the window, the terminal and a file

    @classmethod
    @abstractmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        """What was said of one example, in words.

        predictions: (...) a row of what the task keeps (Task.said).
        """

    @classmethod
    @abstractmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        """The headings of `cells`, for a file with the answers beside the examples."""

    @classmethod
    @abstractmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        """One answer as cells of a table. predictions: as for `answer`."""


def finite(loss: float | None) -> float | None:
    """A loss that can be shown, else None."""
    return loss if loss is not None and np.isfinite(loss) else None


def judged(
    task: Task, description: Description, targets: np.ndarray, predictions: np.ndarray
) -> dict[str, float]:
    """The task's figures; none where there are no examples."""
    return task.compute_metrics(description, targets, predictions) if len(targets) else {}


def form(predictions: np.ndarray, count: int, *shape: int) -> np.ndarray:
    """Answers of the form that is due: (n, *shape), where -1 may be anything.

    Raises ValueError for others.

    What was judged on no example has no form yet; it gets it here.
    """
    predictions = np.asarray(predictions, dtype=np.float32)
    if not count:
        return np.zeros((0, *(max(0, size) for size in shape)), np.float32)

    fits = len(predictions) == count and predictions.ndim == len(shape) + 1
    if not fits or any(
        size not in (-1, there) for size, there in zip(shape, predictions.shape[1:], strict=True)
    ):
        raise ValueError(f"answers of the form {predictions.shape} for {count} examples of {shape}")

    return predictions
