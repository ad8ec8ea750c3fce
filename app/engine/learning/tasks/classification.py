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

    def said(
        self, about: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return outputs.float().softmax(dim=1)

    def figures(
        self, about: Description, targets: np.ndarray, said: np.ndarray
    ) -> dict[str, float]:
        answers = metrics.predictions(said)
        table = metrics.per_class_of(np.asarray(targets), answers, len(about.classes))
        right = float((answers == targets).mean()) if len(answers) else np.nan
        return named(self, {"accuracy": right, "macro_f1": metrics.mean_f1(table)})

    def confusion(
        self, about: Description, targets: np.ndarray, said: np.ndarray
    ) -> np.ndarray | None:
        """None of so many classes that nobody could look at it, and every epoch would keep it."""
        if len(about.classes) > MOST_CONFUSED:
            return None
        return metrics.confusion(targets, metrics.predictions(said), len(about.classes))


TASK = Classification()
