"""A small picture of each template, drawn by code in the colours of the theme."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.style.theme import Theme

SIZE = (64, 28)
"""Width and height of a drawing, in pixels at 100 %."""


class Ink:
    """A painter with the two colours of a drawing, on a board of 64 by 28 units."""

    def __init__(self, painter: QPainter, line: QColor, fill: QColor) -> None:
        self.painter = painter
        self.line = line
        self.fill = fill

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
    """Draws filters that slide over the picture: planes that grow smaller and more."""
    for x, side, planes in ((0, 20, 1), (26, 14, 2), (44, 8, 3)):
        for plane in reversed(range(planes)):
            ink.box(x + 3 * plane, 26 - side - 3 * plane, side, side)

    ink.dot(62, 20, 1.5)


def _bypass(ink: Ink) -> None:
    """Draws blocks in a row, each with a bypass above it."""
    for x in (5, 26, 47):
        ink.box(x, 14, 12, 12)
        ink.arc(x - 4, x + 16, 19, 20)

    ink.stroke((0, 20), (5, 20))
    ink.stroke((17, 20), (26, 20))
    ink.stroke((38, 20), (47, 20))
    ink.stroke((59, 20), (64, 20))


def _large_filter(ink: Ink) -> None:
    """Draws one large filter for each channel, then wide and narrow again."""
    ink.box(1, 3, 22, 22, filled=False)
    for part in range(1, 4):
        ink.stroke((1 + part * 5.5, 3), (1 + part * 5.5, 25), width=0.7)
        ink.stroke((1, 3 + part * 5.5), (23, 3 + part * 5.5), width=0.7)

    for x, height in ((30, 8), (40, 22), (52, 8)):
        ink.box(x, 14 - height / 2, 6, height)


def _patches(ink: Ink) -> None:
    """Draws patches of a picture, of which one looks at the others."""
    places = [(3 + 15 * column, 1 + 9.5 * row) for row in range(3) for column in range(4)]
    centre = (places[5][0] + 4, places[5][1] + 3.5)
    for x, y in places:
        ink.stroke(centre, (x + 4, y + 3.5), width=0.7)

    for patch, (x, y) in enumerate(places):
        ink.box(x, y, 8, 7, filled=True)
        if patch == 5:
            ink.dot(x + 4, y + 3.5, 2)


def _lines(ink: Ink) -> None:
    """Draws lines of words, and a filter over a phrase of one of them."""
    for y, width in ((4, 44), (12, 56), (20, 36)):
        ink.stroke((2, y), (2 + width, y), width=2.2)

    ink.box(16, 8.5, 24, 7, filled=False)
    ink.dot(60, 12, 2)


def _curve(ink: Ink) -> None:
    """Draws a signal with a filter that slides along it."""
    points = [
        (x, 15 - 8 * math.sin(x / 5.0) * math.exp(-(((x - 30) / 26) ** 2))) for x in range(2, 63)
    ]
    ink.box(22, 3, 14, 23)
    ink.stroke(*points, width=1.4)


def _squeeze(ink: Ink) -> None:
    """Draws layers narrower and narrower to a code, then wide again."""
    for x, height in ((2, 24), (15, 16), (29, 6), (43, 16), (56, 24)):
        ink.box(x, 14 - height / 2, 6, height)


def _attending(ink: Ink) -> None:
    """Draws words in a row, of which one looks at all others."""
    for x in (8, 24, 40, 56):
        if x != 24:
            ink.arc(24, x, 18, 14 + abs(x - 24) * 0.25)

    for x in (3, 19, 35, 51):
        ink.box(x, 18, 10, 8, filled=x == 19)


def _onward(ink: Ink) -> None:
    """Draws words, and the one that comes next."""
    for x in (2, 16, 30):
        ink.box(x, 10, 11, 9)
        ink.arc(x + 5, 49, 9, 4 + (30 - x) * 0.35)

    ink.box(45, 10, 11, 9, filled=False)
    ink.stroke((58, 14.5), (63, 14.5))
    ink.stroke((61, 12.5), (63, 14.5), (61, 16.5))


def _columns(ink: Ink) -> None:
    """Draws a table's row, whose cells look at each other."""
    for y in (1, 19):
        for x in (4, 19, 34, 49):
            ink.box(x, y, 12, 8, filled=y == 19)

    for left in (10, 25, 40, 55):
        for right in (10, 25, 40, 55):
            ink.stroke((left, 9), (right, 19), width=0.6)


