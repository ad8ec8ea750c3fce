"""RMSprop: a pace for each weight, from the size of its recent gradients.

Tieleman & Hinton 2012, lecture 6e of "Neural Networks for Machine Learning"; centred after Graves
2013 (arXiv:1308.0850).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from app.engine.learning.optimizer import (
    OPTIMIZERS,
    Optimizer,
    decay_setting,
    epsilon_setting,
)
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch


@OPTIMIZERS.register
class RMSprop(Optimizer):
    """Divides the gradient by the root of the average of its square."""

    kind: ClassVar[str] = "rmsprop"
    torch_name: ClassVar[str] = "RMSprop"
    label: ClassVar[str] = "RMSprop"
    summary: ClassVar[str] = (
        "A pace for each weight, without momentum. For goals that keep moving; 3n."
    )
    explanation: ClassVar[str] = (
        "Keeps a running average of the squared gradient of every weight (second moment) and "
        "divides the gradient by its root. Adam without the first moment: it needs a quarter less "
        "memory, and its steps are noisier."
    )
    missing_moments: ClassVar[str] = (
        "RMSprop keeps the size of the gradient (second moment) and divides this batch's gradient "
        "by it; there is no average of the gradient itself."
    )
    state_names: ClassVar[dict[str, str]] = {
        "square_avg": "second_moment",
        "grad_avg": "first_moment",
        "momentum_buffer": "other_state",
    }
    state_descriptions: ClassVar[dict[str, str]] = {
        **Optimizer.state_descriptions,
        "square_avg": "running average of the squared gradient",
        "grad_avg": "running average of the gradient",
        "momentum_buffer": "running sum of the gradients, the momentum",
    }
    default_learning_rate: ClassVar[float] = 1e-3
    order: ClassVar[int] = 50

    weight_decay: float = decay_setting(
        0.0, "Added to the gradient (L2 penalty), and divided with it."
    )
    alpha: float = setting(
        0.99,
        label="Alpha (second moment)",
        ge=0.0,
        lt=1.0,
        step=0.01,
        advanced=True,
        help="How slowly the average of the squared gradient forgets; 0.99 looks back about 100 "
        "steps.",
    )
    epsilon: float = epsilon_setting(1e-8)
    momentum: float = setting(
        0.0,
        label="Momentum",
        ge=0.0,
        lt=1.0,
        step=0.05,
        advanced=True,
        help="How much of the last step is kept. Above 0 it takes one more float a weight.",
    )
    centered: bool = setting(
        False,
        label="Centred",
        advanced=True,
        help="Divides by how much the gradient varies instead of by its size. One more float a "
        "weight.",
    )

    @override
    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {"step": (), "square_avg": shape}
        if self.momentum > 0:
            shapes["momentum_buffer"] = shape
        if self.centered:
            shapes["grad_avg"] = shape

        return shapes

    @property
    def _plain(self) -> bool:
        """Whether the step follows from gradient and second moment alone; else it is measured."""
        return self.momentum == 0 and not self.centered

    def step_formula(self) -> str:
        if not self._plain:
            return ""

        above = "({gradient} + {decay} × {weight})" if self.decay_rate() else "{gradient}"
        return "{rate} × " + above + " / ({second_moment_root} + {epsilon})"

    def moments_and_step(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        quantities = super().moments_and_step(state, gradient, weight, group)
        if self._plain and "second_moment_root" in quantities:
            decayed = gradient + group["weight_decay"] * weight
            root = quantities["second_moment_root"]
            quantities["step"] = group["lr"] * decayed / (root + group["eps"])

        return quantities

    @override
    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "alpha": self.alpha,
            "eps": self.epsilon,
            "momentum": self.momentum,
            "centered": self.centered,
            "weight_decay": self.decay_rate(),
        }
