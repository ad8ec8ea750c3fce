"""Linear warm-up, then an exponential fall."""

from __future__ import annotations

from typing import ClassVar

from app.engine.learning.schedule import SCHEDULES
from app.engine.learning.schedules.warm_up import WarmedUp
from models.spec import setting


@SCHEDULES.register
class Exponential(WarmedUp):
    """The same share less at every step."""

    kind: ClassVar[str] = "exponential"
    label: ClassVar[str] = "Exponential"
    summary: ClassVar[str] = (
        "The same share less at every step. Falls early: for runs that begin close to the goal."
    )
    explanation: ClassVar[str] = (
        "The learning rate halves again and again in equal times. Most of the run has a small one, "
        "so that the beginning decides where it ends up."
    )
    order: ClassVar[int] = 60

    last: float = setting(
        0.01,
        label="Last value",
        unit="of the peak",
        gt=0.0,
        le=1.0,
        logarithmic=True,
        help="Where the learning rate ends, as a share of its peak.",
    )

    def after_warm_up(self, done: float) -> float:
        return float(self.last**done)

    def fall_code(self) -> tuple[str, tuple[str, ...]]:
        return (
            f"the same share less at every step, down to {100 * self.last:.3g} % of it",
            (f"return {self.last!r} ** done",),
        )
