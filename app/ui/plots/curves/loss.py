"""The loss over the epochs: every step thin, its average thick, validation once an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.runs.curves.thinning import Smoother
from app.ui.plots.base.marks import Mark
from app.ui.plots.base.plot import FEW, Plot, Series
from app.ui.plots.base.series import table_of
from app.ui.state.record import Curve, Record

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

SPIKE = 3.0
"""A loss so many times above what lasted three steps does not set the scale; it is still drawn."""


def epoch_axis(record: Record) -> tuple[float, float]:
    """Returns the steps per epoch and the planned epochs, as far as they are known."""
    if record.prepared is not None:
        return float(max(1, record.prepared.steps_per_epoch)), float(record.prepared.epochs)

    if record.epochs:
        last = record.epochs[-1]
        return max(1.0, last.step / last.epoch), float(last.epoch)

    return float(max(1, len(record.steps))), 1.0


class LossPlot(Plot):
    """The losses of a record; `show_record` may be called ten times a second."""

    def __init__(self, theme: Theme, smoothing: float) -> None:
        super().__init__(theme, y_title="loss")
        self.raw = self.add(
            Series("each batch", "training_raw", width=1, smooth=False, legend=False)
        )
        self.average = self.add(Series("training", "training", limit=300, average=True))
        self.validation = self.add(Series("validation", "validation", symbol="s"))
        self._record: Record | None = None
        self._begin(smoothing)
        self.restyle()

    def _begin(self, factor: float) -> None:
        """Starts new averages.

        An average looks back, so it belongs at the average of the steps it was taken over: both are
        smoothed.
        """
        self._factor = factor
        self._last = 0.0
        self._losses = Smoother(factor)
        self._steps = Smoother(factor)
        self._smoothed = Curve()
        self._places = Curve()

    def set_smoothing(self, factor: float) -> None:
        self._begin(factor)
        if self._record is not None:
            self.show_record(self._record)

    @property
    def smoothed(self) -> float:
        """The average as it stands now; NaN before the first step."""
        return float(self._smoothed.values[-1]) if len(self._smoothed) else float("nan")

    def show_record(self, record: Record) -> None:
        """Takes what is new in the record and draws it."""
        if record is not self._record:
            self._record = record
            self._begin(self._factor)
            self._set_following(True)

        self._average(record)
        per_epoch, epochs = epoch_axis(record)
        x = record.steps.values / per_epoch
        self.span = (0.0, epochs)
        self.raw.show(x, record.losses.values)
        self.average.show(self._places.values / per_epoch, self._smoothed.values)
        self.average.visible = len(x) >= 2
        done = record.epochs
        self.validation.show(
            np.array([epoch.step / per_epoch for epoch in done]),
            np.array([epoch.validation_loss for epoch in done]),
        )

        best = record.best
        self.set_best((best.step / per_epoch, best.validation_loss) if best else None)
        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def _average(self, record: Record) -> None:
        """Takes the new steps into the average; all of them anew where some were done again."""
        known = len(self._smoothed)
        steps = record.steps.values
        if known and (known > len(steps) or steps[known - 1] != self._last):
            self._begin(self._factor)
            known = 0

        losses = record.losses.values[known:]
        new = steps[known:]
        if len(new):
            self._last = float(new[-1])
            self._smoothed.extend(self._losses(losses))
            places = self._steps(np.where(np.isfinite(losses), new, np.nan))
            self._places.extend(np.where(np.isnan(places), new, places))

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Returns one row a step; the average stands beside the last step that is in it."""
        average = Series("training (smoothed)", "training")
        average.show(self.raw.x, self._smoothed.values)
        return table_of([self.raw, average, self.validation], self.x_title)

    def limits(self) -> tuple[float, float, float, float]:
        """Returns limits from zero to the highest value, but for one wild batch."""
        left, right, low, high = super().limits()
        losses = self.raw.y[np.isfinite(self.raw.y)]
        if len(losses) >= FEW:
            lasting = np.minimum(np.minimum(losses[:-2], losses[1:-1]), losses[2:]).max()
            validation = self.validation.y[np.isfinite(self.validation.y)]
            steady = max(float(lasting), float(validation.max()) if len(validation) else 0.0)
            high = 1.3 * steady if high > SPIKE * steady > 0 else high

        return left, right, (low if self.log else min(0.0, low)), high


def marks_of(record: Record, per_epoch: float) -> list[Mark]:
    """Returns the vertical lines of a record: what was noted while it ran, and a divergence."""
    marks = [Mark(step / per_epoch, text) for step, text in record.marks]
    if record.finished is not None and record.finished.status == "diverged" and len(record.steps):
        marks.append(Mark(float(record.steps.values[-1]) / per_epoch, "diverged"))

    return marks
