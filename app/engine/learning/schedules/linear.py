"""Linear warm-up, then a straight line down."""

from __future__ import annotations

from typing import ClassVar

from app.engine.learning.schedule import SCHEDULES
from app.engine.learning.schedules.warm_up import WarmedUp, floor_setting


@SCHEDULES.register
class Linear(WarmedUp):
    """The same amount less at every step."""

    kind: ClassVar[str] = "linear"
    label: ClassVar[str] = "Warm-up and linear"
    summary: ClassVar[str] = (
        "A short rise, then a straight fall. Usual where a trained transformer is trained on."
    )
    explanation: ClassVar[str] = (
        "Small steps first, while the second moment is still a guess; then the learning rate falls "
        "by the same amount at every step, and the last steps are the finest."
    )
    order: ClassVar[int] = 25

    floor: float = floor_setting(0.0)

    def after_warm_up(self, done: float) -> float:
        return self.floor + (1 - self.floor) * (1 - done)

    def fall_code(self) -> tuple[str, tuple[str, ...]]:
        if not self.floor:
            return "a straight fall to 0", ("return 1 - done",)

        floor = repr(self.floor)
        return (
            f"a straight fall to {100 * self.floor:.3g} % of it",
            (f"return {floor} + (1 - {floor}) * (1 - done)",),
        )
