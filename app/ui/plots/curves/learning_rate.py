"""The learning rate: as it was, step by step, and as a schedule plans it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.schedule import scale_of
from app.engine.runs.live_changes import RATE_FACTOR
from app.ui.plots.base.plot import EMPTY, Plot, Series
from app.ui.plots.curves.loss import epoch_axis, marks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.state.record import Record
    from app.ui.style.theme import Theme

DRAWN = 400
"""Points of a planned schedule; it is smooth."""


class LearningRatePlot(Plot):
    """The learning rate of a record over its epochs, the plan in grey.

    Where it was changed, the rest of the plan is also drawn as it will be.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_title="learning rate")
        self.plan = self.add(Series("planned", "secondary", width=1, smooth=False, dots=False))
        self.ahead = self.add(
            Series("as changed", "validation", width=1, dash=(6, 3), smooth=False, dots=False)
        )
        self.rate = self.add(Series("learning rate", "training"))
        self.now = self.add(Series("now", "training", symbol="o", legend=False))
        self.restyle()

    def show_record(self, record: Record, resolved: ResolvedExperiment | None) -> None:
        per_epoch, epochs = epoch_axis(record)
        self.span = (0.0, epochs)

        if resolved is not None and record.prepared is not None:
            validation = [epoch.validation_loss for epoch in record.epochs]
            plan = planned(resolved, record.prepared.steps, per_epoch, validation)
            self.plan.show(*plan)
            self.ahead.show(*to_come(record, *plan, per_epoch))

        steps = record.steps.values / per_epoch
        rates = record.rates.values
        self.rate.show(steps, rates)
        self.now.show(*((steps[-1:], rates[-1:]) if record.finished is None else (EMPTY, EMPTY)))
        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        return left, right, (low if self.log else 0.0), high


def to_come(
    record: Record, places: np.ndarray, rates: np.ndarray, per_epoch: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rest of the plan, (n,) epochs and rates, times the factor it was changed by.

    Empty where it was not changed, and where the run has ended.
    """
    factor = record.in_force().get(RATE_FACTOR)
    if factor is None or factor == 1 or record.finished is not None or not len(record.steps):
        return EMPTY, EMPTY

    rest = places >= record.steps.values[-1] / per_epoch
    return places[rest], rates[rest] * factor


class SchedulePlot(Plot):
    """A schedule before training: the learning rate over the planned epochs.

    Where a schedule follows the validation, `lowest` is drawn too: as if its loss never fell. The
    truth will lie between.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_title="learning rate")
        self.lowest = self.add(
            Series("at the least", "secondary", width=1, dash=(6, 3), smooth=False, dots=False)
        )
        self.rate = self.add(Series("learning rate", "accent", dots=False))
        self.setMouseEnabled(x=False, y=False)
        self.restyle()

    def show_plan(self, resolved: ResolvedExperiment, examples: int) -> None:
        """Draws the schedule.

        resolved: every setting filled in. examples: of the training split.
        """
        batch = resolved.training.step_size
        epochs = resolved.training.epochs
        per_epoch = max(1, -(-examples // batch))
        self.span = (0.0, float(epochs))
        steps = per_epoch * epochs
        places, rates = planned(resolved, steps, per_epoch)
        below = planned(resolved, steps, per_epoch, [1.0] * epochs)[1]
        self.rate.show(places, rates)
        self.lowest.show(*((EMPTY, EMPTY) if np.array_equal(below, rates) else (places, below)))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, _, high = super().limits()
        return left, right, 0.0, high


def planned(
    resolved: ResolvedExperiment, steps: int, per_epoch: float, validation: Sequence[float] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Returns (n,) epochs and learning rates of a schedule over `steps` steps.

    validation: the validation losses of the epochs so far; the rest is planned as if no later
    validation changed the schedule.
    """
    places = np.unique(np.linspace(0, max(0, steps - 1), min(steps, DRAWN)).astype(int))
    schedule = resolved.schedule
    peak = resolved.optimizer.peak_rate()

    memory: dict[str, float] = {}
    scales = [1.0]
    for loss in validation:
        memory = schedule.after_validation(memory, loss)
        scales.append(scale_of(memory))

    done = np.minimum((places / per_epoch).astype(int), len(scales) - 1)
    factors = np.array([schedule.factor(int(step), steps) for step in places])
    return (places + 1) / per_epoch, peak * factors * np.array(scales)[done]
