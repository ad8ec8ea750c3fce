"""Classification: an example belongs to exactly one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.learning import scores
from app.engine.learning.margins import class_margins
from app.engine.learning.task import Task, TaskCode, defined_metrics

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from models.shape import Meaning

MOST_CONFUSED = 1_000
"""Classes up to which every epoch keeps a confusion matrix."""


PROBABILITIES_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """The probability of each class: (B, K) -> (B, K)."""
    return outputs.softmax(dim=1)
'''

ACCURACY_CODE = '''\
def accuracy(targets: np.ndarray, predictions: np.ndarray) -> float:
    """The share of examples whose likeliest class is the true one."""
    return float((predictions.argmax(axis=1) == targets).mean())
'''


class Classification(Task):
    """Predictions are probabilities that sum to 1: (n, K)."""

    kind: ClassVar[str] = "classification"
    label: ClassVar[str] = "One of several (classification)"
    summary: ClassVar[str] = "Each example belongs to exactly one class."
    example: ClassVar[str] = "Which garment is this? What is this message about?"
    order: ClassVar[int] = 10
    view: ClassVar[str] = "classes"
    has_margins: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    meaning: ClassVar[Meaning] = "classes"

    def unfit(self, description: Description) -> str:
        if len(description.classes) < 2:
            return "There is only one class; there is nothing to tell apart."
        return super().unfit(description)

    def outputs(self, description: Description) -> int:
        return len(description.classes)

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return outputs.float().softmax(dim=1)

    @override
    def margins(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return class_margins(outputs, targets)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        return own.argmax(dim=1) != other.argmax(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode("labels", PROBABILITIES_CODE, ("accuracy", ACCURACY_CODE))

    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        predicted = scores.predicted_classes(predictions)
        f1 = scores.macro_f1_of(np.asarray(targets), predicted, len(description.classes))
        accuracy = float((predicted == targets).mean()) if len(predicted) else np.nan

        return defined_metrics(self, {"accuracy": accuracy, "macro_f1": f1})

    def confusion(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> np.ndarray | None:
        """Returns the counts; None for more classes than anybody could look at, in every epoch."""
        if len(description.classes) > MOST_CONFUSED:
            return None

        return scores.confusion(
            targets, scores.predicted_classes(predictions), len(description.classes)
        )


TASK = Classification()
