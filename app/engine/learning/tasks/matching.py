"""Matching: the halves of pairs must find each other."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from typing_extensions import override

from app.engine.learning import retrieval, verification
from app.engine.learning.task import (
    SAME_DIRECTION,
    AnswerName,
    Targets,
    Task,
    TaskCode,
    defined_metrics,
)

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Answers


POINTS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """Points of length 1: both halves of each pair."""
    return functional.normalize(outputs, dim=-1)
'''

RECALL_CODE = '''\
def recall_at_1(targets: np.ndarray, predictions: np.ndarray) -> float:
    """How often the nearest of all is the right one, the mean of both ways."""
    first, second = predictions[:, 0], predictions[:, 1]
    there = ranks(first, second, targets, targets) == 0
    back = ranks(second, first, targets, targets) == 0
    return float((there.mean() + back.mean()) / 2)
'''


class Matching(Task):
    """Predictions are both halves as points of length 1: (n, 2, D).

    Their dot product is their similarity, -1 to 1. Where two second halves are the same (their
    targets are equal), either is right.
    """

    kind: ClassVar[str] = "matching"
    label: ClassVar[str] = "What belongs together (matching)"
    summary: ClassVar[str] = "Pairs are given; the halves of each must find each other among all."
    example: ClassVar[str] = (
        "Which picture does this text describe? Which answer belongs to this question?"
    )
    order: ClassVar[int] = 50
    view: ClassVar[str] = "matching"
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
    answer_name: ClassVar[AnswerName] = "embedding"
    best_by: ClassVar[Literal["loss", "metric"]] = "metric"
    targets: ClassVar[Targets] = "none"
    probes: ClassVar[int] = 64

    def unfit(self, description: Description) -> str:
        if reason := super().unfit(description):
            return reason
        return (
            "One pair alone cannot be told from others." if description.size("training") < 2 else ""
        )

    @override
    def outputs(self, description: Description) -> int:
        """Raises TypeError: the size of the space is a setting, not known from the data."""
        raise TypeError("a task that embeds is asked for its problem")

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        from app.engine.learning.similarity import unit_vectors

        return unit_vectors(outputs)

    @override
    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        """Returns 0: there is one answer, the similarity of the halves."""
        return 0

    @override
    def support(self, outputs: torch.Tensor, inputs: Batch, index: int) -> torch.Tensor:
        from app.engine.learning.similarity import unit_vectors

        points = unit_vectors(outputs)
        return (points[:, 0] * points[:, 1]).sum(dim=1)

    @override
    def certainty(
        self, outputs: torch.Tensor, inputs: Batch, index: int, whole: torch.Tensor
    ) -> torch.Tensor:
        """Returns the similarity, -1 to 1, as 0 to 1."""
        return (self.support(outputs, inputs, index) + 1) / 2

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        return ((own * other).sum(dim=-1) < SAME_DIRECTION).any(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode(
            "partners", POINTS_CODE, ("recall_at_1", RECALL_CODE), functions=(retrieval.ranks,)
        )

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the recall at 1 and 5 over all n, both ways and their mean, and the AUC.

        The AUC compares the similarity of pairs with that of halves that do not belong together.
        """
        if not len(predictions):
            return {}

        first = predictions[:, 0]
        second = predictions[:, 1]
        ranks = {
            "there": retrieval.ranks(first, second, targets, targets),
            "back": retrieval.ranks(second, first, targets, targets),
        }
        recall = {
            f"recall_at_{k}_{way}": float((ranks[way] < k).mean()) for k in (1, 5) for way in ranks
        }

        mean = {
            f"recall_at_{k}": (recall[f"recall_at_{k}_there"] + recall[f"recall_at_{k}_back"]) / 2
            for k in (1, 5)
        }
        same = np.einsum("nd,nd->n", first, second, dtype=np.float32)
        different_pairs = verification.different_pairs(targets)
        different = verification.pair_similarities(first, second, different_pairs)

        return defined_metrics(
            self, {**recall, **mean, "auc": verification.pair_auc(same, different)}
        )


TASK = Matching()
