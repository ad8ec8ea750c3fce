"""Supervised contrastive learning as cross-entropy.

Khosla et al. 2020 (arXiv:2004.11362), their L_out.
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

from app.engine.learning.loss import LOSSES, LossCode, LossFunction
from app.engine.learning.similarity import (
    MASKED,
    ComparingLoss,
    WithTemperature,
    comparing_code,
    dot_products,
    unit_vectors,
)

if TYPE_CHECKING:
    import torch


@LOSSES.register
class SupervisedContrastive(WithTemperature):
    """Each example must find those of its class among all others of the batch."""

    kind: ClassVar[str] = "supervised-contrastive"
    label: ClassVar[str] = "Supervised contrastive"
    summary: ClassVar[str] = "Cross-entropy over the batch: who of the others is of my class?"
    explanation: ClassVar[str] = (
        "Each example of a batch gives every other one a probability, the higher the nearer it "
        "lies. The loss is minus the logarithm of what it gives to those of its own class, on "
        "average over them: examples of one class are drawn together, all others are pushed "
        "away, the nearest ones hardest. With many of a class in a batch it cannot become 0, "
        "for they share the probability."
    )
    tasks: ClassVar[tuple[str, ...]] = ("metric-learning",)
    order: ClassVar[int] = 80
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "similarity"

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _SupervisedContrastive(self.temperature)

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return comparing_code(
            f"supervised_contrastive(outputs, targets, {self.temperature!r})",
            "Supervised contrastive: each example must find those of its class in the batch.",
            supervised_contrastive,
        )


class _SupervisedContrastive(ComparingLoss):
    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def per_example(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return supervised_contrastive(outputs, targets, self.temperature)


def supervised_contrastive(
    outputs: torch.Tensor, targets: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss and the weight of every example, (B,) each.

    outputs: (B, D). targets: (B,) classes. One that is alone in its class has the weight 0.
    """
    import torch

    points = unit_vectors(outputs)
    itself = torch.eye(len(points), dtype=torch.bool, device=points.device)
    logits = (dot_products(points, points) / temperature).masked_fill(itself, MASKED)

    equals = ((targets[:, None] == targets[None, :]) & ~itself).to(logits.dtype)
    count = equals.sum(1)
    mean_logit = (logits * equals).sum(1) / count.clamp(min=1)
    has_equals = (count > 0).to(logits.dtype)

    return logits.logsumexp(1) * has_equals - mean_logit, has_equals
