"""The loss over growing learning rates, with the rate in use and the chosen one.

A click chooses another rate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal

from app.engine.planning.lr_curve import rate_text
from app.engine.ticks import Ticks, number_texts
from app.ui.plots.base.marks import Mark
from app.ui.plots.base.plot import EMPTY, Plot, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from app.ui.style.theme import Theme

ABOVE = 1.4
"""What blows up leaves the picture: of the loss so many times the beginning is shown."""

STRIDE = 0.05
"""What an arrow key adds to the logarithm (base 10) of the rate."""


def decades(values: Sequence[float], spacing: float) -> list[str]:
    """Returns the labels of powers of ten; "" for other values."""
    return [
        text if abs(math.log10(value) - round(math.log10(value))) < 1e-6 else ""
        for value, text in zip(values, number_texts(values, spacing), strict=True)
    ]


class LrFinderPlot(Plot):
    """The curve of a learning rate finder; log10 of the rate lies along the axis.

    picked(rate): a place was clicked, or an arrow key pressed.
    """

    picked = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, x_ticks=Ticks(decades), x_whole=False, x_title="learning rate", y_title="loss"
        )
        self.bottom.log = True
        self.raw = self.add(Series("loss of each step", "training_raw", width=1, dots=False))
        self.smoothed = self.add(Series("smoothed", "training", dots=False))
        self.chosen: float | None = None
        self.present: float | None = None
        self._line = pg.InfiniteLine(angle=90)
        self._dot = pg.ScatterPlotItem(symbol="o")
        for depth, item in enumerate((self._line, self._dot), 20):
            item.setZValue(depth)
            item.hide()
            self.addItem(item, ignoreBounds=True)

        self.marks.together = 0
        self.setMouseEnabled(x=False, y=False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.restyle()

    def show_tried(
        self,
        rates: np.ndarray,
        losses: np.ndarray,
        smoothed: np.ndarray,
        span: tuple[float, float] | None = None,
    ) -> None:
        """Draws the rates that were tried.

        rates, losses, smoothed: (n,), n may be 0. span: the least and the greatest rate on the
        axis, None to keep it.
        """
        places = np.log10(rates) if len(rates) else EMPTY
        if span is not None:
            self.span = (math.log10(span[0]), math.log10(span[1]))

        self.raw.show(places, losses)
        self.smoothed.show(places, smoothed)
        self.refresh()
        self._place()

    def show_present(self, rate: float | None) -> None:
        """Draws the rate that the experiment has now as a thin line; None for none."""
        self.present = rate
        self._place()

    def show_chosen(self, rate: float | None) -> None:
        self.chosen = rate
        self.setAccessibleDescription(
            ""
            if rate is None
            else f"Chosen: {rate_text(rate)}. The left and right arrow keys choose another."
        )

        self._place()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        there = self.smoothed.y[np.isfinite(self.smoothed.y)]
        if len(there):
            low = float(there.min())
            high = float(there.max())
            high = max(float(there[0]), min(high, ABOVE * float(there[0])))

        return left, right, low, high

    def x_text(self, x: float) -> str:
        return rate_text(10.0**x)

    # --- choosing

    def rate_at(self, place: QPointF) -> float | None:
        """Returns the rate at a place of the widget, kept within those that were tried.

        None outside the axes.
        """
        if not len(self.smoothed.x) or not self.box.sceneBoundingRect().contains(place):
            return None

        return self._within(float(self.box.mapSceneToView(place).x()))

    def _within(self, x: float) -> float:
        return float(10.0 ** min(max(x, float(self.smoothed.x[0])), float(self.smoothed.x[-1])))

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        super().mousePressEvent(ev)
        ev.accept()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        super().mouseReleaseEvent(ev)
        ev.accept()

        rate = self.rate_at(ev.position())
        if ev.button() is Qt.MouseButton.LeftButton and rate is not None:
            self.picked.emit(rate)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Chooses the next rate with left and right; this plot is not zoomed."""
        step = {Qt.Key.Key_Left: -STRIDE, Qt.Key.Key_Right: STRIDE}.get(Qt.Key(ev.key()))
        if step is None or not len(self.smoothed.x):
            ev.ignore()  # Escape closes the dialog, Tab goes on
            return

        middle = float(self.smoothed.x[len(self.smoothed.x) // 2])
        self.picked.emit(self._within((math.log10(self.chosen) if self.chosen else middle) + step))

    # --- style

    def _place(self) -> None:
        """Places line, dot and words of the chosen rate; hides them while there is no curve."""
        x = self.smoothed.x
        y = self.smoothed.y
        there = len(x) > 0 and bool(np.isfinite(y).all())
        chosen = math.log10(self.chosen) if self.chosen and there else None
        present = math.log10(self.present) if self.present and there else None
        for item in (self._line, self._dot):
            item.setVisible(chosen is not None)

        marks = []
        if chosen is not None and self.chosen:
            self._line.setPos(chosen)
            self._dot.setData([chosen], [float(np.interp(chosen, x, y))])
            marks.append(Mark(chosen, rate_text(self.chosen), "accent", bold=True))

        if present is not None and self.present:
            marks.append(Mark(present, f"now {rate_text(self.present)}"))

        self.set_marks(marks)

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "_dot"):  # the base restyles before it is there
            accent = self.theme.color("accent")
            self._line.setPen(pg.mkPen(accent, width=self.theme.line_width(2)))
            self._dot.setBrush(accent)
            self._dot.setPen(pg.mkPen(self.theme.color("surface"), width=2))
            self._dot.setSize(self.theme.plot_px(13))
