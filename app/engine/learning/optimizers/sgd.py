"""Stochastic gradient descent (Robbins & Monro 1951), plain and with momentum (Polyak 1964,
Nesterov 1983).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.learning.optimizer import OPTIMIZERS, Optimizer, decay_setting
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch


@OPTIMIZERS.register
class SGD(Optimizer):
    kind: ClassVar[str] = "sgd"
    label: ClassVar[str] = "SGD"
    summary: ClassVar[str] = (
        "Straight down the slope. Least memory; needs a well-chosen learning rate."
    )
    explanation: ClassVar[str] = (
        "Every weight moves against its gradient, times the learning rate. Nothing is remembered "
        "from step to step."
    )
    lacks: ClassVar[str] = (
        "SGD keeps nothing: it steps along this batch's gradient, times the learning rate."
    )
    state_names: ClassVar[dict[str, str]] = {}
    default_learning_rate: ClassVar[float] = 0.1
    order: ClassVar[int] = 40

    weight_decay: float = decay_setting(5e-4)

    def kept(self, shape: tuple[int, ...], matrix: bool = False) -> dict[str, tuple[int, ...]]:
        return {}

    def formula(self) -> str:
        return "{rate} × {gradient}"

    def inside(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        return super().inside(state, gradient, weight, group) | {"step": group["lr"] * gradient}

    @property
    def decays_apart(self) -> bool:
        """Without momentum the two ways are the same."""
        return True

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(
            groups, lr=self.rate(), weight_decay=self.weight_decay, fused=self.fused(device)
        )


@OPTIMIZERS.register
class SGDMomentum(SGD):
    kind: ClassVar[str] = "sgd-momentum"
    label: ClassVar[str] = "SGD with momentum"
    summary: ClassVar[str] = (
        "A ball that rolls: keeps its direction through noise. Classic for CNNs."
    )
    explanation: ClassVar[str] = (
        "Keeps one running sum of gradients for every weight and moves along it, so that steps in "
        "a common direction "
        "add up and noise cancels."
    )
    lacks: ClassVar[str] = (
        "SGD with momentum keeps one running sum of gradients (first moment) and no second moment: "
        "layers with large "
        "gradients make large steps."
    )
    state_names: ClassVar[dict[str, str]] = {"momentum_buffer": "first_moment"}
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
        help="Takes so much away from each new gradient before it is added to the momentum. Only "
        "without look ahead.",
    )

    def kept(self, shape: tuple[int, ...], matrix: bool = False) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": shape}

    @property
    def decays_apart(self) -> bool:
        return False

    def formula(self) -> str:
        if not self.nesterov:
            return "{rate} × {first_moment}"

        decay = "{decay} × {weight} + " if self.decay() else ""
        return "{rate} × ({gradient} + " + decay + "{momentum} × {first_moment})"

    def inside(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        """Decay is added to the gradient, and so is in the sum."""
        if "momentum_buffer" not in state:
            return {}

        buffer = state["momentum_buffer"]
        ahead = gradient + group["weight_decay"] * weight + group["momentum"] * buffer
        return {
            "first_moment": buffer,
            "step": group["lr"] * (ahead if group["nesterov"] else buffer),
        }

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(
            groups,
            lr=self.rate(),
            momentum=self.momentum,
            nesterov=self.nesterov,
            dampening=0.0 if self.nesterov else self.dampening,
            weight_decay=self.weight_decay,
            fused=self.fused(device),
        )
