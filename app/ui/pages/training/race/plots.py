"""The curves of a race over one another, by examples seen.

Colour, dash, marker and name tell the members apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QFontMetricsF

from app.engine.learning.metrics import metric_text
from app.engine.text import number_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.pages.runs.overlay import DASHES, MARKERS, series_color
from app.ui.plots.base.axis_names import AxisNames
from app.ui.plots.base.plot import EMPTY, FEW, Plot, Series
from app.ui.plots.base.reduce import Smoother
from app.ui.plots.curves.loss import SPIKE
from app.ui.state.record import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.learning.metrics import Metric
    from app.ui.state.race import Member
    from app.ui.style.theme import Theme

SIGNS = ("●", "■", "▼", "◆")
"""The markers as characters, for the legend."""

DRAWN = 300
"""Points of an averaged curve: dashes are slow to draw where there are many."""

NAME_SHARE = 0.5
"""Of the plot's width that a name in the legend may take."""

PROBED = 40
"""Points of a curve that are looked at to place the legend."""


@dataclass(eq=False)
class MemberSeries(Series):
    """The curve of one member. member: its index."""

    member: int = 0

    def restyle(self, theme: Theme) -> None:
        color = series_color(theme, self.member)
        pen = pg.mkPen(color, width=self.width)
        if DASHES[self.member]:
            pen.setDashPattern(DASHES[self.member])

        self.item.setPen(pen)
        self.item.setSymbolBrush(color)
        self.item.setSymbolPen(None)
        self.item.setSymbolSize(theme.px(7))


class RacePlot(Plot):
    """A line for each member, and a legend with the names."""

    def __init__(self, theme: Theme, count: int, marked: bool) -> None:
        """Makes a plot for `count` members. marked: each value is a point with a marker."""
        super().__init__(theme, x_title="examples seen", x_whole=False)
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

        self.axes = AxisNames("examples seen", "")
        self.axes.join(self)
        self.restyle()

    def name_curves(self, names: Sequence[str]) -> None:
        """Names the members; another race begins with empty curves."""
        for series, name in zip(self.curves, [*names, *[""] * len(self.curves)], strict=False):
            series.name = name
            series.show(EMPTY, EMPTY)

    def x_text(self, x: float) -> str:
        return f"{round(x):,}"

    def _show_legend(self) -> None:
        named = [series for series in self.curves if series.name and len(series.x)]
        font = self.theme.font(12)
        metrics = QFontMetricsF(font)
        room = NAME_SHARE * self.width()

        lines = []
        for series in named:
            color = series_color(self.theme, series.member).name()
            name = escape(metrics.elidedText(series.name, Qt.TextElideMode.ElideRight, room))
            lines.append(f'<span style="color:{color}">{SIGNS[series.member]} {name}</span>')

        text = "<br>".join(lines)
        if text != self.legend.text():
            self.legend.setText(text)

        self.legend.setVisible(bool(text))
        self._place_overlays()

    def _place_overlays(self) -> None:
        super()._place_overlays()
        if hasattr(self, "axes"):
            self.axes.place()
            self._place_legend()

    def _place_legend(self) -> None:
        """Places the legend in a corner where no curve is.

        Without one it is left out: the table below has the same signs and names.
        """
        if self.legend.isHidden():
            return

        gap = self.theme.px(8)
        legend = self.legend
        left = int(self.left.width()) + gap
        right = self.width() - legend.width() - 2 * gap
        top = self.theme.px(4)
        low = (
            self.height()
            - int(self.bottom.height())
            - legend.height()
            - self.axes.labels[0].height()
            - gap
        )

        places = [
            QRect(QPoint(x, y), legend.size())
            for x, y in ((right, top), (right, low), (left, low), (left, top))
        ]
        points = self._places_on_curves()
        free = [place for place in places if not any(place.contains(point) for point in points)]
        legend.setVisible(bool(free))

        if free:
            legend.move(free[0].topLeft())

    def _places_on_curves(self) -> list[QPoint]:
        """Returns places on the curves, between their points too, where they lie on the widget."""
        found = []
        for series in self.curves:
            known = np.isfinite(series.y) & ((series.y > 0) if self.log else True)
            x = series.x[known]
            y = np.log10(series.y[known]) if self.log else series.y[known]
            for place in np.linspace(x[0], x[-1], PROBED) if len(x) else ():
                found.append(
                    self.box.mapViewToScene(
                        QPointF(float(place), float(np.interp(place, x, y)))
                    ).toPoint()
                )

        return found

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
        super().__init__(theme, count, False)
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
        super().__init__(theme, count, True)
        self._metric: Metric | None = None

    def show_members(self, members: Sequence[Member], metric: Metric | None) -> None:
        """Draws the members. metric: None for the loss."""
        self._metric = metric
        share = metric is not None and metric.shown == "percent"

        self.left.ticks = SHARES if share else NUMBERS
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
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        if self._metric is not None and self._metric.shown == "percent":
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
