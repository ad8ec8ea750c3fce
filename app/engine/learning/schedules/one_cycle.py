"""One-cycle, a long rise and a long fall: Smith & Topin 2018 (arXiv:1708.07120)."""

from __future__ import annotations

import math
from typing import ClassVar

from typing_extensions import override

from app.engine.learning.schedule import SCHEDULES, Schedule, ScheduleCode
from models.spec import setting


@SCHEDULES.register
class OneCycle(Schedule):
    """Half a cosine up to the peak, then half a cosine down."""

    kind: ClassVar[str] = "one-cycle"
    label: ClassVar[str] = "One-cycle"
    summary: ClassVar[str] = "Rises high, then falls to almost nothing. Fast for CNNs."
    explanation: ClassVar[str] = (
        "A high learning rate in the middle explores; the long fall at the end does the fine work. "
        "Most of the accuracy comes in the last third, so let it finish."
    )
    order: ClassVar[int] = 10

    rise: float = setting(
        0.3,
        label="Rise",
        unit="of the run",
        gt=0.0,
        lt=1.0,
        step=0.05,
        help="The share of the run during which the learning rate rises to its peak.",
    )
    start: float = setting(
        0.04,
        label="Start",
        unit="of the peak",
        gt=0.0,
        le=1.0,
        step=0.01,
        advanced=True,
        help="Where the learning rate begins, as a share of its peak.",
    )

    def factor(self, step: int, steps: int) -> float:
        top = self.rise * max(1, steps - 1)
        if step < top:
            return _between(self.start, 1.0, step / top)

        return _between(1.0, self.start * 1e-3, (step - top) / max(1.0, steps - 1 - top))

    @override
    def code(self) -> ScheduleCode:
        return ScheduleCode(
            "def half_cosine(first: float, last: float, share: float) -> float:\n"
            '    """A value between first and last, along half a cosine."""\n'
            "    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))"
            "\n\n\n"
            "def rate_factor(step: int) -> float:\n"
            f'    """The share of the peak rate: up over {100 * self.rise:.3g} % of the steps, '
            'then down."""\n'
            f"    top = {self.rise!r} * max(1, STEPS - 1)\n"
            "    if step < top:\n"
            f"        return half_cosine({self.start!r}, 1.0, step / top)\n\n"
            f"    return half_cosine(1.0, {self.start * 1e-3!r}, "
            "(step - top) / max(1.0, STEPS - 1 - top))\n",
            "rate_factor(step)",
        )


def _between(first: float, last: float, share: float) -> float:
    """Returns a value between first and last, along half a cosine. share: 0 at first, 1 at last."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
