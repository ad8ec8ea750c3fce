"""One curve of a plot: how it looks and all its values, of which only a few are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from app.engine.runs.curves.thinning import LIMIT, decimate, finite, for_log, thin, with_lone_points
from app.engine.text import number_text
from app.ui.plots.base.legend import Entry, dashed

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.style.theme import Theme

FEW = 30
"""A curve of fewer points than this shows them as dots: three steps are a result too."""

EMPTY = np.empty(0)


@dataclass(eq=False)
class Series:
    """One curve: what it is called, how it looks, and all its values.

    `show` takes new values; `draw` draws them. role: of the theme. symbol: drawn at each point ("s"
    for squares), or only while there are few points (""). legend: whether it is named in the plot.
    dash: lengths of dashes and gaps, in widths of the line. fill: opaque down to zero. dots: few
    points are dots. average: it is smooth already and is drawn by the means of its stretches.
    words: returns a value as text, for the readout.
    """

    name: str
    role: str
    width: int = 2
    symbol: str = ""
    limit: int = LIMIT
    smooth: bool = True
    legend: bool = True
    dash: tuple[float, ...] = ()
    fill: bool = False
    dots: bool = True
    average: bool = False
    words: Callable[[float], str] = number_text
    x: np.ndarray = field(default_factory=lambda: EMPTY)
    y: np.ndarray = field(default_factory=lambda: EMPTY)
    item: Any = None
    drawn: int = 0
    visible: bool = True
    changed: bool = True
    _drawn_as: Any = None
    _lone: bool = False

    def show(self, x: np.ndarray, y: np.ndarray) -> None:
        """Takes new values.

        x: (n,) ascending. y: (n,), NaN and infinity are allowed.
        """
        same = (
            len(x) == len(self.x)
            and np.array_equal(x, self.x)
            and np.array_equal(y, self.y, equal_nan=True)
        )
        self.changed |= not same
        self.x = x
        self.y = y

    def draw(self, view: tuple[float, float] | None, log: bool, pixel: float) -> None:
        """Draws what can be seen: all of it, or what lies between the limits of `view`.

        pixel: the width of one on the axis. Does nothing where nothing has changed.
        """
        drawn_as = (view, log, self.visible, pixel if self._lone else 0.0)
        if not self.changed and drawn_as == self._drawn_as:
            return

        self.changed = False
        self._drawn_as = drawn_as

        x, y = (self.x, self.y) if self.visible else (EMPTY, EMPTY)
        if view is not None and len(x) > self.limit:
            first, last = np.searchsorted(x, view)
            x = x[max(0, first - 1) : last + 1]
            y = y[max(0, first - 1) : last + 1]

        y = for_log(y) if log else finite(y)
        there = ~np.isnan(y)
        if self.symbol or not there.any():  # pyqtgraph asks for the least of no values
            x = x[there]
            y = y[there]

        x, y = (thin if self.average else decimate)(x, y, self.limit)
        self.drawn = len(x)
        if not self.symbol:
            x, y = with_lone_points(x, y, 2 * pixel)
            self._lone = len(x) > self.drawn

        self.item.setSymbol(self.symbol or ("o" if self.dots and 0 < len(x) < FEW else None))
        self.item.setData(x, y, connect="finite" if np.isnan(y).any() else "all")

    def nearest(self, x: float) -> int:
        """Returns the row of the value nearest to this place; the series is not empty."""
        row = min(int(np.searchsorted(self.x, x)), len(self.x) - 1)
        return row - 1 if row and x - self.x[row - 1] < self.x[row] - x else row

    def restyle(self, theme: Theme) -> None:
        color = theme.color(self.role)
        self.item.setPen(dashed(color, theme.line_width(self.width), self.dash))

        if self.fill:
            self.item.setFillLevel(0.0)
            self.item.setFillBrush(pg.mkBrush(color))

        self.item.setSymbolBrush(color)
        self.item.setSymbolPen(None)
        self.item.setSymbolSize(theme.plot_px(7 if self.symbol else 5))

    def entry(self, theme: Theme) -> Entry:
        """Returns what the legend says of it."""
        color = theme.color(self.role).name()
        return Entry(self.name, color, self.width, self.dash, self.symbol)


def height_of(y: np.ndarray, positive: bool = False) -> tuple[float, float] | None:
    """Returns the least and the greatest finite (and positive) value of y (n,), or None."""
    low = float(y.min())
    high = float(y.max())  # NaN, if there is one, comes through
    if not (np.isfinite(low) and np.isfinite(high)) or (positive and low <= 0):
        y = y[np.isfinite(y) & ((y > 0) if positive else True)]
        if not len(y):
            return None

        low = float(y.min())
        high = float(y.max())

    return low, high


def table_of(series: list[Series], place: str) -> tuple[list[str], list[list[str]]]:
    """Returns the header and the rows of a CSV file: a row a place, a column a series.

    All values are in it, not only those drawn.
    """
    series = [curve for curve in series if len(curve.x)]
    places = np.unique(np.concatenate([curve.x for curve in series])) if series else EMPTY

    columns = []
    for curve in series:
        column = [""] * len(places)
        for row, value in zip(np.searchsorted(places, curve.x), curve.y, strict=True):
            column[row] = repr(float(value))

        columns.append(column)

    rows = [[repr(float(x)), *(column[row] for column in columns)] for row, x in enumerate(places)]
    return [place, *(curve.name for curve in series)], rows
