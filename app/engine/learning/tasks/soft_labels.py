"""Soft labels: an example belongs to several classes by shares that add up to 1."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.learning import scores
from app.engine.learning.margins import share_margins
from app.engine.learning.task import Targets, Task, TaskCode, defined_metrics

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from models.shape import Meaning, Problem


ANSWERS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """The share of each class: (B, K) -> (B, K)."""
    return outputs.softmax(dim=1)
'''

ACCURACY_CODE = '''\
def accuracy(targets: np.ndarray, predictions: np.ndarray) -> float:
    """How often the largest share is the right one."""
    return float((predictions.argmax(axis=1) == targets.argmax(axis=1)).mean())
'''


class SoftLabels(Task):
    """Predictions are shares that sum to 1: (n, K)."""

    kind: ClassVar[str] = "soft-labels"
    label: ClassVar[str] = "Shares of classes (soft labels)"
    summary: ClassVar[str] = "Each example has a share of every class; together they are 1."
    example: ClassVar[str] = (
        "How many of ten people would call this a cat? How much of it is clay, silt and sand?"
    )
    order: ClassVar[int] = 35
    view: ClassVar[str] = "shares"
    has_margins: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "share_error")
    meaning: ClassVar[Meaning] = "classes"
    targets: ClassVar[Targets] = "shares"

    def unfit(self, description: Description) -> str:
        if len(description.classes) < 2:
            return "There is only one class; there is nothing to share."
        return super().unfit(description)

    def outputs(self, description: Description) -> int:
        return len(description.classes)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.full((batch_size, problem.outputs), 1 / problem.outputs)

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return outputs.float().softmax(dim=1)

    @override
    def margins(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return share_margins(outputs, targets)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        return own.argmax(dim=1) != other.argmax(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode("shares", ANSWERS_CODE, ("accuracy", ACCURACY_CODE))

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the metrics: how often the largest share is the right one, and how far all are.

        The error of an example is half the sum of the differences: the part that is misplaced.
        """
        predicted = scores.predicted_classes(predictions)
        right = predicted == np.asarray(targets).argmax(axis=1)
        misplaced = np.abs(np.asarray(targets) - predictions).sum(axis=1) / 2
        count = len(predicted)

        return defined_metrics(
            self,
            {
                "accuracy": float(right.mean()) if count else np.nan,
                "share_error": float(misplaced.mean()) if count else np.nan,
            },
        )


TASK = SoftLabels()
