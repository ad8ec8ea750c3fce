"""A small picture of each template, drawn by code in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.ui.theme import Theme

SIZE = (64, 28)
"""Width and height of a drawing, in pixels at 100 %."""


class Ink:
    """A painter with the two colours of a drawing, on a board of 64 by 28 units."""

    def __init__(self, painter: QPainter, line: QColor, fill: QColor) -> None:
        self.painter, self.line, self.fill = painter, line, fill

    def box(self, x: float, y: float, width: float, height: float, filled: bool = True) -> None:
        self.painter.setPen(QPen(self.line, 1.2))
        self.painter.setBrush(self.fill if filled else Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(QRectF(x, y, width, height), 1.5, 1.5)

    def stroke(self, *points: tuple[float, float], width: float = 1.2) -> None:
        self.painter.setPen(QPen(self.line, width))
        self.painter.drawPolyline([QPointF(x, y) for x, y in points])

    def arc(self, x1: float, x2: float, y: float, rise: float) -> None:
        path = QPainterPath(QPointF(x1, y))
        path.cubicTo(x1, y - rise, x2, y - rise, x2, y)
        self.painter.setPen(QPen(self.line, 1.2))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawPath(path)

    def dot(self, x: float, y: float, radius: float) -> None:
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self.line)
        self.painter.drawEllipse(QPointF(x, y), radius, radius)


def _shrinking(ink: Ink) -> None:
    """Filters that slide over the picture: planes that grow smaller and more."""
    for x, side, planes in ((0, 20, 1), (26, 14, 2), (44, 8, 3)):
        for plane in reversed(range(planes)):
            ink.box(x + 3 * plane, 26 - side - 3 * plane, side, side)
    ink.dot(62, 20, 1.5)


def _bypass(ink: Ink) -> None:
    """Blocks in a row, each with a bypass above it."""
    for x in (5, 26, 47):
        ink.box(x, 14, 12, 12)
        ink.arc(x - 4, x + 16, 19, 20)
    ink.stroke((0, 20), (5, 20))
    ink.stroke((17, 20), (26, 20))
    ink.stroke((38, 20), (47, 20))
    ink.stroke((59, 20), (64, 20))


def _large_filter(ink: Ink) -> None:
    """One large filter a channel, then wide and narrow again."""
    ink.box(1, 3, 22, 22, filled=False)
    for part in range(1, 4):
        ink.stroke((1 + part * 5.5, 3), (1 + part * 5.5, 25), width=0.7)
        ink.stroke((1, 3 + part * 5.5), (23, 3 + part * 5.5), width=0.7)
    for x, height in ((30, 8), (40, 22), (52, 8)):
        ink.box(x, 14 - height / 2, 6, height)


def _patches(ink: Ink) -> None:
    """Patches of a picture, one of them looking at the others."""
    places = [(3 + 15 * column, 1 + 9.5 * row) for row in range(3) for column in range(4)]
    centre = (places[5][0] + 4, places[5][1] + 3.5)
    for x, y in places:
        ink.stroke(centre, (x + 4, y + 3.5), width=0.7)
    for place, (x, y) in enumerate(places):
        ink.box(x, y, 8, 7, filled=True)
        if place == 5:
            ink.dot(x + 4, y + 3.5, 2)


def _chain(ink: Ink) -> None:
    """Any network: blocks in a row."""
    ink.stroke((2, 14), (62, 14))
    for x in (5, 20, 35, 50):
        ink.box(x, 8, 10, 12)


BY_KIND: dict[str, Callable[[Ink], None]] = {
    "cnn": _shrinking, "resnet": _bypass, "convnext": _large_filter, "vit": _patches,
}
BY_FAMILY: dict[str, Callable[[Ink], None]] = {"CNN": _shrinking, "Transformer": _patches}


def draw(painter: QPainter, place: QRectF, kind: str, family: str, theme: Theme, enabled: bool = True) -> None:
    """Paints the picture of a template into `place`; a template without one of its own gets its family's."""
    drawing = BY_KIND.get(kind) or BY_FAMILY.get(family, _chain)
    line = theme.color("training" if enabled else "disabled")
    fill = theme.color("accent_tint" if enabled else "track")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.scale(place.width() / SIZE[0], place.height() / SIZE[1])
    drawing(Ink(painter, line, fill))
    painter.restore()
