"""Linear warm-up, then drops at equal distances, as He et al. 2016 trained ResNets.

See arXiv:1512.03385.
"""

from __future__ import annotations

from typing import ClassVar

from app.engine.learning.schedule import SCHEDULES
from app.engine.learning.schedules.warm_up import WarmedUp
from models.spec import setting


@SCHEDULES.register
class Step(WarmedUp):
    """Drops at equal distances."""

    kind: ClassVar[str] = "step"
    label: ClassVar[str] = "Steps"
    summary: ClassVar[str] = "Drops to a tenth a few times. The classic for CNNs trained with SGD."
    explanation: ClassVar[str] = (
        "Large steps until little more is gained by them, then all at once much smaller ones: at "
        "each drop the loss falls visibly."
    )
    order: ClassVar[int] = 50

    drops: int = setting(
        2,
        label="Drops",
        ge=1,
        le=50,
        help="How many times the learning rate drops; the run is cut into so many equal parts and "
        "one more.",
    )
    reduction: float = setting(
        0.1,
        label="Each to",
        unit="of the value before",
        gt=0.0,
        lt=1.0,
        step=0.05,
        help="What a drop multiplies the learning rate by.",
    )

    def after_warm_up(self, done: float) -> float:
        return float(self.reduction ** min(self.drops, int(done * (self.drops + 1) + 1e-9)))

    def fall_code(self) -> tuple[str, tuple[str, ...]]:
        return (
            f"{self.drops} drops to {self.reduction:.3g} of the value before",
            (
                f"drops = min({self.drops}, int(done * {self.drops + 1} + 1e-9))",
                f"return {self.reduction!r} ** drops",
            ),
        )
