"""NAdam and RAdam, two changes to how Adam makes a step of its moments.

NAdam: Dozat 2016, "Incorporating Nesterov Momentum into Adam". RAdam: Liu et al. 2020
(arXiv:1908.03265).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from app.engine.learning.optimizer import OPTIMIZERS, decay_setting
from app.engine.learning.optimizers.adam import TwoMoments
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch


class EitherDecay(TwoMoments):
    """What NAdam and RAdam share: two running averages a weight, and decay in either way."""

    weight_decay: float = decay_setting(0.0)
    decay_apart: bool = setting(
        True,
        label="Decay kept apart",
        advanced=True,
        help="On: decay as AdamW does it. Off: decay is added to the gradient, as Adam does it.",
    )

    @property
    def decoupled_decay(self) -> bool:
        return self.decay_apart

    def step_formula(self) -> str:
        return ""

    def moments_and_step(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        """The moments are Adam's; the step is made of them otherwise, so it is measured."""
        return {
            name: value
            for name, value in super().moments_and_step(state, gradient, weight, group).items()
            if name != "step"
        }


@OPTIMIZERS.register
class NAdam(EitherDecay):
    """Adam with Nesterov momentum."""

    kind: ClassVar[str] = "nadam"
    torch_name: ClassVar[str] = "NAdam"
    label: ClassVar[str] = "NAdam"
    summary: ClassVar[str] = (
        "Adam that looks ahead. Where Adam works, often a little faster at first."
    )
    explanation: ClassVar[str] = (
        "Adam's two averages, and the first moment is taken as it will be one step further "
        "(Nesterov), so that the newest gradient counts more."
    )
    state_descriptions: ClassVar[dict[str, str]] = {
        **TwoMoments.state_descriptions,
        "mu_product": "product of the momenta so far",
    }
    order: ClassVar[int] = 70

    momentum_decay: float = setting(
        4e-3,
        label="Warm-up of beta 1",
        ge=0.0,
        le=1.0,
        logarithmic=True,
        advanced=True,
        help="How fast beta 1 grows from half its value to its full one; 0.004 takes about 400 "
        "steps.",
    )

    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return super().state_shapes(shape, matrix) | {"mu_product": ()}

    @override
    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "betas": self.betas(),
            "eps": self.epsilon,
            "momentum_decay": self.momentum_decay,
            "decoupled_weight_decay": self.decay_apart,
            "weight_decay": self.decay_rate(),
        }


@OPTIMIZERS.register
class RAdam(EitherDecay):
    """Adam that does not trust its second moment in the first steps."""

    kind: ClassVar[str] = "radam"
    torch_name: ClassVar[str] = "RAdam"
    label: ClassVar[str] = "RAdam"
    summary: ClassVar[str] = (
        "Adam with a warm-up of its own. For a schedule without one, and for less tuning."
    )
    explanation: ClassVar[str] = (
        "Adam's two averages. In the first steps, while the second moment is a guess from few "
        "gradients, it divides less or not at all; later it is Adam."
    )
    order: ClassVar[int] = 80

    @override
    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "betas": self.betas(),
            "eps": self.epsilon,
            "decoupled_weight_decay": self.decay_apart,
            "weight_decay": self.decay_rate(),
        }
