"""An example belongs to exactly one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.learning.task import Task, View, named
from app.engine.results import metrics

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description


class Classification(Task):
    """said: (n, K) probabilities that sum to 1."""

    kind: ClassVar[str] = "classification"
    label: ClassVar[str] = "One of several (classification)"
    summary: ClassVar[str] = "Each example belongs to exactly one class."
    example: ClassVar[str] = "Which garment is this? What is this message about?"
    order: ClassVar[int] = 10
    view: ClassVar[View] = "classes"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")

    def fits(self, about: Description) -> str:
        if len(about.classes) < 2:
            return "There is only one class; there is nothing to tell apart."
        return super().fits(about)

    def outputs(self, about: Description) -> int:
        return len(about.classes)

    def said(self, about: Description, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return outputs.float().softmax(dim=1)

    def figures(self, about: Description, targets: np.ndarray, said: np.ndarray) -> dict[str, float]:
        matrix = self.confusion(about, targets, said)
        return named(self, {"accuracy": metrics.accuracy(matrix), "macro_f1": metrics.macro_f1(matrix)})

    def confusion(self, about: Description, targets: np.ndarray, said: np.ndarray) -> np.ndarray:
        return metrics.confusion(targets, metrics.predictions(said), len(about.classes))


TASK = Classification()
