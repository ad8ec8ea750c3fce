"""What a block gives as a small box, so that its shape is seen before it is read.

Channels of a picture are planes behind each other, tokens are lines, values are a bar. Sides grow
with the root of what they stand for, and depth and bars with its logarithm, beside the largest of
the network: else nothing would be left to see of the small ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, QSizeF
from PySide6.QtGui import QColor, QPainter, QPen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.shape import Shape

# Units of a box, which are pixels at 100 %.
WIDTH = 36

HEIGHT = 32

FRONT = 20
"""Side of the largest picture."""

MOST_PLANES = 5

STEP = 2.4
"""From plane to plane."""

SMALLEST = 2.5

BAR = 6
"""Width of a bar of values."""

MOST_LINES = 6


@dataclass(frozen=True)
class Largest:
    """The largest of a network, each at least 1.

    side, channels: of pictures. length, width: of tokens. values: of single values.
    """

    side: int = 1
    channels: int = 1
    length: int = 1
    width: int = 1
    values: int = 1

    @classmethod
    def of(cls, shapes: Iterable[Shape]) -> Largest:
        """Returns the largest of these shapes."""
        shapes = list(shapes)
        pictures = [shape for shape in shapes if len(shape) == 3]
        tokens = [shape for shape in shapes if len(shape) == 2]
        values = [shape for shape in shapes if len(shape) == 1]
        return cls(
            max((max(shape[1:]) for shape in pictures), default=1),
            max((shape[0] for shape in pictures), default=1),
            max((shape[0] for shape in tokens), default=1),
            max((shape[1] for shape in tokens), default=1),
            max((shape[0] for shape in values), default=1),
        )


@dataclass(frozen=True)
class TensorBox:
    """A drawn tensor. planes: rectangles from the back to the front. lines: on the front one."""

    planes: tuple[QRectF, ...]
    lines: int = 0

    @property
    def size(self) -> QSizeF:
        """Width and height of the largest side, for comparisons."""
        return self.planes[-1].size()


def tensor_box(shape: Shape, largest: Largest) -> TensorBox | None:
    """Returns the box of a shape in units; None for a shape that has none, such as one number."""
    if len(shape) == 3:
        return _picture(shape, largest)
    if len(shape) == 2:
        height = max(SMALLEST, (HEIGHT - 6) * _root(shape[0], largest.length))
        width = max(SMALLEST, (WIDTH - 8) * _root(shape[1], largest.width))
        lines = min(MOST_LINES, shape[0]) if height > 2 * SMALLEST else 0
        return TensorBox((_centred(width, height),), lines)
    if len(shape) == 1:
        height = max(SMALLEST, (HEIGHT - 4) * _logarithm(shape[0], largest.values))
        return TensorBox((_centred(BAR, height),))

    return None


def paint_tensor(
    painter: QPainter, place: QRectF, box: TensorBox, line: QColor, fill: QColor
) -> None:
    """Paints a box into a place, whose size gives the scale."""
    painter.save()
    painter.translate(place.topLeft())
    painter.scale(place.width() / WIDTH, place.height() / HEIGHT)
    painter.setPen(QPen(line, 1.0))
    painter.setBrush(fill)
    for plane in box.planes:
        painter.drawRect(plane)

    front = box.planes[-1]
    painter.setPen(QPen(line, 0.6))
    for number in range(1, box.lines):
        y = front.top() + front.height() * number / box.lines
        painter.drawLine(QLineF(front.left(), y, front.right(), y))

    painter.restore()


def _picture(shape: Shape, largest: Largest) -> TensorBox:
    channels, height, width = shape
    planes = 1 + round((MOST_PLANES - 1) * _logarithm(channels, largest.channels))
    planes = 1 if channels == 1 else max(2, planes)
    size = QSizeF(
        max(SMALLEST, FRONT * _root(width, largest.side)),
        max(SMALLEST, FRONT * _root(height, largest.side)),
    )
    depth = STEP * (planes - 1)
    corner = _centred(size.width() + depth, size.height() + depth).bottomLeft()
    return TensorBox(
        tuple(
            QRectF(corner.x() + STEP * back, corner.y() - size.height() - STEP * back, *_of(size))
            for back in reversed(range(planes))
        )
    )


def _of(size: QSizeF) -> tuple[float, float]:
    return size.width(), size.height()


def _centred(width: float, height: float) -> QRectF:
    return QRectF((WIDTH - width) / 2, (HEIGHT - height) / 2, width, height)


def _root(part: int, whole: int) -> float:
    return math.sqrt(part / whole)


def _logarithm(part: int, whole: int) -> float:
    return math.log1p(part) / math.log1p(whole)
