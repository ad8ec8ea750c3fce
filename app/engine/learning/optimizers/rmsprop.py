"""RMSprop (Tieleman & Hinton 2012, lecture 6e of "Neural Networks for Machine Learning"), centred
after Graves 2013 (arXiv:1308.0850).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.learning.optimizer import OPTIMIZERS, Optimizer, decay_setting, epsilon_setting
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch


@OPTIMIZERS.register
class RMSprop(Optimizer):
    kind: ClassVar[str] = "rmsprop"
    label: ClassVar[str] = "RMSprop"
    summary: ClassVar[str] = (
        "A pace for each weight, without momentum. For goals that keep moving; 3n."
    )
    explanation: ClassVar[str] = (
        "Keeps a running average of the squared gradient of every weight (second moment) and "
        "divides the gradient by "
        "its root. Adam without the first moment: it needs a quarter less memory, and its steps "
        "are noisier."
    )
    lacks: ClassVar[str] = (
        "RMSprop keeps the size of the gradient (second moment) and divides this batch's gradient "
        "by it; there is no "
        "average of the gradient itself."
    )
    state_names: ClassVar[dict[str, str]] = {
        "square_avg": "second_moment",
        "grad_avg": "first_moment",
        "momentum_buffer": "other_state",
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

    def kept(self, shape: tuple[int, ...], matrix: bool = False) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {"step": (), "square_avg": shape}
        if self.momentum > 0:
            found["momentum_buffer"] = shape
        if self.centered:
            found["grad_avg"] = shape

        return found

    @property
    def _plain(self) -> bool:
        """Whether the step follows from gradient and second moment alone; otherwise it is measured."""
        return self.momentum == 0 and not self.centered

    def formula(self) -> str:
        above = "({gradient} + {decay} × {weight})" if self.decay() else "{gradient}"
        return "{rate} × " + above + " / ({second_moment_root} + {epsilon})" if self._plain else ""

    def inside(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        found = super().inside(state, gradient, weight, group)
        if self._plain and "second_moment_root" in found:
            whole = gradient + group["weight_decay"] * weight
            found["step"] = group["lr"] * whole / (found["second_moment_root"] + group["eps"])

        return found

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(
            groups,
            lr=self.rate(),
            alpha=self.alpha,
            eps=self.epsilon,
            momentum=self.momentum,
            centered=self.centered,
            weight_decay=self.decay(),
        )
