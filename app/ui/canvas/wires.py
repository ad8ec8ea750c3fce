"""The wires of the drawn network, as one item: lines from block to block with rounded bends."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.ui.canvas.look import Look
    from models.arrangement import Point

Wire = tuple[str, str]
"""The block that a wire begins at, and the one that reads it."""

MARGIN = 6

BEND = 6
"""Radius of bends in pixels at 100 %."""

ARROW = 5
"""Side of an arrow in pixels at 100 %."""


class WiresItem(QGraphicsItem):
    """Draws all wires; one that is not straight ends in an arrow.

    A chosen wire and one on which something would be dropped are drawn in the accent's colour.
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lines: dict[Wire, tuple[Point, ...]] = {}
        self._path = QPainterPath()
        self._arrows = QPainterPath()
        self._place = QRectF()
        self._lit: Wire | None = None
        self._loose: tuple[Point, ...] = ()
        self.setZValue(-1)

    @property
    def lines(self) -> Mapping[Wire, tuple[Point, ...]]:
        """The corners of each wire on the scene."""
        return self._lines

    def set_lines(self, lines: Mapping[Wire, tuple[Point, ...]], look: Look) -> None:
        """Draws these wires."""
        if lines == self._lines and look is self._look:
            return

        self._look = look
        self._lines = dict(lines)
        if self._lit not in self._lines:
            self._lit = None

        self._path = QPainterPath()
        self._arrows = QPainterPath()
        bend, arrow = look.px(BEND), look.px(ARROW)
        for corners in self._lines.values():
            _add_rounded(self._path, corners, bend)
            if len(corners) > 2:
                _add_arrow(self._arrows, corners, arrow)

        self._measure()

    def light(self, wire: Wire | None) -> None:
        """Lights one wire up; None for none."""
        if wire != self._lit:
            self._lit = wire if wire in self._lines else None
            self.update()

    @property
    def lit(self) -> Wire | None:
        return self._lit

    def draw_loose(self, corners: Sequence[Point]) -> None:
        """Draws a wire that is being drawn by hand; () for none."""
        self._loose = tuple(corners)
        self._measure()

    def at(self, point: QPointF, within: float) -> Wire | None:
        """Returns the nearest wire to a point of the scene, within so many pixels, or None."""
        best = min(
            (
                (_distance(point.x(), point.y(), corners), wire)
                for wire, corners in self._lines.items()
            ),
            default=(math.inf, None),
            key=lambda pair: pair[0],
        )
        return best[1] if best[0] <= within else None

    def end_at(self, point: QPointF, within: float) -> Wire | None:
        """Returns the wire whose end lies nearest to a point, within so many pixels."""
        best: tuple[float, Wire | None] = (within, None)
        for wire, corners in self._lines.items():
            x, y = corners[-1]
            far = math.hypot(x - point.x(), y - point.y())
            if far <= best[0]:
                best = far, wire

        return best[1]

    # --- painting

    def boundingRect(self) -> QRectF:
        return self._place

    def shape(self) -> QPainterPath:
        """Is nowhere: the mouse asks `at`."""
        return QPainterPath()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        del option
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        color = self._look.color("line")
        painter.setPen(self._pen(color, 1.5))
        painter.drawPath(self._path)
        painter.fillPath(self._arrows, color)
        accent = self._look.color("accent")
        if self._lit is not None:
            self._paint_line(painter, self._lines[self._lit], self._pen(accent, 3))
        if self._loose:
            self._paint_line(painter, self._loose, self._pen(accent, 2))

    def _paint_line(self, painter: QPainter, points: Sequence[Point], pen: QPen) -> None:
        path, arrow = QPainterPath(), QPainterPath()
        _add_rounded(path, points, self._look.px(BEND))
        _add_arrow(arrow, points, self._look.px(ARROW + 2))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.fillPath(arrow, pen.color())

    def _pen(self, color: QColor, width: float) -> QPen:
        pen = QPen(color)
        pen.setWidthF(max(width, width * self._look.theme.zoom))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def _measure(self) -> None:
        self.prepareGeometryChange()
        place = self._path.boundingRect()
        if self._loose:
            xs, ys = zip(*self._loose, strict=True)
            loose = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
            place = place.united(loose)

        self._place = place.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self.update()


def _distance(x: float, y: float, corners: Sequence[Point]) -> float:
    """Returns how far a point is from a line through these corners."""
    best = math.inf
    for (x1, y1), (x2, y2) in itertools.pairwise(corners):
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length if length else 0.0
        along = min(1.0, max(0.0, along))
        best = min(best, math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)))

    return best


def _add_rounded(path: QPainterPath, points: Sequence[Point], radius: float) -> None:
    """Adds a line with round corners. With plain numbers: points of Qt made this most of a draw."""
    path.moveTo(*points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(*_towards(corner, before, radius))
        path.quadTo(*corner, *_towards(corner, after, radius))

    path.lineTo(*points[-1])


def _towards(start: Point, end: Point, distance: float) -> Point:
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down)
    share = min(distance, length / 2) / length if length else 0.0
    return start[0] + across * share, start[1] + down * share


def _add_arrow(path: QPainterPath, points: Sequence[Point], side: float) -> None:
    x, y = points[-1]
    back_x, back_y = _towards(points[-1], points[-2], side)
    across_x, across_y = 0.6 * (back_y - y), 0.6 * (x - back_x)
    path.moveTo(x, y)
    path.lineTo(back_x + across_x, back_y + across_y)
    path.lineTo(back_x - across_x, back_y - across_y)
    path.closeSubpath()
