"""Adam and AdamW, and what their kin share with them.

Adam: Kingma & Ba 2015 (arXiv:1412.6980). AdamW, with decoupled weight decay: Loshchilov & Hutter
2019 (arXiv:1711.05101). AMSGrad: Reddi et al. 2018 (arXiv:1904.09237).
"""

from __future__ import annotations

import math
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

MOMENTS = (
    "Keeps two running averages for every weight: the gradient (first moment, its momentum) and "
    "the squared gradient (second moment, its recent size). Each weight moves by the first divided "
    "by the root of the second, so all weights move at a similar pace. "
)


class TwoMoments(Optimizer):
    """What Adam and its kin share: two running averages a weight, so 4n floats for n parameters."""

    state_names: ClassVar[dict[str, str]] = {
        "exp_avg": "first_moment",
        "exp_avg_sq": "second_moment",
        "max_exp_avg_sq": "other_state",
    }
    state_descriptions: ClassVar[dict[str, str]] = {
        **Optimizer.state_descriptions,
        "exp_avg": "running average of the gradient",
        "exp_avg_sq": "running average of the squared gradient",
        "max_exp_avg_sq": "largest second moment so far",
    }
    default_learning_rate: ClassVar[float] = 1e-3
    bias_corrected: ClassVar[bool] = True

    beta1: float = setting(
        0.9,
        label="Beta 1 (first moment)",
        ge=0.0,
        lt=1.0,
        step=0.01,
        advanced=True,
        help="How slowly the average of the gradient forgets; 0.9 looks back about 10 steps.",
    )
    beta2: float | None = setting(
        None,
        label="Beta 2 (second moment)",
        ge=0.0,
        lt=1.0,
        step=0.001,
        advanced=True,
        help="How slowly the average of the squared gradient forgets; 0.999 looks back about 1,000 "
        "steps. Left open, it follows the network's recipe, else it is 0.999.",
    )
    epsilon: float = epsilon_setting(1e-8)

    usual: ClassVar[dict[str, float]] = {"beta2": 0.999}

    def betas(self) -> tuple[float, float]:
        """Returns how slowly both averages forget, as chosen or else as usual."""
        return self.beta1, self.usual["beta2"] if self.beta2 is None else self.beta2

    @override
    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return {"step": (), "exp_avg": shape, "exp_avg_sq": shape}

    def step_formula(self) -> str:
        return "{rate} × {first_moment} / ({second_moment_root} + {epsilon})"

    def moments_and_step(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        """Both moments began at zero; divided by 1 - beta^t they are averages.

        See Kingma & Ba 2015, section 3.
        """
        if "exp_avg" not in state:
            return super().moments_and_step(state, gradient, weight, group)

        steps = state["step"]
        first = state["exp_avg"] / bias_correction(steps, group["betas"][0])
        squares = state.get("max_exp_avg_sq", state["exp_avg_sq"])
        root = (squares / bias_correction(steps, group["betas"][1])).sqrt()
        step = group["lr"] * first / (root + group["eps"])

        return {"first_moment": first, "second_moment_root": root, "step": step}


def bias_correction(steps: torch.Tensor, beta: float) -> torch.Tensor:
    """Returns 1 - beta^steps, exact in float32 too: by what a running average is too small yet."""
    return -(steps * (math.log(beta) if beta > 0 else -math.inf)).expm1()


class WithAMSGrad(TwoMoments):
    """Adam and AdamW, which can keep a third value: the largest second moment so far."""

    amsgrad: bool = setting(
        False,
        label="Never forget a large gradient (AMSGrad)",
        advanced=True,
        help="Divides by the largest second moment so far: a pace once slowed stays slow. One more "
        "float a weight.",
    )

    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return super().state_shapes(shape, matrix) | (
            {"max_exp_avg_sq": shape} if self.amsgrad else {}
        )


@OPTIMIZERS.register
class AdamW(WithAMSGrad):
    """Adam with weight decay that shrinks the weights themselves."""

    kind: ClassVar[str] = "adamw"
    torch_name: ClassVar[str] = "AdamW"
    label: ClassVar[str] = "AdamW"
    summary: ClassVar[str] = (
        "Adam with weight decay kept apart. The safe choice for CNNs and transformers."
    )
    explanation: ClassVar[str] = (
        MOMENTS + "Weight decay then pulls every weight a little towards zero."
    )
    order: ClassVar[int] = 10

    weight_decay: float | None = decay_setting(None)

    @property
    def decoupled_decay(self) -> bool:
        return True

    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "betas": self.betas(),
            "eps": self.epsilon,
            "amsgrad": self.amsgrad,
            "weight_decay": self.decay_rate(),
            "fused": self.has_fused_kernel(device_type),
        }


@OPTIMIZERS.register
class Adam(WithAMSGrad):
    """Adam as first published: weight decay is part of the gradient."""

    kind: ClassVar[str] = "adam"
    torch_name: ClassVar[str] = "Adam"
    label: ClassVar[str] = "Adam"
    summary: ClassVar[str] = "Each weight gets a pace of its own. Works almost untuned."
    explanation: ClassVar[str] = MOMENTS + (
        "Weight decay, if any, is added to the gradient and so is divided too; AdamW keeps it "
        "apart."
    )
    order: ClassVar[int] = 20

    weight_decay: float = decay_setting(
        0.0,
        "Added to the gradient (L2 penalty). For decay that really shrinks weights take AdamW.",
        advanced=True,
    )

    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "betas": self.betas(),
            "eps": self.epsilon,
            "amsgrad": self.amsgrad,
            "weight_decay": self.decay_rate(),
            "fused": self.has_fused_kernel(device_type),
        }
