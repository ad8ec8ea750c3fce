"""What schedules that begin with a warm-up share: Goyal et al. 2017 (arXiv:1706.02677)."""

from __future__ import annotations

from typing import Any, ClassVar

from app.engine.learning.schedule import Schedule, ScheduleCode
from models.spec import setting


def floor_setting(
    default: float, help: str = "Where the learning rate ends, as a share of its peak."
) -> Any:
    """Returns the field `floor` of a schedule that falls."""
    return setting(
        default,
        label="Lowest value",
        unit="of the peak",
        ge=0.0,
        le=1.0,
        step=0.01,
        advanced=True,
        help=help,
    )


class WarmedUp(Schedule):
    """A straight rise to the peak, then whatever `after_warm_up` returns."""

    order: ClassVar[int] = 100

    warmup: float = setting(
        0.05,
        label="Warm-up",
        unit="of the run",
        ge=0.0,
        lt=1.0,
        step=0.01,
        help="The share of the run during which the learning rate rises to its peak.",
    )

    def factor(self, step: int, steps: int) -> float:
        rise = self.warmup * steps
        if step < rise:
            return (step + 1) / (rise + 1)

        return self.after_warm_up(min(1.0, (step - rise) / max(1.0, steps - 1 - rise)))

    def after_warm_up(self, done: float) -> float:
        """Returns the factor of the peak behind the warm-up.

        done: the share of what follows the warm-up that is over, 0 to 1.
        """
        raise NotImplementedError

    def code(self) -> ScheduleCode:
        what, lines = self.fall_code()
        if self.warmup:
            what = f"A straight rise over {100 * self.warmup:.3g} % of the steps, then {what}"
            rise: tuple[str, ...] = (
                f"rise = {self.warmup!r} * STEPS",
                "if step < rise:",
                "    return (step + 1) / (rise + 1)",
                "",
                "done = min(1.0, (step - rise) / max(1.0, STEPS - 1 - rise))",
            )
        else:
            what = what[:1].upper() + what[1:]
            rise = ("done = min(1.0, step / max(1.0, STEPS - 1))",)

        head = [f'"""The share of the peak rate. {what}."""', *rise, *lines]
        body = "\n".join(f"    {line}" if line else "" for line in head)
        return ScheduleCode(f"def rate_factor(step: int) -> float:\n{body}\n", "rate_factor(step)")

    def fall_code(self) -> tuple[str, tuple[str, ...]]:
        """Returns what follows the warm-up: in words, and as lines that return the factor.

        They know `done`, see after_warm_up.
        """
        raise NotImplementedError(f"the schedule '{self.kind}' has no code")
