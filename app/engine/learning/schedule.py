"""What a schedule must say of itself. A schedule is a file in `schedules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from models.spec import Choice, Registry

Memory = Mapping[str, float]
"""What a schedule remembers of the validations so far: plain finite numbers, {} at first."""


class Schedule(Choice):
    """The learning rate over the run, as a factor of the peak.

    A pure function: it is drawn before training.

    One that follows the validation says in `judged` what it remembers of it: that is kept in
    checkpoints, and what it does to the rate is the factor remembered as "scale".
    """

    order: ClassVar[int] = 100
    explanation: ClassVar[str]

    def factor(self, step: int, steps: int) -> float:
        """Factor of the peak learning rate at `step` (0-based) of a run of `steps` steps, as far as
        it is known beforehand.
        """
        raise NotImplementedError

    def judged(self, memory: Memory, loss: float) -> dict[str, float]:
        """What is remembered after an epoch with this validation loss, which may be no finite
        number. From here on the learning rate is the peak x factor x scale_of(memory).
        """
        return {}


def scale_of(memory: Memory) -> float:
    """By what the validations so far have multiplied the learning rate."""
    return memory.get("scale", 1.0)


SCHEDULES: Registry[Schedule] = Registry("schedule", "app.engine.learning.schedules")
