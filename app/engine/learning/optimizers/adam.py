"""Adam (Kingma & Ba 2015, arXiv:1412.6980)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from app.engine.learning.choices import OPTIMIZERS, Optimizer
from app.engine.learning.optimizers.adamw import MOMENTS
from models.spec import setting

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register
class Adam(Optimizer):
    kind: ClassVar[str] = "adam"
    label: ClassVar[str] = "Adam"
    summary: ClassVar[str] = "Each weight gets a pace of its own. Works almost untuned."
    explanation: ClassVar[str] = (
        "Keeps two running averages for every weight: the gradient (first moment, its momentum) and the squared "
        "gradient (second moment, its recent size). Each weight moves by the first divided by the root of the second. "
        "Weight decay, if any, is added to the gradient and so is divided too; AdamW keeps it apart."
    )
    state: ClassVar[tuple[str, ...]] = ("first_moment", "second_moment")
    state_names: ClassVar[dict[str, str]] = MOMENTS
    default_learning_rate: ClassVar[float] = 1e-3
    order: ClassVar[int] = 20

    learning_rate: float | None = setting(
        None, label="Learning rate", gt=0.0, le=10.0, logarithmic=True,
        help="How far a step goes, at its peak. Too high and the loss jumps; too low and it crawls.",
    )
    weight_decay: float = setting(
        0.0, label="Weight decay", ge=0.0, le=10.0, logarithmic=True, advanced=True,
        help="Added to the gradient (L2 penalty). For decay that really shrinks weights take AdamW.",
    )
    beta1: float = setting(
        0.9, label="Beta 1 (first moment)", ge=0.0, lt=1.0, step=0.01, advanced=True,
        help="How slowly the average of the gradient forgets; 0.9 looks back about 10 steps.",
    )
    beta2: float = setting(
        0.999, label="Beta 2 (second moment)", ge=0.0, lt=1.0, step=0.001, advanced=True,
        help="How slowly the average of the squared gradient forgets; 0.999 looks back about 1,000 steps.",
    )
    epsilon: float = setting(
        1e-8, label="Epsilon", gt=0.0, le=1.0, logarithmic=True, advanced=True,
        help="Added below the fraction, so that a weight without gradients does not divide by zero.",
    )

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(
            groups, lr=self.learning_rate or self.default_learning_rate, betas=(self.beta1, self.beta2),
            eps=self.epsilon, weight_decay=self.weight_decay, fused=device.type in ("cpu", "cuda", "mps"),
        )
