"""An example has any of several tags, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from app.engine.learning import scores as metrics
from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from models.shape import Problem


class MultiLabel(Task):
    """One logit a tag. predictions: (n, K) the probability of every tag; they need not sum to 1."""

    kind: ClassVar[str] = "multi-label"
    label: ClassVar[str] = "Any of several tags (multi-label)"
    summary: ClassVar[str] = "Each example has any number of tags, or none."
    example: ClassVar[str] = (
        "What is to be seen in this picture? Which topics does this message touch?"
    )
    order: ClassVar[int] = 30
    view: ClassVar[View] = "tags"
    metrics: ClassVar[tuple[str, ...]] = ("mean_average_precision", "macro_f1", "micro_f1")
    targets: ClassVar[Literal["classes", "tags", "amounts", "none", "tokens"]] = "tags"

    def fits(self, description: Description) -> str:
        return (
            super().fits(description)
            if description.classes
            else "These data have no tags to tell apart."
        )

    def outputs(self, description: Description) -> int:
        return len(description.classes)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, problem.outputs)

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return outputs.float().sigmoid()

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """A tag counts as set from a probability of one half on."""
        has = np.asarray(targets) > 0
        return named(
            self,
            {
                "mean_average_precision": metrics.mean_average_precision(has, predictions),
                **metrics.tag_f1(has, predictions >= 0.5),
            },
        )


TASK = MultiLabel()
