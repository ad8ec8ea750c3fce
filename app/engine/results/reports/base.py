"""The base class of reports on one split: what every report has, whatever the task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from app.engine.results.answer import Answer, Cell

Level = Literal["good", "warning", "problem", "info"]

OTHER = "data"
"""The name of a split that is none of the run's own: other data, all of them."""


@dataclass(frozen=True)
class Listing:
    """A table for a person.

    columns: headings, the first of names. rows: texts. to_left: columns of words, by number.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    to_left: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class SplitReport(ABC):
    """The report on one split.

    metrics: by name. loss: the mean, None if unknown. rows: (n,) of the data set. targets: (n, ...)
    as the data have them. predictions: (n, ...) what the task keeps of the answers. The three
    arrays are empty where only the figures are known.
    """

    view: ClassVar[str]
    """The view of results that it is for (Task.view)."""

    worst_title: ClassVar[str] = "Worst mistakes"
    """The heading over what `worst` lists."""

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
        """Returns the report on n examples.

        name: of the split. description: of the data that the network was trained on. Raises
        ValueError where the arrays do not agree.
        """

    @abstractmethod
    def verdict(self) -> tuple[str, Level]:
        """Returns a plain sentence on a split that has examples, and how good the news is."""

    @abstractmethod
    def line(self) -> str:
        """Returns the figures of a split that has examples, in one line.

        They stand beside what knowing nothing would reach.
        """

    def listing(self) -> Listing | None:
        """Returns the figures in detail, such as class by class, the worst first.

        None where there is no detail.
        """
        return None

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        """Returns the rows of the data set that went wrong most.

        Each comes with what went wrong, for the end of a sentence.
        """
        del most  # a report without examples has none to show
        return []

    @property
    def subject(self) -> str:
        """What was evaluated, for the middle of a sentence."""
        if self.split == OTHER:
            return f"these {self.count:,} examples"

        return f"{self.count:,} examples it never trained on"

    @property
    def title(self) -> str:
        """The split's name for a person."""
        return "These data" if self.split == OTHER else self.split.capitalize()

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        """Returns plain data for JSON; of lists such as the worst mistakes, the first `most`."""
        del most  # for the lists of subclasses
        return {"examples": self.count, "loss": self.loss, "metrics": self.metrics}

    # --- one answer, the same in the window, on the terminal and in a file

    @classmethod
    @abstractmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        """Returns the answer to one example, in words.

        predictions: (...) what the task keeps of it (Task.predictions).
        """

    @classmethod
    @abstractmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        """Returns the headings of `cells`, for a file with the answers beside the examples."""

    @classmethod
    @abstractmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        """Returns one answer as cells of a table. predictions: as for `answer`."""


def finite(loss: float | None) -> float | None:
    """Returns a loss that can be shown, None for NaN and infinity."""
    return loss if loss is not None and np.isfinite(loss) else None


def figures_of(
    task: Task, description: Description, targets: np.ndarray, predictions: np.ndarray
) -> dict[str, float]:
    """Returns the task's metrics by name; none where there are no examples."""
    return task.compute_metrics(description, targets, predictions) if len(targets) else {}


def shaped(values: np.ndarray, count: int, *shape: int) -> np.ndarray:
    """Returns the values as float32 (n, *shape), where -1 may be any size.

    An array over no example may have any shape; it gets this one. Raises ValueError for an array of
    another shape.
    """
    values = np.asarray(values, dtype=np.float32)
    if not count:
        return np.zeros((0, *(max(0, size) for size in shape)), np.float32)

    fits = len(values) == count and values.ndim == len(shape) + 1
    if not fits or any(
        size not in (-1, actual) for size, actual in zip(shape, values.shape[1:], strict=True)
    ):
        raise ValueError(f"answers of the form {values.shape} for {count} examples of {shape}")

    return values
