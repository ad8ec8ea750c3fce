"""Binary cross-entropy on one logit, for yes/no."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning.choices import LOSSES, Loss, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    import torch


@LOSSES.register
class BinaryCrossEntropy(Loss):
    kind: ClassVar[str] = "binary-cross-entropy"
    label: ClassVar[str] = "Binary cross-entropy"
    summary: ClassVar[str] = "Yes or no: one number, the probability of the second class."
    explanation: ClassVar[str] = (
        "The network answers with one number, turned into the probability of yes. The loss is minus the logarithm of "
        "the probability it gave to what is true."
    )
    tasks: ClassVar[tuple[str, ...]] = ("binary-classification",)
    order: ClassVar[int] = 20

    positive_weight: float | None = setting(
        None,
        label="Weight of yes",
        gt=0.0,
        step=0.5,
        help="How much a missed yes counts against a false alarm; above 1 when yes is rare.",
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        label="Class weights",
        choices={"none": "All examples count alike", "balanced": "Rare classes count more"},
        help="With 'balanced' yes and no weigh the same in the loss, however few examples one has.",
    )

    def build(self, counts: tuple[int, ...], device: torch.device, examples: int = 0) -> LossFunction:
        import torch

        weight = self.positive_weight
        if weight is None:
            weight = counts[0] / counts[1] if self.class_weights == "balanced" and all(counts) else 1.0
        return _BinaryCrossEntropy(torch.tensor(float(weight), device=device))


class _BinaryCrossEntropy(LossFunction):
    def __init__(self, positive_weight: torch.Tensor) -> None:
        self.positive_weight = positive_weight

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self._sum(outputs, targets) / targets.shape[0]

    def totals(self, outputs: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        total = self._sum(outputs, targets)
        return total, total.new_tensor(float(targets.shape[0]))

    def _sum(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(
            outputs[:, 0].float(), targets.float(), pos_weight=self.positive_weight, reduction="sum"
        )
