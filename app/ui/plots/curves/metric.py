"""The headline metric of the validation split, once an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import METRICS, Metric
from app.engine.text import number_text, percent_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.plots.base.plot import Plot, Series
from app.ui.plots.curves.loss import epoch_axis, marks_of

if TYPE_CHECKING:
    from app.ui.state.record import Record
    from app.ui.style.theme import Theme


class MetricPlot(Plot):
    """The metric over epochs, the best epoch ringed.

    For a share the axis ends at 100 % and begins below the first value.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_ticks=SHARES)
        self.shown_metric = METRICS["accuracy"]
        self.validation = self.add(
            Series("validation", "validation", symbol="s", words=percent_text)
        )
        self.restyle()

    def show_record(self, record: Record, metric: Metric | None = None, unit: str = "") -> None:
        """Draws a record. unit: of a metric that is in the amounts' own unit."""
        self.shown_metric = metric or self.shown_metric
        share = self.shown_metric.shown == "percent"
        self.left.ticks = SHARES if share else NUMBERS
        self.validation.words = (
            percent_text if share else lambda value: f"{number_text(value)} {unit}".rstrip()
        )
        self.marks.at_top = (
            self.shown_metric.better != "higher"
        )  # what rises leaves the bottom free
        name = self.shown_metric.name
        per_epoch, epochs = epoch_axis(record)
        done = [epoch for epoch in record.epochs if name in epoch.metrics]
        self.span = (0.0, epochs)
        places = np.array([epoch.step / per_epoch for epoch in done])
        self.validation.show(places, np.array([epoch.metrics[name] for epoch in done]))
        best = record.best
        has = best is not None and name in best.metrics
        self.set_best((best.step / per_epoch, best.metrics[name]) if has and best else None)
        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        if self.shown_metric.shown != "percent":
            return (left, right, low, high) if len(self.validation.y) else (left, right, 0.0, 1.0)
        if not len(self.validation.y):
            return left, right, 0.0, 1.0

        floor = min(0.9, np.floor(max(0.0, low - 0.25 * (1.0 - low)) * 20) / 20)
        return left, right, float(floor), 1.0
