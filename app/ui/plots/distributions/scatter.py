"""Points in a plane: predicted over true, or a projection of an embedding.

Pointing at one shows its example, a click picks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from app.ui.plots.base.plot import Plot
from app.ui.style.theme import SERIES, Theme, style
from app.ui.widgets.examples.example import Example
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent

NEAR = 14
"""Pixels at 100 % from a point at which it counts as pointed at."""

SYMBOLS = ("o", "s", "t", "d", "p", "star", "h")
GROUPS = len(SERIES) * len(SYMBOLS)
"""So many groups can be told from one another; the rest look alike."""

PointInfo = tuple[str, Example | None]
"""What is shown of a point: words, and the example itself where it is at hand."""


class Tip(QFrame):
    """A tooltip beside the mouse: an example and words."""

    def __init__(self, theme: Theme, plot: Plot) -> None:
        super().__init__(plot)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        style(self, "card")
        self._plot = plot
        self.view = ExampleView(theme)
        self.words = Label()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        style(self.words, "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addWidget(self.view, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.words)
        self.hide()

    def tell(self, info: PointInfo, at: QPointF, gap: int) -> None:
        """Shows what is known of a point beside a place of the plot, inside of it."""
        words, example = info
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.view.show_example(example)
        self.view.setVisible(example is not None)

        if example is not None:
            self.view.setFixedSize(self.view.sizeHint())

        self.adjustSize()
        room = self._plot

        left = int(at.x()) + gap
        if left + self.width() > room.width():
            left = int(at.x()) - gap - self.width()

        top = min(max(0, int(at.y()) - self.height() // 2), max(0, room.height() - self.height()))
        self.move(max(0, left), top)
        self.show()
        self.raise_()


class ScatterPlot(Plot):
    """A scatter plot with an example for each point.

    picked(index), pointed(index): of a point; pointed(-1) of none. x_name, y_name: of the axes.
    diagonal: both axes show one range, and a line where y is x. tell: returns what is shown of a
    point. Page Down and Page Up pick the next one and the one before.
    """

    picked = Signal(int)
    pointed = Signal(int)

    def __init__(
        self,
        theme: Theme,
        x_name: str = "",
        y_name: str = "",
        diagonal: bool = False,
        axes: bool = True,
    ) -> None:
        super().__init__(theme, x_whole=False, x_title=x_name, room=52, y_title=y_name)
        self.x = np.zeros(0)
        self.y = np.zeros(0)
        self.groups = np.zeros(0, np.int64)
        self.tell: Callable[[int], PointInfo] = lambda _: ("", None)
        self.chosen = -1
        self.marked = np.zeros(0, np.int64)
        self._items: list[pg.ScatterPlotItem] = []

        self._diagonal = pg.PlotDataItem() if diagonal else None
        if self._diagonal is not None:
            self._diagonal.setZValue(-10)
            self.addItem(self._diagonal, ignoreBounds=True)

        self._near = pg.ScatterPlotItem(symbol="o")
        self._ringed = pg.ScatterPlotItem(symbol="o")
        for depth, item in enumerate((self._near, self._ringed)):
            item.setZValue(50 + depth)
            self.addItem(item, ignoreBounds=True)

        self.tip = Tip(theme, self)
        self._at = -1
        self._press: QPointF | None = None
        if not axes:
            self.getPlotItem().hideAxis("left")
            self.getPlotItem().hideAxis("bottom")

        self.setToolTip("")
        self.restyle()

    def show_points(self, x: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> None:
        """Draws (n,) points.

        groups: (n,) numbers from 0, each with a colour and a form of its own; one group if None.
        """
        self.x = np.asarray(x, float)
        self.y = np.asarray(y, float)
        self.groups = (
            np.zeros(len(self.x), np.int64) if groups is None else np.asarray(groups, np.int64)
        )
        self.chosen = self.chosen if self.chosen < len(self.x) else -1
        self.marked = np.zeros(0, np.int64)
        self._forget()
        self._paint_points()
        self.refresh()

    def mark(self, chosen: int, others: Sequence[int] = ()) -> None:
        """Rings a point, and those that belong to it; -1 rings none."""
        self.chosen = chosen
        self.marked = np.asarray(others, np.int64)
        self._paint_marks()

    # --- painting

    def _paint_points(self) -> None:
        kinds = np.unique(np.minimum(self.groups, GROUPS)) if len(self.x) else np.zeros(0, int)
        while len(self._items) < len(kinds):
            item = pg.ScatterPlotItem()
            item.setZValue(len(self._items))
            self._items.append(item)
            self.addItem(item, ignoreBounds=True)

        size = self.theme.plot_px(7 if len(self.x) <= 1500 else 5)
        there = np.isfinite(self.x) & np.isfinite(self.y)
        for number, item in enumerate(self._items):
            if number >= len(kinds):
                item.setData([], [])
                continue

            kind = int(kinds[number])
            those = there & (np.minimum(self.groups, GROUPS) == kind)
            item.setData(
                self.x[those],
                self.y[those],
                symbol=symbol_of(kind),
                size=size,
                brush=pg.mkBrush(color_of(self.theme, kind)),
                pen=pg.mkPen(self.theme.color("surface"), width=0.7),
            )

        if self._diagonal is not None:
            low, high = self._range_of_both()
            reach = high - low
            ends = np.array([low - reach, high + reach])
            self._diagonal.setData(ends, ends)
            self._diagonal.setPen(
                pg.mkPen(
                    self.theme.color("line"),
                    width=self.theme.line_width(1.5),
                    style=Qt.PenStyle.DashLine,
                )
            )

        self._paint_marks()

    def _paint_marks(self) -> None:
        others = (
            self.marked[(self.marked >= 0) & (self.marked < len(self.x))]
            if len(self.marked)
            else self.marked
        )
        self._near.setData(self.x[others], self.y[others])
        self._near.setBrush(None)
        self._near.setPen(pg.mkPen(self.theme.color("text"), width=self.theme.line_width(1.5)))
        self._near.setSize(self.theme.plot_px(12))
        row = [self.chosen] if 0 <= self.chosen < len(self.x) else []
        self._ringed.setData(self.x[row], self.y[row])
        self._ringed.setBrush(None)
        self._ringed.setPen(pg.mkPen(self.theme.color("accent"), width=self.theme.line_width(3)))
        self._ringed.setSize(self.theme.plot_px(16))

    def _range_of_both(self) -> tuple[float, float]:
        values = np.concatenate([self.x, self.y])
        values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)

    def limits(self) -> tuple[float, float, float, float]:
        if self._diagonal is not None:
            low, high = self._range_of_both()
            pad = (high - low or 1.0) * 0.04
            return low - pad, high + pad, low - pad, high + pad

        there = np.isfinite(self.x) & np.isfinite(self.y)
        if not there.any():
            return 0.0, 1.0, 0.0, 1.0

        x = self.x[there]
        y = self.y[there]
        wide = float(np.ptp(x)) or 1.0
        high = float(np.ptp(y)) or 1.0

        return (
            float(x.min()) - 0.03 * wide,
            float(x.max()) + 0.03 * wide,
            float(y.min()) - 0.03 * high,
            float(y.max()) + 0.03 * high,
        )

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "_press"):  # the base restyles before there is anything
            self._paint_points()

    # --- pointing

    def number_at(self, place: QPointF) -> int:
        """Returns the point nearest to a place of the widget, -1 where none is near."""
        area = self.box.sceneBoundingRect()
        if not len(self.x) or not area.contains(place):
            return -1

        (left, right), (low, high) = self.box.viewRange()
        across = area.left() + (self.x - left) / (right - left) * area.width()
        down = area.bottom() - (self.y - low) / (high - low) * area.height()
        far = np.hypot(across - place.x(), down - place.y())
        far = np.where(np.isfinite(far), far, np.inf)
        nearest = int(far.argmin())

        return nearest if far[nearest] <= self.theme.px(NEAR) else -1

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        number = self.number_at(ev.position()) if not self._pressed else -1
        if number != self._at:
            self._at = number
            self.pointed.emit(number)

        if number >= 0:
            self.tip.tell(self.tell(number), ev.position(), self.theme.px(14))
        else:
            self.tip.hide()

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        self._press = ev.position()
        self.tip.hide()
        super().mousePressEvent(ev)

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        super().mouseReleaseEvent(ev)
        press = self._press
        self._press = None

        still = press is not None and (ev.position() - press).manhattanLength() < 5
        if (
            still
            and ev.button() is Qt.MouseButton.LeftButton
            and (number := self.number_at(ev.position())) >= 0
        ):
            self.picked.emit(number)

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self._forget()

    def _forget(self) -> None:
        self.tip.hide()
        if self._at >= 0:
            self._at = -1
            self.pointed.emit(-1)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        steps = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
        key = Qt.Key(ev.key())
        if key in steps and len(self.x):
            self.picked.emit((self.chosen + steps[key]) % len(self.x))
        else:
            super().keyPressEvent(ev)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Returns what a CSV file of this plot holds: a line a point."""
        rows = [[repr(float(x)), repr(float(y))] for x, y in zip(self.x, self.y, strict=True)]
        return [
            title or name
            for title, name in zip((self.x_title, self.y_title), ("x", "y"), strict=True)
        ], rows


def color_of(theme: Theme, group: int) -> object:
    """Returns the colour of a group's points; the first is that of training."""
    if group >= GROUPS:
        return theme.color("disabled")

    number = group % len(SERIES)
    return theme.color("training") if number == 0 else pg.mkColor(SERIES[number])


def symbol_of(group: int) -> str:
    """Returns the form of a group's points: there are five colours with each form."""
    return SYMBOLS[min(group, GROUPS - 1) // len(SERIES) % len(SYMBOLS)]
