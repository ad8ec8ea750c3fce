"""The curves of a race over one another, by examples seen.

Colour, dash, marker and name tell the members apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import metric_text
from app.engine.runs.curves.thinning import Smoother
from app.engine.text import number_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.pages.runs.overlay import DASHES, MARKERS, series_color
from app.ui.plots.base.legend import Entry, dashed
from app.ui.plots.base.plot import EMPTY, FEW, Plot, Series
from app.ui.plots.curves.chance import Chance, chance_of
from app.ui.plots.curves.loss import SPIKE
from app.ui.state.record import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.learning.metrics import Metric
    from app.ui.state.race import Member
    from app.ui.style.theme import Theme

DRAWN = 300
"""Points of an averaged curve: dashes are slow to draw where there are many."""


@dataclass(eq=False)
class MemberSeries(Series):
    """The curve of one member. member: its index."""

    member: int = 0

    def restyle(self, theme: Theme) -> None:
        color = series_color(theme, self.member)
        self.item.setPen(dashed(color, theme.line_width(self.width), DASHES[self.member]))
        self.item.setSymbolBrush(color)
        self.item.setSymbolPen(None)
        self.item.setSymbolSize(theme.plot_px(7))

    def entry(self, theme: Theme) -> Entry:
        """Returns what the legend says of it: with the marker, though an average has none."""
        color = series_color(theme, self.member).name()
        return Entry(self.name, color, self.width, tuple(DASHES[self.member]), MARKERS[self.member])


class RacePlot(Plot):
    """A line for each member, and a legend with the names."""

    def __init__(self, theme: Theme, count: int, marked: bool, y_title: str = "") -> None:
        """Makes a plot for `count` members. marked: each value is a point with a marker."""
        super().__init__(theme, x_title="examples seen", x_whole=False, y_title=y_title)
        self.curves = [
            MemberSeries(
                "",
                "text",
                symbol=MARKERS[index] if marked else "",
                limit=DRAWN,
                average=not marked,
                dots=False,
                member=index,
            )
            for index in range(count)
        ]
        for series in self.curves:
            self.add(series)
            # Else dashes would begin anew at every point.
            series.item.curve.setSegmentedLineMode("off")

        self.restyle()

    def name_curves(self, names: Sequence[str]) -> None:
        """Names the members; another race begins with empty curves."""
        for series, name in zip(self.curves, [*names, *[""] * len(self.curves)], strict=False):
            series.name = name
            series.show(EMPTY, EMPTY)

    def x_text(self, x: float) -> str:
        return f"{round(x):,}"

    def _finite_values(self) -> list[np.ndarray]:
        """Returns the finite values of each curve."""
        return [series.y[np.isfinite(series.y)] for series in self.curves]

    def span_of(self, members: Sequence[Member]) -> None:
        """Sets the span from the first example to the last that is planned."""
        ends = [
            float(member.record.prepared.epochs * member.record.prepared.training_examples)
            for member in members
            if member.record.prepared is not None
        ]
        self.span = (0.0, max(ends)) if ends else None


class TrainingLossPlot(RacePlot):
    """The loss of each step, averaged over equally many examples for every member."""

    def __init__(self, theme: Theme, count: int, smoothing: float) -> None:
        super().__init__(theme, count, False, "training loss")
        self._factor = smoothing
        self._averages: list[_Average] = []
        self._members: Sequence[Member] = ()

    def set_smoothing(self, factor: float) -> None:
        self._factor = factor
        self._averages = []
        self.show_members(self._members)

    def smoothed(self, member: int) -> float:
        """Returns the average of a member as it stands now; NaN before the first step."""
        values = self._averages[member].values.values if member < len(self._averages) else EMPTY
        return float(values[-1]) if len(values) else float("nan")

    def show_members(self, members: Sequence[Member]) -> None:
        """Takes what is new and draws it."""
        if members is not self._members or len(self._averages) != len(members):
            self._members = members
            sizes = [member.variant.resolved.training.step_size for member in members]
            self._averages = [_Average(self._factor ** (size / max(sizes))) for size in sizes]

        for series, member, average in zip(self.curves, members, self._averages, strict=False):
            average.take(member)
            series.show(average.places.values, average.values.values)

        self.span_of(members)
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        """Returns limits for the members that learn: one that goes out of bounds is cut off."""
        left, right, low, high = super().limits()
        tops = [float(y.max()) for y in self._finite_values() if len(y) >= FEW]
        firsts = [
            float(series.y[0])
            for series in self.curves
            if len(series.y) and np.isfinite(series.y[0])
        ]
        if tops and firsts and high > SPIKE * max(max(firsts), min(tops)):
            high = 1.3 * max(max(firsts), min(tops))

        return left, right, (low if self.log else min(0.0, low)), high


class _Average:
    """The running average of the losses of one member, and of the places it was taken over.

    It looks back, so the places are averaged too.
    """

    def __init__(self, factor: float) -> None:
        self._losses = Smoother(factor)
        self._steps = Smoother(factor)
        self.values = Curve()
        self.places = Curve()

    def take(self, member: Member) -> None:
        known = len(self.values)
        losses = member.record.losses.values[known:]
        steps = member.record.steps.values[known:]

        if len(losses):
            seen = member.examples(steps).astype(float)
            places = self._steps(np.where(np.isfinite(losses), seen, np.nan))
            self.values.extend(self._losses(losses))
            self.places.extend(np.where(np.isnan(places), seen, places))


class ValidationPlot(RacePlot):
    """The validation of every epoch: the headline metric, or the loss."""

    def __init__(self, theme: Theme, count: int) -> None:
        super().__init__(theme, count, True, "validation loss")
        self._metric: Metric | None = None
        self.chance = Chance()
        self.add(self.chance)

    def show_members(self, members: Sequence[Member], metric: Metric | None) -> None:
        """Draws the members. metric: None for the loss."""
        self._metric = metric
        share = metric is not None and metric.shown == "percent"

        self.left.ticks = SHARES if share else NUMBERS
        self.name_axes(self.x_title, f"validation {metric.label if metric else 'loss'}")
        for series, member in zip(self.curves, members, strict=False):
            series.words = partial(metric_text, metric.name) if metric is not None else number_text
            done = member.record.epochs
            values = [
                epoch.validation_loss if metric is None else epoch.metrics.get(metric.name, np.nan)
                for epoch in done
            ]

            series.show(
                member.examples(np.array([epoch.step for epoch in done], dtype=np.int64)).astype(
                    float
                ),
                np.array(values, dtype=float),
            )

        self.span_of(members)
        self._show_chance(members, metric)
        self.refresh()

    def _show_chance(self, members: Sequence[Member], metric: Metric | None) -> None:
        """Shows the line of chance where it is the same for all."""
        levels = {chance_of(member.record, metric) for member in members} if metric else set()
        level = levels.pop() if len(levels - {None}) == 1 else None
        values = np.concatenate([series.y for series in self.curves])
        self.chance.show_level(level, values, self.span or (0.0, 1.0))

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        if self._metric is not None and self._metric.shown == "percent":
            values = np.concatenate(self._finite_values())
            if len(values) and len(self.chance.y):
                return left, right, self.chance.floor(values), 1.0

            return left, right, max(0.0, low - 0.02), min(1.0, high + 0.02)

        tops = [float(y.max()) for y in self._finite_values() if len(y)]
        if self._metric is None and not self.log and tops and high > 10 * SPIKE * min(tops) > 0:
            high = SPIKE * min(tops)  # one that went out of bounds does not flatten the rest

        floors = [float(y.min()) for y in self._finite_values() if len(y)]
        if self._metric is not None and self._metric.better == "higher" and tops:
            steady = max(floors)
            most = max(tops)
            room = SPIKE * max(most - steady, 0.1 * abs(most))
            if min(floors) < steady - 10 * room:  # R² has no lowest value
                low = steady - room
                high = most + 0.1 * room

        return left, right, low, high
