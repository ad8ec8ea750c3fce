"""Adafactor (Shazeer & Stern 2018, arXiv:1804.04235): the second moment as rows and columns."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import override

from app.engine.learning.optimizer import (
    OPTIMIZERS,
    Optimizer,
    decay_setting,
)
from models.spec import setting


@OPTIMIZERS.register
class Adafactor(Optimizer):
    """Keeps the second moment of a matrix as one number for each row and each column."""

    kind: ClassVar[str] = "adafactor"
    torch_name: ClassVar[str] = "Adafactor"
    label: ClassVar[str] = "Adafactor"
    summary: ClassVar[str] = (
        "A pace for each weight at little more than 2n. For transformers that fill the memory."
    )
    explanation: ClassVar[str] = (
        "Of the squared gradient it keeps an average for each row and each column of a matrix "
        "instead of for each weight, and multiplies the two. No momentum; steps follow the size of "
        "the weights and are cut where they would jump. Matrices save nearly all of their moments; "
        "small filters save less."
    )
    missing_moments: ClassVar[str] = (
        "Adafactor keeps no average of the gradient, and of its square one for each row and column "
        "instead of for each weight. Its step is measured: where the weights were before it and "
        "where they are after it."
    )
    state_names: ClassVar[dict[str, str]] = {
        "row_var": "other_state",
        "col_var": "other_state",
        "variance": "second_moment",
    }
    state_descriptions: ClassVar[dict[str, str]] = {
        **Optimizer.state_descriptions,
        "row_var": "squared gradients averaged by row",
        "col_var": "squared gradients averaged by column",
        "variance": "running average of the squared gradient",
    }
    default_learning_rate: ClassVar[float] = 0.01
    foreach_on_gpu: ClassVar[bool] = False
    steps_follow_weights: ClassVar[bool] = True
    order: ClassVar[int] = 95

    weight_decay: float = decay_setting(0.0)
    beta2_decay: float = setting(
        -0.8,
        label="Exponent of beta 2",
        ge=-1.0,
        le=0.0,
        step=0.05,
        advanced=True,
        help="Step t adds its squared gradient with the share t to this power: the average looks "
        "back ever further.",
    )
    clip: float = setting(
        1.0,
        label="Largest step",
        ge=1.0,
        le=1000.0,
        logarithmic=True,
        advanced=True,
        help="An update whose root mean square is larger is scaled down to it.",
    )
    smallest_scale: float = setting(
        1e-3,
        label="Smallest scale",
        ge=0.0,
        le=1.0,
        logarithmic=True,
        advanced=True,
        help="Steps follow the size of the weights, but as if they were at least this large: so "
        "zeros can move.",
    )

    @override
    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        if len(shape) < 2:
            return {"step": (), "variance": shape}
        return {"step": (), "row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    @property
    def decoupled_decay(self) -> bool:
        return True

    @override
    def arguments(self, device_type: str) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "beta2_decay": self.beta2_decay,
            "eps": (None, self.smallest_scale),
            "d": self.clip,
            "weight_decay": self.decay_rate(),
        }
