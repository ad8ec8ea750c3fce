"""One or more amounts of an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning import scores as metrics
from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import numpy as np
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Problem


class Regression(Task):
    """Network and loss see every amount less its mean, over its standard deviation, both of the
    training examples, so that one learning rate fits euros and millimetres. said and figures are
    in the amounts' own units: (n, T).
    """

    kind: ClassVar[str] = "regression"
    label: ClassVar[str] = "Amount (regression)"
    summary: ClassVar[str] = "Each example has one or more amounts."
    example: ClassVar[str] = "What will it cost? How old is this person?"
    order: ClassVar[int] = 40
    view: ClassVar[View] = "amounts"
    metrics: ClassVar[tuple[str, ...]] = ("r2", "mae", "rmse")
    targets: ClassVar[Literal["classes", "tags", "amounts", "none", "tokens"]] = "amounts"
    probes: ClassVar[int] = 400

    def fits(self, description: Description) -> str:
        return (
            super().fits(description)
            if description.amounts
            else "These data have no column of amounts to predict."
        )

    def outputs(self, description: Description) -> int:
        return len(description.amounts)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, problem.outputs)

    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        mean, std = _scale(description, targets)
        return inputs, (targets - mean) / std

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        mean, std = _scale(description, outputs)
        return outputs.float() * std + mean

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Of several amounts: the mean over them; errors in a unit only make sense together where
        they share it.
        """
        return named(
            self,
            {
                "r2": metrics.r2(targets, predictions),
                "mae": metrics.mae(targets, predictions),
                "rmse": metrics.rmse(targets, predictions),
            },
        )


def _scale(description: Description, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Means and standard deviations (T,) on the tensor's device."""
    import torch

    mean = torch.tensor(
        [amount.mean for amount in description.amounts], dtype=torch.float32, device=like.device
    )
    std = torch.tensor(
        [amount.std for amount in description.amounts], dtype=torch.float32, device=like.device
    )
    return mean, std


TASK = Regression()
