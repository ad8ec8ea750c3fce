"""Adagrad (Duchi, Hazan & Singer 2011, JMLR 12:2121)."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import override

from app.engine.learning.optimizer import (
    OPTIMIZERS,
    Optimizer,
    decay_setting,
    epsilon_setting,
)
from models.spec import setting


@OPTIMIZERS.register
class Adagrad(Optimizer):
    """Divides by the root of the sum of all squared gradients so far."""

    kind: ClassVar[str] = "adagrad"
    torch_name: ClassVar[str] = "Adagrad"
    label: ClassVar[str] = "Adagrad"
    summary: ClassVar[str] = (
        "Rare features learn fast, frequent ones slowly. For short runs on rare words or "
        "categories."
    )
    explanation: ClassVar[str] = (
        "Adds up the squared gradients of every weight and divides by the root of the sum. The sum "
        "only grows, so the steps only shrink: no schedule is needed, and a long run comes to a "
        "standstill."
    )
    missing_moments: ClassVar[str] = (
        "Adagrad keeps no average of the gradient, and of its square the sum since the first step: "
        "the root only grows, so the steps shrink. The step is measured."
    )
    state_names: ClassVar[dict[str, str]] = {"sum": "second_moment"}
    state_descriptions: ClassVar[dict[str, str]] = {
        **Optimizer.state_descriptions,
        "sum": "sum of all squared gradients",
    }
    second_moment_is_sum: ClassVar[bool] = True
    default_learning_rate: ClassVar[float] = 0.01
    order: ClassVar[int] = 60

    weight_decay: float = decay_setting(
        0.0, "Added to the gradient (L2 penalty), and divided with it."
    )
    rate_decay: float = setting(
        0.0,
        label="Decay of the learning rate",
        unit="a step",
        ge=0.0,
        le=1.0,
        logarithmic=True,
        advanced=True,
        help="Divides the learning rate by 1 + steps x this value, on top of the schedule.",
    )
    initial_sum: float = setting(
        0.0,
        label="First sum",
        ge=0.0,
        le=100.0,
        logarithmic=True,
        advanced=True,
        help="What the sum of squares begins with. Above 0 it makes the very first steps smaller.",
    )
    epsilon: float = epsilon_setting(1e-10)

    @override
    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return {"step": (), "sum": shape}

    @staticmethod
    def has_fused_kernel(device_type: str) -> bool:
        return device_type in ("cpu", "cuda")

    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "lr_decay": self.rate_decay,
            "initial_accumulator_value": self.initial_sum,
            "eps": self.epsilon,
            "weight_decay": self.decay_rate(),
            "fused": self.has_fused_kernel(device_type),
        }
