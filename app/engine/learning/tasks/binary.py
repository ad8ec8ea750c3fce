"""Binary classification: an example is, or is not."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.learning import scores
from app.engine.learning.margins import yes_no_margins
from app.engine.learning.task import TaskCode, defined_metrics
from app.engine.learning.tasks.classification import ACCURACY_CODE, Classification

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Meaning


ANSWERS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """The probabilities of no and yes: (B, 1) -> (B, 2)."""
    return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))
'''


class BinaryClassification(Classification):
    """The network answers with one logit, that of the second class.

    predictions: (n, 2), the probabilities of no and yes.
    """

    kind: ClassVar[str] = "binary-classification"
    label: ClassVar[str] = "Yes or no (binary classification)"
    summary: ClassVar[str] = "Each example is, or is not."
    example: ClassVar[str] = "Is this tumour malignant? Will this customer leave?"
    order: ClassVar[int] = 20
    view: ClassVar[str] = "yes-no"
    yes_or_no: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "f1", "auc", "macro_f1")
    meaning: ClassVar[Meaning] = "tags"

    def unfit(self, description: Description) -> str:
        if len(description.classes) != 2:
            return (
                f"Yes or no needs exactly two classes; these data have {len(description.classes)}."
            )
        return super().unfit(description)

    @override
    def outputs(self, description: Description) -> int:
        return 1

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        import torch

        outputs = outputs.float()
        return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))

    @override
    def margins(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return yes_no_margins(outputs, targets)

    @override
    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        return int(outputs[0, 0] > 0)

    @override
    def support(self, outputs: torch.Tensor, inputs: Batch, index: int) -> torch.Tensor:
        return outputs[:, 0] if index else -outputs[:, 0]

    @override
    def certainty(
        self, outputs: torch.Tensor, inputs: Batch, index: int, whole: torch.Tensor
    ) -> torch.Tensor:
        return self.support(outputs, inputs, index).sigmoid()

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode("labels", ANSWERS_CODE, ("accuracy", ACCURACY_CODE))

    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        table = scores.per_class_of(np.asarray(targets), scores.predicted_classes(predictions), 2)
        return defined_metrics(
            self,
            {
                **super().compute_metrics(description, targets, predictions),
                "f1": float(table.f1[1]),
                "auc": scores.auc(targets, predictions[:, 1]),
            },
        )


TASK = BinaryClassification()
