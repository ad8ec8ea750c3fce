"""An example is, or is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.learning import scores as metrics
from app.engine.learning.task import View, named
from app.engine.learning.tasks.classification import Classification

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description


class BinaryClassification(Classification):
    """The network answers with one logit, the probability of the second class.

    predictions: (n, 2), no and yes.
    """

    kind: ClassVar[str] = "binary-classification"
    label: ClassVar[str] = "Yes or no (binary classification)"
    summary: ClassVar[str] = "Each example is, or is not."
    example: ClassVar[str] = "Is this tumour malignant? Will this customer leave?"
    order: ClassVar[int] = 20
    view: ClassVar[View] = "yes-no"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "f1", "auc", "macro_f1")

    def fits(self, description: Description) -> str:
        if len(description.classes) != 2:
            return (
                f"Yes or no needs exactly two classes; these data have {len(description.classes)}."
            )
        return super().fits(description)

    def outputs(self, description: Description) -> int:
        return 1

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        import torch

        outputs = outputs.float()
        return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        table = metrics.per_class_of(np.asarray(targets), metrics.predicted_classes(predictions), 2)
        return named(
            self,
            {
                **super().figures(description, targets, predictions),
                "f1": float(table.f1[1]),
                "auc": metrics.auc(targets, predictions[:, 1]),
            },
        )


TASK = BinaryClassification()
