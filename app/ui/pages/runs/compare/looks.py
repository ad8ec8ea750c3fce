"""Colours of many curves, and the bit of a line that stands for each in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from app.ui.pages.runs.compare.plot import Look
from app.ui.pages.runs.compare.table import SWATCH
from app.ui.plots.base.legend import dashed

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

LIGHT = (
    "#0072b2",
    "#d55e00",
    "#007a5a",
    "#b0558c",
    "#9a6700",
    "#3d7fb0",
    "#6b4fa0",
    "#5a6372",
)
DARK = (
    "#56b4e9",
    "#f0a05a",
    "#45c48b",
    "#e2a3c9",
    "#f0c35a",
    "#8ab8dd",
    "#b7a3e0",
    "#9aa5b4",
)
"""Colours with contrast on light and on dark; after the last they come again."""

DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (2, 2), (9, 3, 2, 3), (12, 4))
"""Dashes that tell the first curves apart without their colour."""


def look_of(theme: Theme, number: int) -> Look:
    """Returns the look of the n-th curve."""
    colors = DARK if theme.dark else LIGHT
    return Look(QColor(colors[number % len(colors)]), DASHES[number % len(DASHES)])


def swatch(theme: Theme, look: Look, few: bool) -> QIcon:
    """Returns a bit of a line as it is in the plot. few: dashes are drawn there."""
    width, height = map(theme.px, SWATCH)
    picture = QPixmap(width, height)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    painter.setPen(dashed(look.color, theme.px(2), look.dash if few else ()))
    painter.drawLine(QPointF(0, height / 2), QPointF(width, height / 2))
    painter.end()
    return QIcon(picture)
