"""The headline metric of the validation split, once an epoch."""

from __future__ import annotations

import numpy as np

from app.ui.amounts import percent_text
from app.ui.plots.axis import percent
from app.ui.plots.base import Plot, Series
from app.ui.plots.loss import epoch_axis, marks_of
from app.ui.record import Record
from app.ui.theme import Theme


class AccuracyPlot(Plot):
    """Accuracy over epochs, the best one ringed. The axis ends at 100 % and begins below the first value."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_words=percent)
        self.validation = self.add(Series("validation", "validation", symbol="s", words=percent_text))
        self.restyle()

    def show_record(self, record: Record) -> None:
        per_epoch, epochs = epoch_axis(record)
        done = [epoch for epoch in record.epochs if "accuracy" in epoch.metrics]
        self.span = (0.0, epochs)
        places = np.array([epoch.step / per_epoch for epoch in done])
        self.validation.show(places, np.array([epoch.metrics["accuracy"] for epoch in done]))
        best = record.best
        has = best is not None and "accuracy" in best.metrics
        self.set_best((best.step / per_epoch, best.metrics["accuracy"]) if has and best else None)
        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, _ = super().limits()
        if not len(self.validation.y):
            return left, right, 0.0, 1.0
        floor = np.floor(max(0.0, low - 0.25 * (1.0 - low)) * 20) / 20
        return left, right, float(floor), 1.0
