"""The headline metric of the validation split, once an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import METRICS, Metric
from app.engine.text import number_text, percent_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.plots.base.plot import Plot, Series
from app.ui.plots.base.series import table_of
from app.ui.plots.curves.chance import Chance, chance_of
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
        self.chance = Chance()
        self.add(self.chance)
        self.validation = self.add(
            Series("validation", "validation", symbol="s", words=percent_text)
        )
        self.restyle()

    def show_record(
        self,
        record: Record,
        metric: Metric | None = None,
        unit: str = "",
        usual: int | None = None,
    ) -> None:
        """Draws a record.

        unit: of a metric that is in the amounts' own unit. usual: the class most frequent in
        training.
        """
        self.shown_metric = metric or self.shown_metric
        share = self.shown_metric.shown == "percent"
        self.left.ticks = SHARES if share else NUMBERS
        self.validation.words = (
            percent_text if share else lambda value: f"{number_text(value)} {unit}".rstrip()
        )
        self.name_axes("epoch", axis_name(self.shown_metric, unit))
        name = self.shown_metric.name
        per_epoch, epochs = epoch_axis(record)
        done = [epoch for epoch in record.epochs if name in epoch.metrics]
        self.span = (0.0, epochs)
        places = np.array([epoch.step / per_epoch for epoch in done])
        self.validation.show(places, np.array([epoch.metrics[name] for epoch in done]))
        self.chance.show_level(
            chance_of(record, self.shown_metric, usual), self.validation.y, self.span
        )
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

        return left, right, self.chance.floor(self.validation.y), 1.0

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table_of([self.validation], self.x_title)


def axis_name(metric: Metric, unit: str) -> str:
    """Returns the name of an axis for a metric, with the unit of its values."""
    return f"{metric.label} ({unit})" if unit else metric.label
