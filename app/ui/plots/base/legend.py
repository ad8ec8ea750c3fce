"""The legend of a plot: a sign and a name for each curve, in rows above the plotting area."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPen

    from app.ui.style.theme import Theme

SIGN = 16
"""Width of a sign in pixels at 100 %, as the next two."""

TO_NAME = 4
BETWEEN = 14

LEAST = 6
"""Characters of a name that is shortened: with fewer it says nothing."""

CAPS = (1.0, 0.5, 0.34, 0.25)
"""Shares of the width that a name may take, tried one after the other until all names fit."""


@dataclass(frozen=True)
class Entry:
    """A curve in the legend.

    line: width at 100 %, 0 for none. dash: of the line. symbol: one of pyqtgraph's, "" for none.
    ring: the symbol is a ring. block: an area of the colour in place of a line.
    """

    name: str
    color: str
    line: float = 2.0
    dash: tuple[float, ...] = ()
    symbol: str = ""
    ring: bool = False
    block: bool = False

    def paint(self, painter: QPainter, sign: QRectF, theme: Theme) -> None:
        """Paints the sign."""
        color = QColor(self.color)
        middle = sign.center()
        if self.block:
            side = theme.plot_px(9)
            painter.fillRect(
                QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side), color
            )
            return

        if self.line:
            width = min(theme.line_width(self.line), sign.height() / 3)
            painter.setPen(dashed(color, width, self.dash))
            painter.drawLine(QPointF(sign.left(), middle.y()), QPointF(sign.right(), middle.y()))

        if self.symbol:
            painter.save()
            painter.translate(middle)
            painter.scale(*(2 * [theme.plot_px(8)]))
            painter.setPen(
                pg.mkPen(color, width=theme.line_width(2))
                if self.ring
                else Qt.GlobalColor.transparent
            )
            painter.setBrush(Qt.BrushStyle.NoBrush if self.ring else color)
            painter.drawPath(Symbols[self.symbol])
            painter.restore()


@dataclass(frozen=True)
class Placed:
    """An entry at its place: pixels from the left of the legend's first row, and its row."""

    entry: Entry
    text: str
    x: float
    row: int


def place(
    entries: Sequence[Entry],
    widths: tuple[float, float],
    metrics: QFontMetricsF,
    theme: Theme,
    most_rows: int,
) -> list[Placed]:
    """Returns entries in rows; names are shortened in the middle until all of them fit.

    widths: pixels of the first row, which something else may share, and of the rows below. Nothing
    where there is no room for every curve: half a legend would mislead.
    """
    for cap in CAPS:
        placed = _flow(entries, widths, cap * widths[1], metrics, theme)
        if placed is not None and (not placed or placed[-1].row < most_rows):
            return placed

    return []


def _flow(
    entries: Sequence[Entry],
    widths: tuple[float, float],
    cap: float,
    metrics: QFontMetricsF,
    theme: Theme,
) -> list[Placed] | None:
    before = theme.plot_px(SIGN) + theme.plot_px(TO_NAME)
    found: list[Placed] = []
    x = 0.0
    row = 0
    names = alike(entry.name for entry in entries)
    for entry in entries:
        text = names.short(entry.name, metrics, cap - before)
        width = before + math.ceil(metrics.horizontalAdvance(text))
        while x + width > widths[min(row, 1)]:
            if row and not x:
                return None

            row += 1
            x = 0.0

        if len(text) < min(LEAST, len(entry.name)):
            return None

        found.append(Placed(entry, text, x, row))
        x += width + theme.plot_px(BETWEEN)

    return found


def dashed(color: QColor, width: float, dash: Sequence[float]) -> QPen:
    """Returns a pen. dash: lengths in widths of the line, empty for a solid one."""
    pen: QPen = pg.mkPen(color, width=width)
    if dash:
        pen.setDashPattern(list(dash))

    return pen
