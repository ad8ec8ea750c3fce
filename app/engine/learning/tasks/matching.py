"""What belongs to what: pairs whose halves must find each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from app.engine.learning import retrieval, verification
from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from models.shape import Answers


class Matching(Task):
    """predictions: (n, 2, D), both halves as points of length 1; their product is their similarity,
    -1 to 1. Where two second halves are the same (their targets are equal), either is right.
    """

    kind: ClassVar[str] = "matching"
    label: ClassVar[str] = "What belongs together (matching)"
    summary: ClassVar[str] = "Pairs are given; the halves of each must find each other among all."
    example: ClassVar[str] = (
        "Which picture does this text describe? Which answer belongs to this question?"
    )
    order: ClassVar[int] = 50
    view: ClassVar[View] = "matching"
    metrics: ClassVar[tuple[str, ...]] = (
        "recall_at_1",
        "recall_at_5",
        "auc",
        "recall_at_1_there",
        "recall_at_1_back",
        "recall_at_5_there",
        "recall_at_5_back",
    )
    pairs: ClassVar[bool] = True
    answers: ClassVar[Answers] = "pair"
    embeds: ClassVar[bool] = True
    best_by: ClassVar[Literal["loss", "metric"]] = "metric"
    targets: ClassVar[Literal["classes", "tags", "amounts", "none", "tokens"]] = "none"
    probes: ClassVar[int] = 64

    def fits(self, description: Description) -> str:
        if reason := super().fits(description):
            return reason
        return (
            "One pair alone cannot be told from others." if description.size("training") < 2 else ""
        )

    def outputs(self, description: Description) -> int:
        """Not known from the data: the size of the space is a setting."""
        raise TypeError("a task that embeds is asked for its problem")

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        from app.engine.learning.similarity import directions

        return directions(outputs)

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Recall at 1 and 5 over all n, the mean of both ways and each; AUC of the similarity of
        pairs against that of halves that do not belong together.
        """
        if not len(predictions):
            return {}

        first = predictions[:, 0]
        second = predictions[:, 1]
        there = retrieval.places(first, second, targets, targets)
        back = retrieval.places(second, first, targets, targets)
        found = {
            f"recall_at_{k}_{way}": float((places < k).mean())
            for k in (1, 5)
            for way, places in (("there", there), ("back", back))
        }

        mean = {
            f"recall_at_{k}": (found[f"recall_at_{k}_there"] + found[f"recall_at_{k}_back"]) / 2
            for k in (1, 5)
        }
        same = np.einsum("nd,nd->n", first, second, dtype=np.float32)
        different = verification.between(first, second, verification.different_pairs(targets))

        return named(self, {**found, **mean, "auc": verification.told_apart(same, different)})


TASK = Matching()
