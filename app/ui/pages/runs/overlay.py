"""One plot over which up to five runs are laid.

Colour, dash, marker and a name at the end tell them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF

from app.engine.text import percent_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.pages.runs.entries import Entry, common_metric
from app.ui.plots.base.axis import Axis
from app.ui.plots.base.captioned import CaptionedCanvas
from app.ui.plots.curves.chance import far
from app.ui.style.theme import SERIES, Theme
from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from app.engine.learning.metrics import Metric

DASHES: tuple[list[float], ...] = ([], [6, 3], [2, 2], [9, 3, 2, 3], [12, 4])
MARKERS = ("o", "s", "t1", "d", "x")
SERIES_DARK = ("#56b4e9", "#f0a05a", "#45c48b", "#e2a3c9", "#f0c35a")
MOST = len(SERIES)

GUESSING = MOST
"""The number of the name of the line of chance, after those of the runs."""


def series_color(theme: Theme, number: int) -> QColor:
    """Returns the colour of the n-th run, with contrast on light and on dark."""
    return QColor((SERIES_DARK if theme.dark else SERIES)[number % MOST])


class _Epochs(Axis):
    """An axis of whole epochs up to the last; the room behind it is for names."""

    last = 1.0

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        levels = super().tickValues(minVal, maxVal, size)
        return [
            (spacing, [value for value in values if 0 < value <= self.last])
            for spacing, values in levels
        ]


class Overlay(CaptionedCanvas):
    """A plot of the loss or of the headline metric on validation, for each epoch.

    The items of the plot are made once, because to make them takes long.
    """

    bottom_axis = _Epochs

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, x_whole=True, y_title="validation loss")
        self._entries: list[Entry] = []
        self._quantity = "loss"
        self._metric: Metric | None = None
        self.setObjectName("runs.overlay")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(x=False, y=False)
        self._curves = [self._curve() for _ in range(MOST)]
        self._rings = pg.ScatterPlotItem()
        self.addItem(self._rings, ignoreBounds=True)

        self._chance = self._curve()
        self._names = [pg.TextItem(anchor=(0, 0.5)) for _ in range(MOST + 1)]
        for name in self._names:
            self.addItem(name, ignoreBounds=True)

        theme.changed.connect(self._restyle)
        self._restyle()

    def _curve(self) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(connect="finite")
        self.addItem(curve, ignoreBounds=True)
        return curve

    def show_runs(self, entries: Sequence[Entry], quantity: str) -> None:
        self._entries = list(entries[:MOST])
        self._quantity = quantity
        self._metric = common_metric(self._entries) if quantity == "figure" else None
        self.left.ticks = (
            SHARES if self._metric is not None and self._metric.shown == "percent" else NUMBERS
        )
        what = self._metric.label if self._metric is not None else "loss"
        self.name_axes("epoch", f"validation {what}")
        self._draw()

    def _values(self, entry: Entry) -> np.ndarray:
        return entry.figures if self._quantity == "figure" else entry.losses

    def _restyle(self) -> None:
        if self.getPlotItem() is None:
            return  # it was closed

        self.setBackground(self.theme.color("surface"))
        for axis in (self.left, self.bottom):
            axis.restyle(self.theme)

        self.setMinimumSize(self.theme.px(240), self.theme.px(150))
        self.arrange()
        self._draw()

    def _draw(self) -> None:
        theme = self.theme
        rings: list[dict[str, Any]] = []
        for number, curve in enumerate(self._curves):
            if number >= len(self._entries):
                curve.setData([], [])
                continue

            entry = self._entries[number]
            color = series_color(theme, number)
            values = self._values(entry)

            pen = pg.mkPen(color, width=theme.line_width(2))
            if DASHES[number]:
                pen.setDashPattern(DASHES[number])

            few = len(values) <= 40 or not np.isfinite(values).all()  # a lone value has no line
            curve.setData(
                np.arange(1, len(values) + 1),
                values,
                pen=pen,
                antialias=True,
                symbol=MARKERS[number] if few else None,
                symbolSize=theme.plot_px(6),
                symbolBrush=color,
                symbolPen=color,
            )

            best = entry.best_epoch
            if 0 < best <= len(values) and np.isfinite(values[best - 1]):
                rings.append(
                    {
                        "pos": (best, values[best - 1]),
                        "size": theme.plot_px(13),
                        "brush": None,
                        "pen": pg.mkPen(theme.color("best"), width=theme.line_width(2)),
                    }
                )

        self._rings.setData(rings)
        self._draw_chance()
        self._limits()
        self._label()
        names = ", ".join(entry.name for entry in self._entries)
        what = self._metric.label if self._metric is not None else "loss"
        self.setAccessibleName(f"Validation {what} of {names}" if names else "No runs chosen")

    # --- what guessing reaches

    @property
    def chance(self) -> float | None:
        """What guessing reaches; None where it is not the same for all runs, or not accuracy."""
        if self._metric is None or self._metric.name != "accuracy":
            return None

        levels = [entry.chance for entry in self._entries if entry.chance is not None]
        same = len(levels) == len(self._entries) and len(set(map(percent_text, levels))) == 1
        return levels[0] if same else None

    @property
    def _chance_is_far(self) -> bool:
        """Whether the line of chance would squeeze the curves."""
        values = self._known()
        return self.chance is not None and len(values) > 0 and far(values.min(), self.chance)

    def _draw_chance(self) -> None:
        if self.chance is None or self._chance_is_far:
            self._chance.setData([], [])
            return

        pen = pg.mkPen(self.theme.color("secondary"), width=self.theme.line_width(1))
        pen.setDashPattern([4, 3])
        last = max(len(self._values(entry)) for entry in self._entries)
        self._chance.setData([1, max(2, last)], [self.chance] * 2, pen=pen)

    def _known(self) -> np.ndarray:
        """Returns all values that are drawn: (n,)."""
        known = [values[np.isfinite(values)] for values in map(self._values, self._entries)]
        return np.concatenate(known) if known else np.zeros(0)

    # --- the room

    def _limits(self) -> None:
        """Lets the view hold every point, and room on the right for the names."""
        points = self._known()
        if self.chance is not None and not self._chance_is_far:
            points = np.append(points, self.chance)

        last = max((len(self._values(entry)) for entry in self._entries), default=1)
        self.bottom.last = last
        low, high = (float(points.min()), float(points.max())) if len(points) else (0.0, 1.0)
        margin = 0.08 * (high - low) or 0.05 * abs(high) or 0.5
        of_hundred = self._metric is not None and self._metric.shown == "percent"
        top = min(high + margin, 1.0 + margin / 2) if of_hundred else high + margin
        metrics = QFontMetricsF(self.theme.plot_font(12, bold=True))
        texts = [*map(self._short, self._entries), self._chance_words]
        names = max(map(metrics.horizontalAdvance, texts))
        room = max(1.0, float(self.box.width()))
        share = min(0.5, (names + self.theme.plot_px(24)) / room)
        span = max(1.0, last - 1.0)
        self.setXRange(1 - 0.03 * span, 1 + span / (1 - share), padding=0)
        self.setYRange(low - margin, top, padding=0)

    @property
    def _chance_words(self) -> str:
        if self.chance is None:
            return ""

        below = ", below" if self._chance_is_far else ""
        return f"guessing: {percent_text(self.chance)}{below}"

    def _short(self, entry: Entry) -> str:
        metrics = QFontMetricsF(self.theme.plot_font(12, bold=True))
        room = max(self.theme.plot_px(60), self.width() * 0.34)
        return alike(shown.name for shown in self._entries).short(entry.name, metrics, room)

    def _label(self) -> None:
        """Puts the names into the margin, at the height of the last points.

        They are moved apart where they would lie on one another.
        """
        (x0, x1), (y0, y1) = self.viewRange()
        height = max(1.0, float(self.plotItem.vb.height()))
        line = QFontMetricsF(self.theme.plot_font(12)).height() * (y1 - y0) / height

        places: list[tuple[float, float, int]] = []
        if self.chance is not None:
            end = max(2, max(len(self._values(entry)) for entry in self._entries))
            places.append((max(self.chance, y0), float(end), GUESSING))

        for number, entry in enumerate(self._entries):
            known = np.flatnonzero(np.isfinite(self._values(entry)))
            if len(known):
                places.append((float(self._values(entry)[known[-1]]), float(known[-1] + 1), number))

        places.sort()
        heights = spread([place[0] for place in places], line, y0 + line / 2, y1 - line / 2)

        for name in self._names:
            name.setVisible(False)

        last = max((place[1] for place in places), default=1.0)
        gap = self.theme.plot_px(8) * (x1 - x0) / max(1.0, float(self.plotItem.vb.width()))
        for (_, _, number), y in zip(places, heights, strict=True):
            name = self._names[number]
            if number == GUESSING:
                name.setText(self._chance_words, color=self.theme.color("secondary"))
            else:
                entry = self._entries[number]
                name.setText(self._short(entry), color=series_color(self.theme, number))
            name.setFont(self.theme.plot_font(12, bold=number != GUESSING))
            name.setPos(last + gap, y)
            name.setVisible(True)

    def resizeEvent(self, ev: QResizeEvent) -> None:
        super().resizeEvent(ev)
        # pyqtgraph resizes in its constructor, and when a plot is closed.
        if hasattr(self, "_names") and self.getPlotItem() is not None:
            self._limits()
            self._label()


def spread(wanted: list[float], distance: float, low: float, high: float) -> list[float]:
    """Moves ascending places apart by at least `distance`.

    They stay as near to their places as may be, and within low and high where they fit.
    """
    groups: list[list[float]] = []  # [sum of wanted middles, members]
    for value in wanted:
        groups.append([value, 1])
        while len(groups) > 1:
            (s1, n1) = groups[-2]
            (s2, n2) = groups[-1]
            if s2 / n2 - s1 / n1 >= distance * (n1 + n2) / 2:
                break

            groups[-2:] = [[s1 + s2, n1 + n2]]

    placed: list[float] = []
    for total, members in groups:
        reach = distance * (members - 1) / 2
        middle = min(max(total / members, low + reach), max(low + reach, high - reach))
        placed += [middle - reach + distance * i for i in range(int(members))]

    return placed
