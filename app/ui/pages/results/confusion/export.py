"""The confusion matrix as a picture for a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage, QPainter

from app.ui.pages.results.confusion import paint

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.pages.results.confusion.counts import Confusion
    from app.ui.style.theme import Theme

EXPORT_CELL = 34
"""Pixels a cell, at 100 %."""

EXPORT_LIMIT = 6000
"""Pixels that the cells take at most on a side."""


def image_of(
    confusion: Confusion, theme: Theme, drawing_at: Callable[[paint.Geometry], paint.Drawing]
) -> QImage:
    """Returns the whole matrix as a picture, every name readable as far as EXPORT_LIMIT allows.

    drawing_at: gives what is drawn, for where things are.
    """
    side = theme.px(260) + min(EXPORT_LIMIT, len(confusion.classes) * theme.px(EXPORT_CELL))
    geometry = paint.geometry(confusion, theme, side, side)
    margin = theme.px(16)
    width = math.ceil(max(geometry.width, geometry.left + theme.px(100)))
    height = math.ceil(geometry.height)

    image = QImage(width + 2 * margin, height + 2 * margin, QImage.Format.Format_RGB32)
    image.fill(theme.color("surface"))
    painter = QPainter(image)
    painter.translate(margin, margin)
    paint.paint(painter, drawing_at(geometry), width + 1, height + 1)
    painter.end()

    return image
