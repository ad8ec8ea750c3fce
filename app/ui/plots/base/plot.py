"""The base of the plots: quick, quiet and true.

Few points are drawn however many were measured, a zoom stays where it was put, zeros and NaN cannot
blank a logarithmic axis, and the readout gives what the mouse points at in numbers.

Rules behind it (each was measured or is a bug report): one item per series for its whole life;
opaque solid pens; own decimation rather than pyqtgraph's; no OpenGL; axes are ranged here, never by
pyqtgraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton

from app.engine.ticks import NUMBERS, Ticks
from app.ui.plots.base.captioned import CaptionedCanvas
from app.ui.plots.base.legend import Entry
from app.ui.plots.base.readout import Readout
from app.ui.plots.base.series import EMPTY, FEW, Series, height_of, table_of
from app.ui.style.theme import Theme, style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent

    from app.ui.plots.base.marks import Mark

PANS = {
    Qt.Key.Key_Left: (-0.1, 0),
    Qt.Key.Key_Right: (0.1, 0),
    Qt.Key.Key_Up: (0, 0.1),
    Qt.Key.Key_Down: (0, -0.1),
}
DOT = 8
"""Pixels at 100 % around the outermost points: there is room for a dot or a ring."""

ZOOMS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}

__all__ = ["EMPTY", "FEW", "Plot", "Series"]


class Plot(CaptionedCanvas):
    """Base of the plots. A subclass adds its series and hands them values, then calls `refresh()`.

    following: the axes follow the data; a zoom or pan by hand ends that until "Auto" is pressed.
    """

    followed = Signal(bool)
    readout_class: type[Readout] = Readout

    def __init__(
        self,
        theme: Theme,
        x_ticks: Ticks = NUMBERS,
        y_ticks: Ticks = NUMBERS,
        x_whole: bool = True,
        x_title: str = "epoch",
        room: int = 44,
        y_title: str = "",
    ) -> None:
        super().__init__(theme, x_ticks, y_ticks, x_whole, x_title, room, y_title)
        self.span: tuple[float, float] | None = None
        """What of the horizontal axis is shown while following, where it is known beforehand (all
        planned epochs).
        """

        self._best: tuple[float, float] | None = None
        self._placed: object = None
        self._pressed = False
        self._ranging = False
        self.box.sigRangeChangedManually.connect(self._zoomed)
        self.box.sigXRangeChanged.connect(self._moved)

        self.best_name = "best epoch"
        self._ring = pg.ScatterPlotItem(size=12, symbol="o", brush=None)
        self._ring.setZValue(20)
        self._ring.hide()
        self.addItem(self._ring, ignoreBounds=True)

        self._overlays()
        self._look: tuple[bool, float, bool] | None = None
        """The look of the theme as this was restyled last while it was seen."""
        theme.changed.connect(self._follow_theme)

    def _overlays(self) -> None:
        self.readout = self.readout_class(self, self.marks)
        self.auto = QToolButton(self)
        self.auto.setText("Auto")
        self.auto.setObjectName("plot.auto")
        self.auto.setToolTip("Show all of it again and follow what is new.")
        self.auto.setAccessibleName("Follow the data again")
        style(self.auto, "small")
        self.auto.clicked.connect(self.follow)
        self.auto.hide()

    # --- series

    def add(self, series: Series) -> Series:
        """Adds a series; its item lives as long as the plot."""
        series.item = pg.PlotDataItem(antialias=series.smooth)
        series.item.curve.setSegmentedLineMode("on")
        series.item.setZValue(len(self.series))
        self.series.append(series)
        self.addItem(series.item, ignoreBounds=True)
        series.restyle(self.theme)

        return series

    def clear_values(self) -> None:
        """Returns to an empty plot that follows."""
        for series in self.series:
            series.show(EMPTY, EMPTY)

        self.set_best(None)
        self.set_marks([])
        self.follow()

    def set_best(self, point: tuple[float, float] | None) -> None:
        """Draws a ring around the best point, or none.

        What is not finite gets no ring: Qt crashes on an item at NaN.
        """
        if point != self._best:
            self._best = point
            self._place_best()

    def set_marks(self, marks: Iterable[Mark]) -> None:
        """Sets the vertical lines: a resume, a divergence, a change."""
        if self.marks.show(marks):
            self.arrange()

    @property
    def empty(self) -> bool:
        return not any(len(series.x) for series in self.series)

    # --- drawing

    def refresh(self) -> None:
        """Draws what was handed over.

        It costs little where the plot is hidden: then it is drawn once it can be seen.
        """
        if not self.isVisible() or self._pressed:
            return

        if self.following:
            self._range(*self.limits())

        self._draw()
        if self.captions.show(self.entries()):
            self.arrange()

    def entries(self) -> list[Entry]:
        """Returns what the legend names."""
        found = [
            series.entry(self.theme)
            for series in self.series
            if series.legend and series.visible and len(series.x)
        ]
        if self._ring.isVisible():
            best = self.theme.color("best").name()
            found.append(Entry(self.best_name, best, line=0, symbol="o", ring=True))

        return found

    def limits(self) -> tuple[float, float, float, float]:
        """Returns left, right, bottom and top while following.

        Bottom and top are values, not their logarithms.
        """
        spans = [(s.x, s.y) for s in self.series if s.visible and len(s.x)]
        across = self.span or (
            (min(x[0] for x, _ in spans), max(x[-1] for x, _ in spans)) if spans else (0.0, 1.0)
        )
        heights = [height for _, y in spans if (height := height_of(y, self.log)) is not None]
        low, high = (
            (min(low for low, _ in heights), max(high for _, high in heights))
            if heights
            else (0.0, 1.0)
        )

        return across[0], max(across[1], across[0] + 1e-9), low, high

    def _range(self, left: float, right: float, low: float, high: float) -> None:
        if self.log:
            low = np.log10(max(low, 1e-12))
            high = np.log10(max(high, 1e-12))

        tall = self.theme.plot_px(DOT) / max(1.0, self.box.height())
        share = min(0.2, max(0.06, tall))
        pad = (
            (high - low) * share if high > low else max(abs(high) * 0.1, 0.1 if self.log else 1e-3)
        )
        dot = self.theme.plot_px(DOT) / max(1.0, self.box.width())
        side = (right - left) * min(0.1, max(0.015, dot))
        bottom = low if low == 0 and not self.log else low - pad

        self._ranging = True
        try:
            self.box.setRange(
                QRectF(left - side, bottom, right - left + 2 * side, high + pad - bottom), padding=0
            )
        finally:
            self._ranging = False

    def _draw(self) -> None:
        left, right = self.box.viewRange()[0]
        pixel = (right - left) / max(1.0, self.box.width())
        for series in self.series:
            series.draw(None if self.following else (left, right), self.log, pixel)

        self._place_best()

    def _place_best(self) -> None:
        placed = (self._best, self.log)
        if placed == self._placed:
            return

        self._placed = placed
        shown = (
            self._best is not None
            and bool(np.isfinite(self._best).all())
            and not (self.log and self._best[1] <= 0)
        )

        self._ring.setVisible(shown)
        if shown and self._best is not None:
            x, y = self._best
            self._ring.setData([x], [float(np.log10(y)) if self.log else y])

    # --- zoom

    def follow(self) -> None:
        """Lets the axes follow the data again."""
        self._set_following(True)
        self.refresh()

    def set_log(self, log: bool) -> None:
        """Switches the logarithmic value axis; zero, negative values and NaN are holes on it."""
        if log != self.log:
            self.log = self.left.log = log
            self.left.picture = None
            self._set_following(True)
            self.refresh()
            self.left.update()

    def _set_following(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.followed.emit(following)

        self.auto.setVisible(not following)
        self._place_overlays()

    def _zoomed(self, *_: object) -> None:
        self._set_following(False)
        self._draw()

    def _moved(self, *_: object) -> None:
        if not self.following and not self._ranging and not self._pressed:
            self._draw()

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        self._pressed = True
        super().mousePressEvent(ev)

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        super().mouseReleaseEvent(ev)
        self._pressed = False
        self.refresh()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.follow()

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Pans with the arrows, zooms with + and -, follows again with 0 or Home."""
        key = Qt.Key(ev.key())
        if ev.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(ev)
        elif key in PANS:
            (left, right), (low, high) = self.box.viewRange()
            self._set_following(False)
            self.box.translateBy(x=PANS[key][0] * (right - left), y=PANS[key][1] * (high - low))
        elif key in ZOOMS:
            self._set_following(False)
            self.box.scaleBy((ZOOMS[key], ZOOMS[key]))
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.follow()
        else:
            super().keyPressEvent(ev)

    # --- readout

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        self.readout.move_to(ev.position())

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.readout.leave()

    # --- style

    def _follow_theme(self) -> None:
        """Restyles where it is seen: a plot takes some 5 ms, and most of them are hidden."""
        if self.isVisible() and self.theme.look != self._look:
            self._look = self.theme.look
            self.restyle()

    def restyle(self) -> None:
        """Takes colours and sizes from the theme again."""
        for axis in (self.left, self.bottom):
            axis.restyle(self.theme)

        for series in self.series:
            series.restyle(self.theme)

        self.marks.restyle()
        self.setBackground(self.theme.color("surface"))
        best = self.theme.color("best")
        self._ring.setPen(pg.mkPen(best, width=self.theme.line_width(2)))
        self._ring.setSize(self.theme.plot_px(12))
        self.readout.restyle()
        self.refresh()
        self.captions.show(self.entries())
        self.arrange()
        self._place_overlays()

    def _place_overlays(self) -> None:
        """Puts the button, unless the card around has taken it, into the upper right corner."""
        if self.auto.parent() is self:
            self.auto.adjustSize()
            self.auto.move(self.width() - self.auto.width() - self.theme.px(4), 0)
            self.auto.raise_()

    def resizeEvent(self, ev: QResizeEvent) -> None:
        super().resizeEvent(ev)
        # pyqtgraph resizes in its constructor, and when a plot is closed.
        if hasattr(self, "auto") and self.getPlotItem() is not None:
            self._place_overlays()
            self.refresh()  # the room beside the points is in pixels

    def sizeHint(self) -> QSize:
        """Returns a small size: a plot takes the room that is left and asks for none."""
        return QSize(
            max(self.theme.px(160), self.minimumWidth()),
            max(self.theme.px(100), self.minimumHeight()),
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow_theme()
        self.refresh()  # of what came while it was hidden

    # --- export

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Returns the header and the rows of a CSV file of this plot."""
        return table_of(self.series, self.x_title)
