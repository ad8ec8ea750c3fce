"""Linear warm-up, then half a cosine down (Loshchilov & Hutter 2017, arXiv:1608.03983)."""

from __future__ import annotations

import math
from typing import ClassVar

from app.engine.learning.choices import SCHEDULES, Schedule
from models.spec import setting


@SCHEDULES.register
class Cosine(Schedule):
    kind: ClassVar[str] = "cosine"
    label: ClassVar[str] = "Warm-up and cosine"
    summary: ClassVar[str] = "A short rise, then a smooth fall. The usual choice for transformers."
    explanation: ClassVar[str] = (
        "Small steps first, while the second moment is still a guess; then the peak; then ever smaller steps, "
        "so that the weights settle."
    )
    order: ClassVar[int] = 20

    warmup: float = setting(
        0.05,
        label="Warm-up",
        unit="of the run",
        ge=0.0,
        lt=1.0,
        step=0.01,
        help="The share of the run during which the learning rate rises to its peak.",
    )
    floor: float = setting(
        0.01,
        label="Lowest value",
        unit="of the peak",
        ge=0.0,
        le=1.0,
        step=0.01,
        advanced=True,
        help="Where the learning rate ends, as a share of its peak.",
    )

    def factor(self, step: int, steps: int) -> float:
        rise = self.warmup * steps
        if step < rise:
            return (step + 1) / (rise + 1)
        done = (step - rise) / max(1.0, steps - 1 - rise)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
