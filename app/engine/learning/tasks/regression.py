"""Regression: one or more amounts of an example."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.learning import scores
from app.engine.learning.margins import amount_margins
from app.engine.learning.task import (
    SAME_AMOUNT,
    AnswerName,
    Targets,
    Task,
    TaskCode,
    defined_metrics,
)

if TYPE_CHECKING:
    import numpy as np
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Meaning, Problem


ANSWERS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """The amounts in their own units: (B, T) -> (B, T)."""
    return outputs * AMOUNT_STD + AMOUNT_MEAN
'''


class Regression(Task):
    """Predictions are the amounts in their own units: (n, T).

    Network and loss see standardised amounts, by mean and standard deviation of the training
    examples, so that one learning rate fits euros and millimetres. Metrics are in the amounts' own
    units.
    """

    kind: ClassVar[str] = "regression"
    label: ClassVar[str] = "Amount (regression)"
    summary: ClassVar[str] = "Each example has one or more amounts."
    example: ClassVar[str] = "What will it cost? How old is this person?"
    order: ClassVar[int] = 40
    view: ClassVar[str] = "amounts"
    has_margins: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ("r2", "mae", "rmse")
    meaning: ClassVar[Meaning] = "amounts"
    targets: ClassVar[Targets] = "amounts"
    answer_name: ClassVar[AnswerName] = "amounts"
    probes: ClassVar[int] = 400

    def unfit(self, description: Description) -> str:
        return (
            super().unfit(description)
            if description.amounts
            else "These data have no column of amounts to predict."
        )

    def outputs(self, description: Description) -> int:
        return len(description.amounts)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, problem.outputs)

    @override
    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        mean, std = _scale(description, targets.device)
        return inputs, (targets - mean) / std

    @override
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        mean, std = _scale(description, outputs.device)
        return outputs.float() * std + mean

    @override
    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        """Returns the first amount."""
        return 0

    @override
    def certainty(
        self, outputs: torch.Tensor, inputs: Batch, index: int, whole: torch.Tensor
    ) -> torch.Tensor:
        """Returns 1 where the amount stays, 1/e where it moved by a deviation of the training."""
        return (-(outputs[:, index] - whole[0, index]).abs()).exp()

    @override
    def margins(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return amount_margins(outputs, targets)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        _, std = _scale(description, own.device)
        return ((own - other).abs() > SAME_AMOUNT * std).any(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        means = [amount.mean for amount in description.amounts]
        stds = [amount.std for amount in description.amounts]
        return TaskCode(
            "amounts",
            ANSWERS_CODE,
            ("r2", ""),
            ("inputs = {inputs}", "targets = ({targets} - AMOUNT_MEAN) / AMOUNT_STD"),
            text="# Of the training examples: network and loss see standardised amounts.\n"
            f"AMOUNT_MEAN = torch.tensor({means})\nAMOUNT_STD = torch.tensor({stds})\n",
            functions=(scores.r2,),
        )

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the metrics, of several amounts their mean.

        A mean of errors only makes sense where the amounts share their unit.
        """
        return defined_metrics(
            self,
            {
                "r2": scores.r2(targets, predictions),
                "mae": scores.mae(targets, predictions),
                "rmse": scores.rmse(targets, predictions),
            },
        )


def _scale(description: Description, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the means and the standard deviations of the amounts, (T,) each."""
    import torch

    means = [amount.mean for amount in description.amounts]
    stds = [amount.std for amount in description.amounts]
    return (
        torch.tensor(means, dtype=torch.float32, device=device),
        torch.tensor(stds, dtype=torch.float32, device=device),
    )


TASK = Regression()
