"""Parallel coordinates: an axis for each setting and one for the figure, a line for each trial.

A drag along an axis marks a range of it; what does not pass through all marked ranges fades.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPen

from app.ui.plots.base.plot import Plot
from app.ui.plots.matrices.heat_map import between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from app.ui.plots.searches.coordinates import AxisInfo
    from app.ui.style.theme import Theme

BINS = 12
"""Shades in which lines are drawn: an item each."""

GRAB = 18
"""Pixels at 100 % beside an axis within which a drag marks a range of it."""

NEAR = 8
"""Pixels at 100 % from a line at which a click picks its trial."""

LEAST = 0.015
"""A shorter drag marks nothing: it takes the mark of the axis away."""

LEFT, RIGHT = 0.4, 0.75
"""Room beside the axes, in distances of two axes: the marks stand on their right."""

BELOW, ABOVE = 0.1, 0.16
"""Room under and over the axes for their marks and titles, in heights of an axis."""


class ParallelPlot(Plot):
    """Trials as lines over parallel axes; their colour says how good they are.

    brushed(): `inside` changed. picked(row): a line was clicked.
    """

    brushed = Signal()
    picked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, x_whole=False, x_title="")
        self.axes: tuple[AxisInfo, ...] = ()
        self.places = np.zeros((0, 0))
        """(trials, axes): where each trial lies on each axis."""
        self.goodness = np.zeros(0)
        """(trials,) from 0 for the worst to 1 for the best."""
        self.brushes: dict[int, tuple[float, float]] = {}
        self.chosen = -1
        self._drag: tuple[int, float] | None = None
        self._press: QPointF | None = None
        for axis in ("left", "bottom"):
            self.getPlotItem().hideAxis(axis)

        self.setMouseEnabled(x=False, y=False)
        self._faded = self._line_item(0)
        self._lines = [self._line_item(1 + shade) for shade in range(BINS)]
        self._best_line = self._line_item(BINS + 2)
        self._marked = self._line_item(BINS + 3)
        self.restyle()

    def _line_item(self, depth: int) -> pg.PlotCurveItem:
        item = pg.PlotCurveItem(antialias=True, connect="finite")
        item.setZValue(depth)
        self.addItem(item, ignoreBounds=True)
        return item

    # --- what is shown

    def show_trials(
        self, axes: Sequence[AxisInfo], places: np.ndarray, goodness: np.ndarray
    ) -> None:
        """Draws trials. places: (n, axes) from 0 to 1. goodness: (n,), 1 for the best."""
        if len(axes) != len(self.axes):
            self.brushes = {}

        self.axes = tuple(axes)
        self.places = places
        self.goodness = goodness
        self.refresh()
        self.viewport().update()

    def choose(self, row: int) -> None:
        """Draws the line of one trial over the others; -1 for none."""
        if row != self.chosen:
            self.chosen = row
            self.refresh()

    @property
    def inside(self) -> np.ndarray:
        """Which trials pass through all marked ranges, (n,) of bool."""
        found = np.ones(len(self.places), dtype=bool)
        for axis, (low, high) in self.brushes.items():
            found &= (self.places[:, axis] >= low) & (self.places[:, axis] <= high)

        return found

    def clear_brushes(self) -> None:
        """Takes all marks away."""
        if self.brushes:
            self.brushes = {}
            self._brushes_changed()

    def refresh(self) -> None:
        if not self.isVisible() or not hasattr(self, "_marked"):
            return

        count = max(1, len(self.axes) - 1)
        wide = LEFT + count + RIGHT
        self.box.setRange(QRectF(-LEFT, -BELOW, wide, 1 + BELOW + ABOVE), padding=0)
        inside = self.inside
        self._put(self._faded, np.flatnonzero(~inside))
        shades = np.minimum((self.goodness * BINS).astype(int), BINS - 1)
        for shade, item in enumerate(self._lines):
            self._put(item, np.flatnonzero(inside & (shades == shade)))

        best = np.flatnonzero(inside)
        best = best[[int(self.goodness[best].argmax())]] if len(best) else best
        self._put(self._best_line, best)
        there = 0 <= self.chosen < len(self.places)
        self._put(self._marked, np.array([self.chosen] if there else [], dtype=int))

    def _put(self, item: pg.PlotCurveItem, rows: np.ndarray) -> None:
        """Draws the lines of some trials as one item, with gaps between them."""
        axes = len(self.axes)
        if not len(rows) or axes < 2:
            item.setData([], [])
            return

        x = np.tile(np.append(np.arange(axes, dtype=float), np.nan), len(rows))
        gaps = np.full((len(rows), 1), np.nan)
        item.setData(x, np.hstack([self.places[rows], gaps]).ravel(), connect="finite")

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Returns the header and the rows of a CSV file: a row a trial, as it lies on the axes."""
        rows = [[repr(float(place)) for place in row] for row in self.places]
        return [axis.title for axis in self.axes], rows

    # --- marking

    def _at(self, axis: int, share: float) -> QPointF:
        """Returns a place on an axis in pixels of the widget."""
        place: QPointF = self.box.mapViewToScene(QPointF(axis, share))
        return place

    def _axis_near(self, place: QPointF) -> int:
        """Returns the axis beside a place of the widget, -1 where none is near."""
        for axis in range(len(self.axes)):
            if abs(self._at(axis, 0).x() - place.x()) <= self.theme.plot_px(GRAB):
                return axis

        return -1

    def _share_at(self, place: QPointF) -> float:
        share = float(self.box.mapSceneToView(place).y())
        # The end of an axis is a pixel wide: near it, it is meant.
        return 0.0 if share < LEAST else 1.0 if share > 1 - LEAST else share

    def row_at(self, place: QPointF) -> int:
        """Returns the trial whose line passes near a place of the widget, -1 for none."""
        at = self.box.mapSceneToView(place)
        left = int(np.floor(at.x()))
        if not len(self.places) or not 0 <= left < len(self.axes) - 1:
            return -1

        part = at.x() - left
        heights = (1 - part) * self.places[:, left] + part * self.places[:, left + 1]
        pixel = abs(self._at(0, 1).y() - self._at(0, 0).y())
        far = np.where(self.inside, np.abs(heights - at.y()) * pixel, np.inf)
        nearest = int(far.argmin())
        return nearest if far[nearest] <= self.theme.plot_px(NEAR) else -1

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        self._press = ev.position()
        axis = self._axis_near(ev.position())
        if ev.button() is Qt.MouseButton.LeftButton and axis >= 0:
            self._drag = (axis, self._share_at(ev.position()))

        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        if self._drag is None:
            near = self._axis_near(ev.position()) >= 0
            shape = Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
            return

        axis, begin = self._drag
        end = self._share_at(ev.position())
        self.brushes[axis] = (min(begin, end), max(begin, end))
        self._brushes_changed()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        drag = self._drag
        self._drag = None
        press = self._press or ev.position()
        still = (ev.position() - press).manhattanLength() < 5
        if drag is not None:
            low, high = self.brushes.get(drag[0], (0.0, 0.0))
            if still or high - low < LEAST:
                self.brushes.pop(drag[0], None)
                self._brushes_changed()

        if still and (row := self.row_at(ev.position())) >= 0:
            self.picked.emit(row)

        ev.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.clear_brushes()
        event.accept()

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        if ev.key() == Qt.Key.Key_Escape and self.brushes:
            self.clear_brushes()
        else:
            ev.ignore()

    def _brushes_changed(self) -> None:
        self.refresh()
        self.viewport().update()
        self.brushed.emit()

    # --- painting

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawForeground(painter, rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, axis in enumerate(self.axes):
            self._paint_axis(painter, number, axis)

    def _paint_axis(self, painter: QPainter, number: int, axis: AxisInfo) -> None:
        theme = self.theme
        bottom, top = self._at(number, 0), self._at(number, 1)
        brush = self.brushes.get(number)
        if brush is not None:
            low, high = (self._at(number, share).y() for share in brush)
            half = theme.plot_px(7)
            tint = QColor(theme.color("accent"))
            tint.setAlphaF(0.25)
            painter.fillRect(QRectF(bottom.x() - half, high, 2 * half, low - high), tint)

        pen = QPen(theme.color("secondary"), theme.line_width(1.5))
        if axis.is_figure:
            shades = QLinearGradient(bottom, top)
            first, last = self._ends()
            up = self._figure_goes_up()
            shades.setColorAt(0.0, first if up else last)
            shades.setColorAt(1.0, last if up else first)
            pen = QPen(shades, theme.line_width(5))

        painter.setPen(pen)
        painter.drawLine(bottom, top)
        self._paint_words(painter, number, axis)

    def _paint_words(self, painter: QPainter, number: int, axis: AxisInfo) -> None:
        """Writes the title over an axis, and its marks beside it on a ground of their own."""
        theme = self.theme
        small = theme.plot_font(11)
        metrics = QFontMetricsF(small)

        gap = theme.plot_px(7)
        painter.setFont(small)
        ground = QColor(theme.color("surface"))
        ground.setAlphaF(0.8)
        for share, words in axis.marks:
            at = self._at(number, share)
            room = self._room(number)
            text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room - 2 * gap)
            width = metrics.horizontalAdvance(text)
            left = at.x() + gap
            box = QRectF(left, at.y() - metrics.height() / 2, width, metrics.height())
            painter.fillRect(box.adjusted(-2, 0, 2, 0), ground)
            painter.setPen(theme.color("secondary"))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

        bold = theme.plot_font(11, bold=axis.is_figure)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        room = self._room(number) - theme.plot_px(2)
        over = QFontMetricsF(bold)
        title = over.elidedText(axis.title, Qt.TextElideMode.ElideRight, room)
        top = self._at(number, 1)
        width = over.horizontalAdvance(title)
        left = min(max(2.0, top.x() - width / 2), self.width() - width - 2)
        high = top.y() - metrics.height() / 2 - over.height() - theme.plot_px(2)
        painter.drawText(QPointF(left, max(over.ascent(), high + over.ascent())), title)

    def _room(self, number: int) -> float:
        """Returns the pixels between two axes."""
        if len(self.axes) < 2:
            return float(self.width())

        if number + 1 == len(self.axes):
            return float(self.width() - self._at(number, 0).x())

        return float(self._at(number + 1, 0).x() - self._at(number, 0).x())

    def _ends(self) -> tuple[QColor, QColor]:
        """Returns the colours of the worst and of the best."""
        return self.theme.color("line"), self.theme.color("accent")

    def _figure_goes_up(self) -> bool:
        """Returns whether the best lies at the top of the figure's axis."""
        if not len(self.places):
            return True

        return bool(self.places[int(self.goodness.argmax()), -1] >= 0.5)

    def restyle(self) -> None:
        super().restyle()
        if not hasattr(self, "_marked"):  # the base restyles before they are there
            return

        shades = between(*self._ends())
        theme = self.theme
        for shade, item in enumerate(self._lines):
            color = QColor(*(int(part) for part in shades[round(shade * 255 / (BINS - 1))]))
            item.setPen(pg.mkPen(color, width=theme.line_width(1.5)))

        self._faded.setPen(pg.mkPen(theme.color("grid"), width=theme.line_width(1)))
        self._best_line.setPen(pg.mkPen(theme.color("best"), width=theme.line_width(3)))
        self._marked.setPen(pg.mkPen(theme.color("validation"), width=theme.line_width(3)))
