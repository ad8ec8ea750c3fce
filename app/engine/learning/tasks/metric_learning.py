"""Metric learning: a space in which equals lie near each other.

It is learned from classes, and also good for classes that the network has never seen.
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from typing_extensions import override

from app.engine.learning import retrieval, verification
from app.engine.learning.task import (
    SAME_DIRECTION,
    AnswerName,
    Task,
    TaskCode,
    defined_metrics,
)

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch

RUN = 4
"""How many examples of a class follow one another in an epoch, where there are as many."""


POINTS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """Points of length 1: (B, D) -> (B, D)."""
    return functional.normalize(outputs, dim=-1)
'''

RECALL_CODE = '''\
def recall_at_1(targets: np.ndarray, predictions: np.ndarray) -> float:
    """How often the nearest other example is of the same class, where there is one."""
    _, group, sizes = np.unique(targets, return_inverse=True, return_counts=True)
    nearest = ranks(predictions, predictions, targets, targets, itself=True)
    return float((nearest[sizes[group] > 1] == 0).mean())
'''


def runs_of_classes(order: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns the given order with the examples of each class moved together in runs of RUN.

    So a batch has equals to compare even where there are many classes. A run stands where its first
    example stood.
    """
    import torch

    labels = targets.to(order.device)[order]
    by_class = torch.argsort(labels, stable=True)
    _, sizes = torch.unique_consecutive(labels[by_class], return_counts=True)
    starts = torch.repeat_interleave(sizes.cumsum(0) - sizes, sizes)
    rank = torch.arange(len(order), device=order.device) - starts

    position = torch.empty_like(order)
    position[by_class] = by_class[starts + rank - rank % RUN]

    return order[torch.argsort(position, stable=True)]


class MetricLearning(Task):
    """Predictions are points of length 1: (n, D).

    The dot product of two is their similarity, -1 to 1.
    """

    kind: ClassVar[str] = "metric-learning"
    label: ClassVar[str] = "Similar things close together (metric learning)"
    summary: ClassVar[str] = (
        "Examples of one class should lie near each other in a space, others far away."
    )
    example: ClassVar[str] = "Are these two faces one person? Which products look like this one?"
    order: ClassVar[int] = 60
    view: ClassVar[str] = "space"
    metrics: ClassVar[tuple[str, ...]] = ("recall_at_1", "auc")
    embeds: ClassVar[bool] = True
    answer_name: ClassVar[AnswerName] = "embedding"
    best_by: ClassVar[Literal["loss", "metric"]] = "metric"
    probes: ClassVar[int] = 400

    def unfit(self, description: Description) -> str:
        if reason := super().unfit(description):
            return reason
        if sum(count > 0 for count in description.counts["training"]) < 2:
            return "There is only one class; there is nothing to keep apart."
        if sum(count > 1 for count in description.counts["training"]) < 2:
            return (
                "It needs at least two classes with two training examples each, to bring "
                "examples of one class together."
            )
        if max(description.counts.get("validation", ()), default=2) < 2:
            return (
                "No class has two validation examples, so it cannot be judged whether examples "
                "of one class lie near each other."
            )

        return ""

    @override
    def outputs(self, description: Description) -> int:
        """Raises TypeError: the size of the space is a setting, not known from the data."""
        raise TypeError("a task that embeds is asked for its problem")

    def epoch_order(self, order: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return runs_of_classes(order, targets)

    @override
    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        return None

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        from app.engine.learning.similarity import unit_vectors

        return unit_vectors(outputs)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        return (own * other).sum(dim=-1) < SAME_DIRECTION

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode(
            "labels",
            POINTS_CODE,
            ("recall_at_1", RECALL_CODE),
            functions=(retrieval.ranks, runs_of_classes),
        )

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the recall at 1 and the AUC.

        The recall is over those examples that have another one of their class; the AUC compares the
        similarity of two of one class with that of two of different classes.
        """
        targets = np.asarray(targets)
        if not len(predictions):
            return {}

        _, group, sizes = np.unique(targets, return_inverse=True, return_counts=True)
        has_equals = sizes[group] > 1
        ranks = retrieval.ranks(predictions, predictions, targets, targets, itself=True)
        nearest_is_right = ranks[has_equals] == 0

        same_pairs = verification.same_pairs(targets)
        different_pairs = verification.different_pairs(targets)
        same = verification.pair_similarities(predictions, predictions, same_pairs)
        different = verification.pair_similarities(predictions, predictions, different_pairs)

        return defined_metrics(
            self,
            {
                "recall_at_1": float(nearest_is_right.mean()) if has_equals.any() else np.nan,
                "auc": verification.pair_auc(same, different),
            },
        )


TASK = MetricLearning()
