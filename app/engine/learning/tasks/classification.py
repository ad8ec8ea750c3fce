"""An example belongs to exactly one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.learning import scores as metrics
from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description

MOST_CONFUSED = 1_000
"""Classes up to which it is counted in every epoch which is taken for which."""


class Classification(Task):
    """predictions: (n, K) probabilities that sum to 1."""

    kind: ClassVar[str] = "classification"
    label: ClassVar[str] = "One of several (classification)"
    summary: ClassVar[str] = "Each example belongs to exactly one class."
    example: ClassVar[str] = "Which garment is this? What is this message about?"
    order: ClassVar[int] = 10
    view: ClassVar[View] = "classes"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")

    def fits(self, description: Description) -> str:
        if len(description.classes) < 2:
            return "There is only one class; there is nothing to tell apart."
        return super().fits(description)

    def outputs(self, description: Description) -> int:
        return len(description.classes)

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return outputs.float().softmax(dim=1)

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        answers = metrics.predicted_classes(predictions)
        table = metrics.per_class_of(np.asarray(targets), answers, len(description.classes))
        right = float((answers == targets).mean()) if len(answers) else np.nan

        return named(self, {"accuracy": right, "macro_f1": metrics.mean_f1(table)})

    def confusion(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> np.ndarray | None:
        """None of so many classes that nobody could look at it, and every epoch would keep it."""
        if len(description.classes) > MOST_CONFUSED:
            return None

        return metrics.confusion(
            targets, metrics.predicted_classes(predictions), len(description.classes)
        )


TASK = Classification()
