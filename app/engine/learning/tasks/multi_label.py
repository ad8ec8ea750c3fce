"""Multi-label classification: an example has any of several tags, or none."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.learning import scores
from app.engine.learning.margins import tag_margins
from app.engine.learning.task import Targets, Task, TaskCode, defined_metrics

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Meaning, Problem


ANSWERS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """The probability of each tag: (B, K) -> (B, K)."""
    return outputs.sigmoid()
'''


class MultiLabel(Task):
    """Predictions are the probabilities of all tags, which need not sum to 1: (n, K)."""

    kind: ClassVar[str] = "multi-label"
    label: ClassVar[str] = "Any of several tags (multi-label)"
    summary: ClassVar[str] = "Each example has any number of tags, or none."
    example: ClassVar[str] = (
        "What is to be seen in this picture? Which topics does this message touch?"
    )
    order: ClassVar[int] = 30
    view: ClassVar[str] = "tags"
    has_margins: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ("mean_average_precision", "macro_f1", "micro_f1")
    meaning: ClassVar[Meaning] = "tags"
    targets: ClassVar[Targets] = "tags"

    def unfit(self, description: Description) -> str:
        return (
            super().unfit(description)
            if description.classes
            else "These data have no tags to tell apart."
        )

    def outputs(self, description: Description) -> int:
        return len(description.classes)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, problem.outputs)

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return outputs.float().sigmoid()

    @override
    def certainty(
        self, outputs: torch.Tensor, inputs: Batch, index: int, whole: torch.Tensor
    ) -> torch.Tensor:
        return outputs[:, index].sigmoid()

    @override
    def margins(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return tag_margins(outputs, targets)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        return ((own >= 0.5) != (other >= 0.5)).any(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode(
            "tags",
            ANSWERS_CODE,
            ("mean_average_precision", ""),
            functions=(scores.mean_average_precision,),
        )

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the metrics, where a tag counts as set from a probability of one half on."""
        has = np.asarray(targets) > 0
        return defined_metrics(
            self,
            {
                "mean_average_precision": scores.mean_average_precision(has, predictions),
                **scores.tag_f1(has, predictions >= 0.5),
            },
        )


TASK = MultiLabel()
