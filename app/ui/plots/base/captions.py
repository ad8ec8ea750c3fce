"""What stands around the plotting area as text: names of the axes, the legend, words of marks.

All of it has room of its own, so that no text lies on a curve or on another text.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from app.ui.plots.base.legend import SIGN, TO_NAME, Entry, Placed, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.plots.base.canvas import PlotCanvas
    from app.ui.plots.base.marks import Marks

ROW = 17
"""Height of a row above the area, in pixels at 100 %, as the next ones."""

ABOVE = 7
"""Between the last row and the area: the highest label of the axis reaches into it."""

TO_LEGEND = 16
RIGHT = 14
"""Free beside the area: the last label of the axis reaches into it."""

CORNER = 6
"""Between the name of the horizontal axis and the first label beside it."""

MOST = 0.36
"""Of the height that names and legend may take."""


class Captions:
    """The texts around one plot. entries: of the legend, which is shown from two on."""

    def __init__(self, plot: PlotCanvas, marks: Marks) -> None:
        self._plot = plot
        self._marks = marks
        self.entries: tuple[Entry, ...] = ()
        self.placed: list[Placed] = []
        self._start = (0.0, 0.0)
        """Where the first row of the legend begins, and the others."""
        self._rows = 0
        self._beside = False
        """The name of the horizontal axis stands in the corner, beside its labels."""
        self._margins: tuple[int, int, int] | None = None

    @property
    def legend(self) -> list[str]:
        """The names of the legend as they can be read."""
        return [placed.text for placed in self.placed]

    def show(self, entries: Sequence[Entry]) -> bool:
        """Takes the legend; returns whether it is another than before."""
        new = tuple(entries) if len(entries) > 1 else ()
        changed = new != self.entries
        self.entries = new
        return changed

    # --- room

    def arrange(self) -> None:
        """Makes room for all texts around the area."""
        plot = self._plot
        if plot.getPlotItem() is None:
            return  # pyqtgraph takes it from a plot that is closed

        theme = plot.theme
        self._place_legend()
        self._marks.count_lanes()
        head = self._rows * theme.plot_px(ROW) + self._marks.height
        top = head + theme.plot_px(ABOVE if self._rows else 4)

        small = QFontMetricsF(theme.plot_font(11))
        room = plot.left.width() if plot.left.isVisible() else 0.0
        self._beside = bool(
            plot.x_title
            and plot.bottom.whole
            and small.horizontalAdvance(plot.x_title) + theme.plot_px(CORNER) <= room
        )
        plot.bottom.corner = self._beside
        foot = math.ceil(small.height()) if plot.x_title and not self._beside else 0

        margins = (top, theme.plot_px(RIGHT), foot)
        layout = plot.getPlotItem().layout
        if margins != self._margins:
            self._margins = margins
            layout.setContentsMargins(0, top, theme.plot_px(RIGHT), foot)

        layout.activate()

    def _place_legend(self) -> None:
        plot = self._plot
        theme = plot.theme
        metrics = QFontMetricsF(theme.plot_font(12))
        width = float(plot.width() - theme.plot_px(8))
        left = plot.left.width() if plot.left.isVisible() else theme.plot_px(4)
        name = (
            QFontMetricsF(theme.plot_font(11)).horizontalAdvance(plot.y_title)
            if plot.y_title
            else 0.0
        )
        first = max(left, theme.plot_px(2) + name + theme.plot_px(TO_LEGEND)) if name else left
        start = first if first <= 0.4 * width else left
        self._start = (first, start)
        most = max(1, int(MOST * plot.height() / theme.plot_px(ROW)))
        self.placed = place(self.entries, (width - first, width - start), metrics, theme, most)
        self._rows = self.placed[-1].row + 1 if self.placed else int(bool(plot.y_title))

    # --- painting

    def paint(self, painter: QPainter) -> None:
        """Paints all texts; the plot is laid out."""
        plot = self._plot
        theme = plot.theme
        area = plot.box.sceneBoundingRect()
        row = theme.plot_px(ROW)
        middle = Qt.AlignmentFlag.AlignVCenter

        painter.setPen(theme.color("secondary"))
        painter.setFont(theme.plot_font(11))
        if plot.y_title:
            room = QRectF(theme.plot_px(2), 0, plot.width() - theme.plot_px(4), row)
            painter.drawText(room, middle, self._shortened(plot.y_title, room.width()))

        if plot.x_title:
            self._paint_x(painter, area)

        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.plot_font(12))
        for placed in self.placed:
            left = self._start[min(1, placed.row)] + placed.x
            sign = QRectF(left, placed.row * row, theme.plot_px(SIGN), row)
            placed.entry.paint(painter, sign, theme)
            painter.setPen(theme.color("text"))
            words = QRectF(sign.right() + theme.plot_px(TO_NAME), sign.top(), plot.width(), row)
            painter.drawText(words, middle | Qt.AlignmentFlag.AlignLeft, placed.text)

        self._marks.paint(painter, area)

    def _paint_x(self, painter: QPainter, area: QRectF) -> None:
        plot = self._plot
        labels = plot.bottom.label_band()
        if self._beside:
            room = QRectF(
                0, labels.top(), area.left() - plot.theme.plot_px(CORNER), labels.height()
            )
        else:
            height = QFontMetricsF(painter.font()).height()
            bottom = plot.height() - 1
            room = QRectF(0, bottom - height, area.right(), height)

        painter.drawText(
            room,
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            self._shortened(plot.x_title, room.width()),
        )

    def _shortened(self, text: str, room: float) -> str:
        metrics = QFontMetricsF(self._plot.theme.plot_font(11))
        return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
