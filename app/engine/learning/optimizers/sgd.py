"""Stochastic gradient descent, plain and with momentum.

Robbins & Monro 1951; momentum: Polyak 1964, Nesterov 1983.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from app.engine.learning.optimizer import (
    OPTIMIZERS,
    Optimizer,
    decay_setting,
)
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch


@OPTIMIZERS.register
class SGD(Optimizer):
    """Steps against the gradient and remembers nothing."""

    kind: ClassVar[str] = "sgd"
    torch_name: ClassVar[str] = "SGD"
    label: ClassVar[str] = "SGD"
    summary: ClassVar[str] = (
        "Straight down the slope. Least memory; needs a well-chosen learning rate."
    )
    explanation: ClassVar[str] = (
        "Every weight moves against its gradient, times the learning rate. Nothing is remembered "
        "from step to step."
    )
    missing_moments: ClassVar[str] = (
        "SGD keeps nothing: it steps along this batch's gradient, times the learning rate."
    )
    state_names: ClassVar[dict[str, str]] = {}
    default_learning_rate: ClassVar[float] = 0.1
    order: ClassVar[int] = 40

    weight_decay: float = decay_setting(5e-4)

    @override
    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return {}

    def step_formula(self) -> str:
        return "{rate} × {gradient}"

    def moments_and_step(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        return super().moments_and_step(state, gradient, weight, group) | {
            "step": group["lr"] * gradient
        }

    @property
    def decoupled_decay(self) -> bool:
        """Without momentum both ways of decay are the same step, so it counts as decoupled."""
        return True

    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "weight_decay": self.weight_decay,
            "fused": self.has_fused_kernel(device_type),
        }


@OPTIMIZERS.register
class SGDMomentum(SGD):
    """Steps along a running sum of gradients."""

    kind: ClassVar[str] = "sgd-momentum"
    label: ClassVar[str] = "SGD with momentum"
    summary: ClassVar[str] = (
        "A ball that rolls: keeps its direction through noise. Classic for CNNs."
    )
    explanation: ClassVar[str] = (
        "Keeps one running sum of gradients for every weight and moves along it, so that steps in "
        "a common direction add up and noise cancels."
    )
    missing_moments: ClassVar[str] = (
        "SGD with momentum keeps one running sum of gradients (first moment) and no second moment: "
        "layers with large gradients make large steps."
    )
    state_names: ClassVar[dict[str, str]] = {"momentum_buffer": "first_moment"}
    state_descriptions: ClassVar[dict[str, str]] = {
        **Optimizer.state_descriptions,
        "momentum_buffer": "running sum of the gradients, the momentum",
    }
    first_moment_is_sum: ClassVar[bool] = True
    default_learning_rate: ClassVar[float] = 0.05
    order: ClassVar[int] = 30

    momentum: float = setting(
        0.9,
        label="Momentum",
        gt=0.0,
        lt=1.0,
        step=0.05,
        help="How much of the last direction is kept; 0.9 looks back about 10 steps.",
    )
    nesterov: bool = setting(
        True,
        label="Look ahead (Nesterov)",
        advanced=True,
        help="Takes the gradient where the momentum is about to lead; a little more stable.",
    )
    dampening: float = setting(
        0.0,
        label="Damping",
        ge=0.0,
        le=1.0,
        step=0.05,
        advanced=True,
        help="Takes this share off each new gradient before it is added to the momentum. Only "
        "without look ahead.",
    )

    @override
    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": shape}

    @property
    def decoupled_decay(self) -> bool:
        return False

    def step_formula(self) -> str:
        if not self.nesterov:
            return "{rate} × {first_moment}"

        decay = "{decay} × {weight} + " if self.decay_rate() else ""
        return "{rate} × ({gradient} + " + decay + "{momentum} × {first_moment})"

    def moments_and_step(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        """The decay is added to the gradient, so it is part of the running sum."""
        if "momentum_buffer" not in state:
            return {}

        buffer = state["momentum_buffer"]
        look_ahead = gradient + group["weight_decay"] * weight + group["momentum"] * buffer
        direction = look_ahead if group["nesterov"] else buffer

        return {"first_moment": buffer, "step": group["lr"] * direction}

    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "dampening": 0.0 if self.nesterov else self.dampening,
            "weight_decay": self.weight_decay,
            "fused": self.has_fused_kernel(device_type),
        }
