"""The base class of schedules: what each declares about itself. A schedule is a file."""

# ruff: noqa: ARG002 - a default may ignore an argument that overrides need
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from models.spec import Choice, Registry

ScheduleState = Mapping[str, float]
"""What a schedule remembers of the validations so far: plain finite numbers, {} at first."""


@dataclass(frozen=True)
class ScheduleCode:
    """A schedule as code.

    text: defines what the rest needs; it knows STEPS, the steps of the run. factor: the factor of
    the peak at `step`. begin: a line before the first step. after_epoch: one after each validation,
    which knows `validation_loss`. All are "" where there is nothing to do.
    """

    text: str = ""
    factor: str = ""
    begin: str = ""
    after_epoch: str = ""


class Schedule(Choice):
    """The learning rate over the run, as a factor of the peak.

    `factor` is a pure function, so that the schedule can be drawn before training.

    A schedule that follows the validation loss keeps in its state what it remembers of it. The
    state is saved in checkpoints; under "scale" it has the factor that validation adds.
    """

    order: ClassVar[int] = 100
    explanation: ClassVar[str]

    lowers_rate: ClassVar[bool] = True
    """Whether the learning rate becomes smaller in the course of a run."""

    rises_again: ClassVar[bool] = False
    """Whether it rises from near zero more than once, and the losses with it."""

    def factor(self, step: int, steps: int) -> float:
        """Returns the factor of the peak learning rate, as far as it is known before training.

        step: 0-based, of a run of `steps` steps.
        """
        raise NotImplementedError

    def after_validation(
        self,
        state: ScheduleState,
        loss: float,
    ) -> dict[str, float]:
        """Returns the state after an epoch with this validation loss, which may be not finite.

        From here on the learning rate is peak x factor x scale_of(state).
        """
        return {}

    def code(self) -> ScheduleCode:
        """Returns the schedule as code. Raises NotImplementedError where nobody has written it."""
        raise NotImplementedError(f"the schedule '{self.kind}' has no code")


def scale_of(state: ScheduleState) -> float:
    """Returns by what the validations so far have multiplied the learning rate."""
    return state.get("scale", 1.0)


SCHEDULES: Registry[Schedule] = Registry("schedule", "app.engine.learning.schedules")
