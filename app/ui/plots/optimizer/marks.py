"""The marks of the quantities of the optimizer, told apart by form as well as by colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPolygonF

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QPainter


def mark(painter: QPainter, form: str, at: QPointF, size: float, colour: QColor) -> None:
    """Draws the mark of a quantity: "o" round, "s" square, "d" diamond, "t" triangle, "|" a bar."""
    half = size / 2
    x = at.x()
    y = at.y()
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)

    if form == "o":
        painter.drawEllipse(at, half, half)
    elif form == "s":
        painter.drawRect(QRectF(x - half * 0.9, y - half * 0.9, size * 0.9, size * 0.9))
    elif form == "|":
        painter.drawRect(QRectF(x - half * 0.4, y - half, size * 0.4, size))
    elif form == "d":
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(x, y - half * 1.2),
                    QPointF(x + half * 1.2, y),
                    QPointF(x, y + half * 1.2),
                    QPointF(x - half * 1.2, y),
                ]
            )
        )
    else:
        painter.drawPolygon(
            QPolygonF(
                [QPointF(x, y - half), QPointF(x + half, y + half), QPointF(x - half, y + half)]
            )
        )

    painter.restore()
