"""A space in which equals lie near: learned from classes, good for classes that it has never seen
too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from app.engine.learning import retrieval, verification
from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description

RUN = 4
"""So many of a class follow one another in an epoch, where there are as many."""


class MetricLearning(Task):
    """predictions: (n, D), points of length 1; the product of two is their similarity, -1 to 1."""

    kind: ClassVar[str] = "metric-learning"
    label: ClassVar[str] = "Equals near each other (metric learning)"
    summary: ClassVar[str] = (
        "Examples of one class shall lie near each other in a space, others far away."
    )
    example: ClassVar[str] = "Are these two faces one person? Which products look like this one?"
    order: ClassVar[int] = 60
    view: ClassVar[View] = "space"
    metrics: ClassVar[tuple[str, ...]] = ("recall_at_1", "auc")
    embeds: ClassVar[bool] = True
    best_by: ClassVar[Literal["loss", "metric"]] = "metric"
    probes: ClassVar[int] = 400

    def fits(self, description: Description) -> str:
        if reason := super().fits(description):
            return reason
        if sum(count > 0 for count in description.counts["training"]) < 2:
            return "There is only one class; there is nothing to keep apart."
        if sum(count > 1 for count in description.counts["training"]) < 2:
            return "It needs at least two classes with two training examples each, to bring equals together."
        if max(description.counts.get("validation", ()), default=2) < 2:
            return "No class has two validation examples, so whether equals lie near each other cannot be judged."

        return ""

    def outputs(self, description: Description) -> int:
        """Not known from the data: the size of the space is a setting."""
        raise TypeError("a task that embeds is asked for its problem")

    def order_of(self, order: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The given order, but with examples of a class drawn up behind one another in runs of RUN,
        so that a batch has equals to compare even where there are many classes. A run stands
        where its first example stood.
        """
        import torch

        labels = targets.to(order.device)[order]
        by_class = torch.argsort(labels, stable=True)
        _, sizes = torch.unique_consecutive(labels[by_class], return_counts=True)
        starts = torch.repeat_interleave(sizes.cumsum(0) - sizes, sizes)
        rank = torch.arange(len(order), device=order.device) - starts
        place = torch.empty_like(order)
        place[by_class] = by_class[starts + rank - rank % RUN]

        return order[torch.argsort(place, stable=True)]

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        from app.engine.learning.similarity import directions

        return directions(outputs)

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Recall at 1 over those examples that have another of their class; AUC of the similarity
        of two of one class against that of two of different classes.
        """
        targets = np.asarray(targets)
        if not len(predictions):
            return {}

        _, group, sizes = np.unique(targets, return_inverse=True, return_counts=True)
        known = sizes[group] > 1
        places = retrieval.places(predictions, predictions, targets, targets, itself=True)[known]
        same = verification.between(predictions, predictions, verification.same_pairs(targets))
        different = verification.between(
            predictions, predictions, verification.different_pairs(targets)
        )

        return named(
            self,
            {
                "recall_at_1": float((places == 0).mean()) if known.any() else np.nan,
                "auc": verification.told_apart(same, different),
            },
        )


TASK = MetricLearning()
