"""Reduce on plateau: the learning rate drops where the validation loss falls no more."""

from __future__ import annotations

import math
from typing import ClassVar

from typing_extensions import override

from app.engine.learning.schedule import SCHEDULES, Schedule, ScheduleCode, ScheduleState, scale_of
from models.spec import setting


@SCHEDULES.register
class Plateau(Schedule):
    """Works as torch.optim.lr_scheduler.ReduceLROnPlateau; the run's progress keeps its state."""

    kind: ClassVar[str] = "plateau"
    label: ClassVar[str] = "Reduce on plateau"
    summary: ClassVar[str] = (
        "Drops when the validation loss stands still. For runs of unknown length."
    )
    explanation: ClassVar[str] = (
        "The same learning rate while the validation loss falls; once it has not fallen for some "
        "epochs, a smaller one. When that happens is not known beforehand. A run can be made "
        "longer without regret."
    )
    order: ClassVar[int] = 35

    patience: int = setting(
        3,
        label="Patience",
        unit="epochs without improvement",
        ge=0,
        le=1000,
        help="This many epochs in a row may be no better; after one more the learning rate drops.",
    )
    reduction: float = setting(
        0.3,
        label="Drops to",
        unit="of the value before",
        gt=0.0,
        lt=1.0,
        step=0.05,
        help="What a drop multiplies the learning rate by.",
    )
    threshold: float = setting(
        1e-4,
        label="Least improvement",
        unit="of the loss",
        ge=0.0,
        lt=1.0,
        logarithmic=True,
        advanced=True,
        help="The validation loss must fall by this share of the best one to count as better.",
    )
    cooldown: int = setting(
        0,
        label="Rest after a drop",
        unit="epochs",
        ge=0,
        le=1000,
        advanced=True,
        help="This many epochs after a drop are not counted.",
    )
    floor: float = setting(
        1e-3,
        label="Lowest value",
        unit="of the peak",
        ge=0.0,
        le=1.0,
        logarithmic=True,
        advanced=True,
        help="The learning rate drops no further than this share of its peak.",
    )

    @override
    def factor(self, step: int, steps: int) -> float:
        return 1.0

    def after_validation(self, state: ScheduleState, loss: float) -> dict[str, float]:
        """Returns the new state.

        "best": the best loss, once there is a finite one. "waited": epochs without a better one.
        "rest": epochs still to rest. "scale": the factor of the learning rate.
        """
        best = state.get("best")
        scale = scale_of(state)
        waited = state.get("waited", 0.0)
        rest = state.get("rest", 0.0)

        if math.isfinite(loss) and (best is None or loss < best - self.threshold * abs(best)):
            best = float(loss)
            waited = 0.0
        else:
            waited += 1

        if rest > 0:
            rest -= 1
            waited = 0.0

        if waited > self.patience:
            scale = max(scale * self.reduction, self.floor)
            rest = float(self.cooldown)
            waited = 0.0

        new_state = {"scale": scale, "waited": waited, "rest": rest}
        return new_state if best is None else new_state | {"best": best}

    def code(self) -> ScheduleCode:
        rest = ("", "", "")
        if self.cooldown:
            rest = (
                "        self.rest = 0\n",
                "        if self.rest:\n            self.rest -= 1\n            self.waited = 0\n",
                f"            self.rest = {self.cooldown}\n",
            )
        floor = repr(self.floor)
        return ScheduleCode(
            "class Plateau:\n"
            '    """Lowers the learning rate where the validation loss falls no more."""\n\n'
            "    def __init__(self) -> None:\n"
            "        self.scale = 1.0\n"
            "        self.best = math.inf\n"
            f"        self.waited = 0\n{rest[0]}\n"
            "    def after_validation(self, loss: float) -> None:\n"
            '        """Counts the epochs without a better loss, and drops after too many."""\n'
            f"        if loss < self.best - {self.threshold!r} * abs(self.best)"
            " or self.best == math.inf:\n"
            "            self.best, self.waited = loss, 0\n"
            "        else:\n"
            f"            self.waited += 1\n{rest[1]}"
            f"        if self.waited > {self.patience}:\n"
            f"            self.scale = max(self.scale * {self.reduction!r}, {floor})\n"
            f"            self.waited = 0\n{rest[2]}",
            factor="plateau.scale",
            begin="plateau = Plateau()",
            after_epoch="plateau.after_validation(validation_loss)",
        )
