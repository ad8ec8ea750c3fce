"""Linear warm-up, then half a cosine down: Loshchilov & Hutter 2017 (arXiv:1608.03983)."""

from __future__ import annotations

import math
from typing import ClassVar

from app.engine.learning.schedule import SCHEDULES
from app.engine.learning.schedules.warm_up import WarmedUp, floor_setting


@SCHEDULES.register
class Cosine(WarmedUp):
    """Half a cosine down from the peak."""

    kind: ClassVar[str] = "cosine"
    label: ClassVar[str] = "Warm-up and cosine"
    summary: ClassVar[str] = "A short rise, then a smooth fall. The usual choice for transformers."
    explanation: ClassVar[str] = (
        "Small steps first, while the second moment is still a guess; then the peak; then ever "
        "smaller steps, so that the weights settle."
    )
    order: ClassVar[int] = 20

    floor: float = floor_setting(0.01)

    def after_warm_up(self, done: float) -> float:
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done))

    def fall_code(self) -> tuple[str, tuple[str, ...]]:
        cosine = "0.5 * (1 + math.cos(math.pi * done))"
        if not self.floor:
            return "half a cosine down to 0", (f"return {cosine}",)

        floor = repr(self.floor)
        return (
            f"half a cosine down to {100 * self.floor:.3g} % of it",
            (f"return {floor} + (1 - {floor}) * {cosine}",),
        )
