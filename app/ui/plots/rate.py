"""The learning rate: as it was, step by step, and as a schedule means it to be."""

from __future__ import annotations

import numpy as np

from app.engine.experiment import Experiment
from app.ui.plots.base import Plot, Series
from app.ui.plots.loss import epoch_axis, marks_of
from app.ui.record import Record
from app.ui.theme import Theme

DRAWN = 400
"""Points of a planned schedule; it is smooth."""


class RatePlot(Plot):
    """The learning rate of a record over its epochs, with what is planned for the rest in grey."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.plan = self.add(Series("planned", "secondary", width=1, smooth=False, dots=False))
        self.rate = self.add(Series("learning rate", "training"))
        self.restyle()

    def show_record(self, record: Record, resolved: Experiment | None) -> None:
        per_epoch, epochs = epoch_axis(record)
        self.span = (0.0, epochs)
        if resolved is not None and record.prepared is not None:
            self.plan.show(*planned(resolved, record.prepared.steps, per_epoch))
        self.rate.show(record.steps.values / per_epoch, record.rates.values)
        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        return left, right, (low if self.log else 0.0), high


class SchedulePlot(Plot):
    """A schedule before training: the learning rate over the planned epochs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.rate = self.add(Series("learning rate", "accent", dots=False))
        self.setMouseEnabled(x=False, y=False)
        self.restyle()

    def show_plan(self, resolved: Experiment, examples: int) -> None:
        """resolved: every setting filled in. examples: of the training split."""
        batch, epochs = resolved.training.batch_size or 1, resolved.training.epochs or 1
        per_epoch = max(1, -(-examples // batch))
        self.span = (0.0, float(epochs))
        self.rate.show(*planned(resolved, per_epoch * epochs, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, _, high = super().limits()
        return left, right, 0.0, high


def planned(resolved: Experiment, steps: int, per_epoch: float) -> tuple[np.ndarray, np.ndarray]:
    """(epochs, learning rates) of the schedule of a resolved experiment over `steps` steps."""
    places = np.unique(np.linspace(0, max(0, steps - 1), min(steps, DRAWN)).astype(int))
    schedule, optimizer = resolved.schedule, resolved.optimizer
    peak = float(getattr(optimizer, "learning_rate", None) or 0.0)
    factors = [schedule.factor(int(step), steps) if schedule else 1.0 for step in places]
    return (places + 1) / per_epoch, peak * np.array(factors)
