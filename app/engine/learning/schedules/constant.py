"""The constant schedule: the same learning rate throughout."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from app.engine.learning.schedule import SCHEDULES, Schedule, ScheduleCode


@SCHEDULES.register
class Constant(Schedule):
    """The peak from the first step to the last."""

    kind: ClassVar[str] = "constant"
    label: ClassVar[str] = "Constant"
    summary: ClassVar[str] = "The same learning rate from first to last."
    explanation: ClassVar[str] = (
        "Simple, and a run can be made longer without regret; the last bit of accuracy is lost."
    )
    order: ClassVar[int] = 30
    lowers_rate: ClassVar[bool] = False

    @override
    def factor(self, step: int, steps: int) -> float:
        return 1.0

    @override
    def code(self) -> ScheduleCode:
        return ScheduleCode()