def _hidden(ink: Ink) -> None:
    """Draws patches of which most are hidden."""
    visible = {1, 4, 6, 11}
    for patch in range(12):
        ink.box(3 + 15 * (patch % 4), 1 + 9.5 * (patch // 4), 8, 7, filled=patch in visible)


def _layers(ink: Ink) -> None:
    """Draws layers in which every value reaches every other."""
    layers = ((8, (5, 14, 23)), (32, (2, 10, 18, 26)), (56, (9, 19)))
    for (x1, ys1), (x2, ys2) in itertools.pairwise(layers):
        for y1 in ys1:
            for y2 in ys2:
                ink.stroke((x1, y1), (x2, y2), width=0.6)

    for x, ys in layers:
        for y in ys:
            ink.dot(x, y, 2.2)


def _waves(ink: Ink) -> None:
    """Draws the waves of columns, and layers that read them."""
    for y in (6, 14, 22):
        ink.stroke(*((x, y - 3 * math.sin(x / (2 + y / 8))) for x in range(1, 27)))

    for x, ys in ((36, (4, 11, 18, 25)), (54, (9, 19))):
        for y in ys:
            ink.stroke((27 if x == 36 else 36, 14), (x, y), width=0.6)
            ink.dot(x, y, 2.2)


def _members(ink: Ink) -> None:
    """Draws members behind one another, and their mean."""
    for place in reversed(range(4)):
        ink.box(4 + 6 * place, 12 - 3.5 * place, 22, 13)
        ink.stroke((26 + 6 * place, 18 - 3.5 * place), (58, 14), width=0.7)

    ink.dot(59, 14, 3)


def _towers(ink: Ink) -> None:
    """Draws two encoders, and their outputs side by side."""
    for x in (8, 40):
        ink.box(x, 19, 16, 8)
        ink.box(x + 3, 8, 10, 8)
        ink.dot(x + 8, 3, 2)

    ink.stroke((19, 3), (45, 3), width=1)


def _chain(ink: Ink) -> None:
    """Draws any network: blocks in a row."""
    ink.stroke((2, 14), (62, 14))
    for x in (5, 20, 35, 50):
        ink.box(x, 8, 10, 12)


BY_KIND: dict[str, Callable[[Ink], None]] = {
    "cnn": _shrinking,
    "resnet": _bypass,
    "convnext": _large_filter,
    "vit": _patches,
    "text-cnn": _lines,
    "cnn-1d": _curve,
    "conv-autoencoder": _squeeze,
    "text-encoder": _attending,
    "gpt": _onward,
    "ft-transformer": _columns,
    "masked-autoencoder": _hidden,
    "mlp": _layers,
    "realmlp": _waves,
    "tabm": _members,
    "two-tower": _towers,
}
BY_FAMILY: dict[str, Callable[[Ink], None]] = {"CNN": _shrinking, "Transformer": _patches}


def draw(
    painter: QPainter, box: QRectF, kind: str, family: str, theme: Theme, enabled: bool = True
) -> None:
    """Paints the picture of a template into a box.

    A template without a picture of its own gets that of its family.
    """
    drawing = BY_KIND.get(kind) or BY_FAMILY.get(family, _chain)
    line = theme.color("training" if enabled else "disabled")
    fill = theme.color("accent_tint" if enabled else "track")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / SIZE[0], box.height() / SIZE[1])
    drawing(Ink(painter, line, fill))
    painter.restore()
