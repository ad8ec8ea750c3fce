"""Cosine waves that grow longer: the schedule of RealMLP (Holzmüller et al. 2024)."""

from __future__ import annotations

import math
from typing import ClassVar

from app.engine.learning.schedule import SCHEDULES, Schedule, ScheduleCode
from models.spec import setting


@SCHEDULES.register
class CosineLog(Schedule):
    """0.5 * (1 - cos(2 pi log2(1 + (2^waves - 1) t))), t from 0 to 1 (arXiv:2407.04491).

    Each wave rises from 0 to the peak and falls back, and takes twice as long as the one before.
    """

    kind: ClassVar[str] = "cosine-log"
    label: ClassVar[str] = "Growing cosine waves"
    summary: ClassVar[str] = (
        "Rises and falls several times, ever more slowly. The choice of RealMLP for tables."
    )
    explanation: ClassVar[str] = (
        "Every wave tries large steps and then settles; each takes twice as long as the one "
        "before. The network is good after each wave, so that the best epoch may be an early one "
        "where rows are few."
    )
    order: ClassVar[int] = 45
    rises_again: ClassVar[bool] = True

    waves: int = setting(
        4,
        label="Waves",
        ge=1,
        le=12,
        help="How many times the learning rate rises and falls.",
    )

    def factor(self, step: int, steps: int) -> float:
        done = (step + 0.5) / steps
        return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + (2**self.waves - 1) * done)))

    def code(self) -> ScheduleCode:
        return ScheduleCode(
            "def rate_factor(step: int) -> float:\n"
            '    """The share of the peak rate: waves, each twice as long as the one before."""\n'
            "    done = (step + 0.5) / STEPS\n"
            f"    wave = math.log2(1 + {2**self.waves - 1} * done)\n"
            "    return 0.5 * (1 - math.cos(2 * math.pi * wave))\n",
            "rate_factor(step)",
        )
