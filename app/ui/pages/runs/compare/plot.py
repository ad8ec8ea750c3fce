"""The plot of a comparison: fifty curves of any length, at any zoom at once.

Each curve keeps its extremes in ever longer stretches, so a frame takes a few hundred points of it.
Items are pyqtgraph's plain curves: its PlotDataItem takes 0.3 ms to be given values, fifty times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPolygonF
from PySide6.QtWidgets import QGraphicsPolygonItem

from app.engine.learning.metrics import metric_text
from app.engine.runs.curves.robust_range import robust_range
from app.engine.runs.curves.thinning import for_log
from app.engine.text import number_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.pages.runs.compare.nearest import NearestReadout
from app.ui.plots.base.legend import Entry, dashed
from app.ui.plots.base.marks import Mark
from app.ui.plots.base.plot import EMPTY, Plot, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.learning.metrics import Metric
    from app.ui.pages.runs.compare.drawn import Drawing, DrawnCurve
    from app.ui.style.theme import Theme

MOST_POINTS = 16_000
"""Points of all curves together in a frame; of each LEAST_POINTS at least."""

LEAST_POINTS = 200
DASHED_POINTS = 300
"""Points of a dashed curve: dashes are slow to draw where there are many."""

FEW = 8
"""Curves up to which they are thick, smooth and named in the plot."""

DOTS = 30
"""A curve of so few points has dots."""

BAND = 48
"""Opacity of a band, of 255."""


@dataclass(frozen=True)
class Look:
    """How a curve looks: its colour, and the dashes of its line."""

    color: QColor
    dash: tuple[float, ...] = ()


@dataclass(eq=False)
class CompareSeries(Series):
    """One curve. look: its colours. few: there are few curves. strong: it is pointed out."""

    curve: DrawnCurve | None = None
    band: Any = None
    look: Look = field(default_factory=lambda: Look(QColor("#000000")))
    few: bool = True
    strong: bool = False
    most: int = DASHED_POINTS

    def take(self, curve: DrawnCurve | None) -> None:
        """Takes a curve; None for none."""
        self.curve = curve
        self.changed = True
        self.name = curve.name if curve is not None else ""
        self.x = curve.pyramid.x if curve is not None else EMPTY
        self.y = curve.pyramid.y if curve is not None else EMPTY

    def draw(self, view: tuple[float, float] | None, log: bool, pixel: float) -> None:
        del pixel
        drawn_as = (view, log, self.visible, self.most)
        if not self.changed and drawn_as == self._drawn_as:
            return

        self.changed = False
        self._drawn_as = drawn_as
        if self.curve is None or not self.visible or not len(self.x):
            self.item.setData(EMPTY, EMPTY)
            self.band.setPolygon(QPolygonF())
            return

        left, right = view if view is not None else (float(self.x[0]), float(self.x[-1]))
        x, y = self.curve.pyramid.part(left, right, self.most)
        y = for_log(y) if log else y
        known = np.isfinite(y)
        self.drawn = len(x)
        if not known.any():
            self.item.setData(EMPTY, EMPTY)
        elif known.all():
            self.item.setData(x, y, connect="all")
        else:
            self.item.setData(x, y, connect="finite")

        self._draw_band(log)

    def _draw_band(self, log: bool) -> None:
        curve = self.curve
        if curve is None or curve.low is None or curve.high is None:
            self.band.setPolygon(QPolygonF())
            return

        low = for_log(curve.low) if log else curve.low
        high = for_log(curve.high) if log else curve.high
        known = np.isfinite(low) & np.isfinite(high)
        x = self.x[known]
        around = np.concatenate([x, x[::-1]])
        ends = np.concatenate([high[known], low[known][::-1]])
        polygon = pg.functions.create_qpolygonf(len(around))
        memory = pg.functions.ndarray_from_qpolygonf(polygon)
        memory[:, 0] = around
        memory[:, 1] = ends
        self.band.setPolygon(polygon)

    def restyle(self, theme: Theme) -> None:
        width = theme.line_width((2 if self.few else 1) + (1 if self.strong else 0))
        self.item.setPen(dashed(self.look.color, width, self.look.dash if self.few else ()))
        self.item.opts["antialias"] = self.few or self.strong
        # Else dashes would begin anew at every point.
        self.item.setSegmentedLineMode("off" if self.few and self.look.dash else "on")
        self.item.setZValue(40 if self.strong else 1)
        color = QColor(self.look.color)
        color.setAlpha(BAND)
        self.band.setBrush(color)
        self.band.setPen(Qt.PenStyle.NoPen)

    def entry(self, theme: Theme) -> Entry:
        del theme
        return Entry(self.name, self.look.color.name(), self.width, self.look.dash)


class ComparePlot(Plot):
    """The curves of a comparison. cut(count): so many curves go beyond the axis now."""

    cut = Signal(int)
    readout_class = NearestReadout

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_title="validation loss")
        self.show_all = False
        self.share = False
        self.words: Callable[[float], str] = number_text
        self._strong: frozenset[int] = frozenset()
        self._beyond = 0
        self._dots = pg.ScatterPlotItem(pen=None)
        self._dots.setZValue(30)
        self.addItem(self._dots, ignoreBounds=True)
        self.restyle()

    def add(self, series: Series) -> Series:
        """Adds a series; its items live as long as the plot."""
        assert isinstance(series, CompareSeries)
        series.item = pg.PlotCurveItem()
        series.band = QGraphicsPolygonItem()
        series.band.setZValue(-1)
        self.series.append(series)
        self.addItem(series.band, ignoreBounds=True)
        self.addItem(series.item, ignoreBounds=True)
        return series

    # --- what is shown

    def show_drawing(
        self, drawing: Drawing, looks: Sequence[Look], metric: Metric | None, unit: str = ""
    ) -> None:
        """Shows these curves.

        looks: one for each curve. metric: None for a loss. unit: of amounts.
        """
        count = len(drawing.curves)
        while len(self.series) < count:
            self.add(CompareSeries("", "text", limit=MOST_POINTS))

        few = count <= FEW
        most = max(LEAST_POINTS, MOST_POINTS // max(1, count))
        self.share = metric is not None and metric.shown == "percent"
        self.words = (
            partial(metric_text, metric.name, unit=unit) if metric is not None else number_text
        )
        for number, series in enumerate(self.series):
            assert isinstance(series, CompareSeries)
            there = number < count
            series.take(drawing.curves[number] if there else None)
            series.visible = there
            series.legend = few
            series.few = few
            series.most = DASHED_POINTS if few and there and looks[number].dash else most
            series.words = self.words
            if there:
                series.look = looks[number]
                series.strong = bool(self._strong & set(drawing.curves[number].members))

            series.restyle(self.theme)

        self.left.ticks = SHARES if self.share else NUMBERS
        self._place_dots()
        self.set_marks(_ends(drawing.curves))
        self.refresh()

    def set_log(self, log: bool) -> None:
        super().set_log(log)
        self._place_dots()

    def _place_dots(self) -> None:
        """Marks the values of short curves; of a lone value no line is seen."""
        places, values, brushes = [EMPTY], [EMPTY], []
        for series in self.series:
            known = np.isfinite(series.y)
            count = int(known.sum())
            if not series.visible or not (count == 1 or (series.legend and count < DOTS)):
                continue

            assert isinstance(series, CompareSeries)
            places.append(series.x[known])
            values.append(series.y[known])
            brushes += [series.look.color] * count

        y = np.concatenate(values)
        y = for_log(y) if self.log else y
        there = np.isfinite(y)
        kept = [brush for brush, known in zip(brushes, there.tolist(), strict=True) if known]
        self._dots.setData(
            x=np.concatenate(places)[there],
            y=y[there],
            brush=kept,
            size=self.theme.plot_px(6),
        )

    def set_strong(self, members: frozenset[int]) -> None:
        """Points out the curves of these runs."""
        if members == self._strong:
            return

        self._strong = members
        for series in self.series:
            assert isinstance(series, CompareSeries)
            strong = series.curve is not None and bool(members & set(series.curve.members))
            if strong != series.strong:
                series.strong = strong
                series.restyle(self.theme)

    def set_show_all(self, show_all: bool) -> None:
        """Shows every value, also of curves that flatten the others."""
        self.show_all = show_all
        self.follow()

    def limits(self) -> tuple[float, float, float, float]:
        shown = [series for series in self.series if series.visible and len(series.x)]
        left = min((float(series.x[0]) for series in shown), default=0.0)
        right = max((float(series.x[-1]) for series in shown), default=1.0)
        extents = [
            extent
            for series in shown
            if isinstance(series, CompareSeries)
            and series.curve is not None
            and (extent := series.curve.log_extent if self.log else series.curve.extent) is not None
        ]
        low, high, beyond = robust_range(extents, self.show_all or self.share)
        if beyond != self._beyond:
            self._beyond = beyond
            self.cut.emit(beyond)
        if self.log:
            low = 10.0 ** min(low, 300.0)
            high = 10.0 ** min(high, 300.0)
        if self.share:
            low = max(0.0, low)
            high = min(1.0, high)

        left = min(left, 0.0)
        return left, max(right, left + 1e-9), low, high

    # --- what is said

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Returns one row a point of any curve: the curve, its place and its value."""
        rows = [
            [series.name, repr(float(x)), repr(float(y))]
            for series in self.series
            if series.visible
            for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True)
            if math.isfinite(y)
        ]
        return ["curve", self.x_title, self.y_title], rows


def _ends(curves: Sequence[DrawnCurve]) -> list[Mark]:
    """Returns the place where the shortest curve ends, where others go on."""
    ends = [curve.end for curve in curves if np.isfinite(curve.end)]
    if len(ends) < 2 or max(ends) - min(ends) < 1e-3 * max(abs(end) for end in ends):
        return []

    return [Mark(min(ends), "shortest run ends")]
