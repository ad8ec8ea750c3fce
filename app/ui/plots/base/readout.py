"""The readout: what the mouse points at in a plot, in numbers, at most thirty times a second."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, Qt, QTimer

from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.plots.base.canvas import PlotCanvas
    from app.ui.plots.base.marks import Marks

HOVER_MS = 33
NEAR = 0.06
"""A value further from the mouse than this share of the width is not spoken of."""


class Readout(QObject):
    """A label that follows the mouse, and a thin vertical line at its place."""

    def __init__(self, plot: PlotCanvas, marks: Marks) -> None:
        super().__init__(plot)
        self._plot = plot
        self._marks = marks
        self._at: QPointF | None = None
        self.label = Label(plot)
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.hide()
        style(self.label, "plot-readout")
        self._line = pg.InfiniteLine(angle=90)
        self._line.setZValue(5)
        self._line.hide()
        plot.addItem(self._line, ignoreBounds=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOVER_MS)
        self._timer.timeout.connect(self._show)

    def move_to(self, position: QPointF) -> None:
        self._at = position
        if not self._timer.isActive():
            self._timer.start()

    def leave(self) -> None:
        self._at = None
        self.label.hide()
        self._line.hide()

    def restyle(self) -> None:
        self._line.setPen(pg.mkPen(self._plot.theme.color("line"), width=1))
        self.label.setFont(self._plot.theme.plot_font(12))

    def _show(self) -> None:
        at = self._at
        plot = self._plot
        if at is None or not plot.box.sceneBoundingRect().contains(at):
            self.leave()
            return

        x = plot.box.mapSceneToView(at).x()
        text = self.text(x)
        self.label.setVisible(bool(text))
        self._line.setVisible(bool(text))

        if not text:
            return

        self._line.setPos(x)
        self.label.setText(text)
        self.label.adjustSize()
        gap = plot.theme.px(12)

        left = int(at.x()) + gap
        if left + self.label.width() > plot.width():
            left = int(at.x()) - gap - self.label.width()

        top = min(
            max(0, int(at.y()) - self.label.height() // 2), plot.height() - self.label.height()
        )
        self.label.move(max(0, left), top)
        self.label.raise_()

    def text(self, x: float) -> str:
        """Returns what stands in the plot at this place, as lines of rich text.

        "" where there is nothing near.
        """
        plot = self._plot
        lines = []

        (left, right), _ = plot.box.viewRange()
        for series in plot.series:
            if not len(series.x) or not series.visible:
                continue

            row = series.nearest(x)
            if abs(series.x[row] - x) < NEAR * (right - left):
                color = plot.theme.color(series.role if series.width > 1 else "secondary").name()
                value = series.words(plot.value_at(series, row))
                lines.append(f'<span style="color:{color}">{escape(series.name)}</span> {value}')

        quiet = plot.theme.color("secondary").name()
        lines += [f'<span style="color:{quiet}">{words}</span>' for words in self._marks.near(x)]
        return "<br>".join([f"{plot.x_title} {plot.x_text(x)}", *lines]) if lines else ""
