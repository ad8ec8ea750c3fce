"""What every report on a split has, whatever the task; a file beside this one for each sort of results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from app.engine.data.dataset import Description
from app.engine.learning.task import Task

Level = Literal["good", "warning", "problem", "info"]

OTHER = "data"
"""The name of a split that is none of the run's own: other data, all of them."""


@dataclass(frozen=True)
class SplitReport(ABC):
    """One split judged. metrics: by name. loss: mean, None if unknown. rows: (n,) of the data set, targets: (n, ...) as
    the data have them, said: (n, ...) what the task keeps of the answers; empty where only the figures are known."""

    view: ClassVar[str]
    """Of the tasks whose results it is (Task.view)."""

    split: str
    count: int
    metrics: dict[str, float]
    loss: float | None
    rows: np.ndarray = field(repr=False)
    targets: np.ndarray = field(repr=False)
    said: np.ndarray = field(repr=False)

    @classmethod
    @abstractmethod
    def of(
        cls, name: str, about: Description, task: Task, rows: np.ndarray, targets: np.ndarray, said: np.ndarray,
        loss: float | None,
    ) -> SplitReport:
        """The report on n examples. about: of the data that the network was trained on. Raises ValueError where the
        arrays do not agree."""

    @abstractmethod
    def verdict(self) -> tuple[str, Level]:
        """One plain sentence on a split that has examples, and how good the news is."""

    @property
    def subject(self) -> str:
        """What was judged, for the middle of a sentence."""
        if self.split == OTHER:
            return f"these {self.count:,} examples"
        return f"{self.count:,} examples it never trained on"

    @abstractmethod
    def to_plain(self, most: int = 20) -> dict[str, Any]:
        """Plain data for JSON; of lists such as the worst mistakes, the first `most`."""
