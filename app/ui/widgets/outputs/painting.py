"""Paints what came out of a block: maps and matrices in grey, bars and histograms in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from app.ui.widgets.examples.pixels import image

if TYPE_CHECKING:
    from app.engine.compute.outputs.values import Picture
    from app.ui.style.theme import Theme

GAP = 2
"""Pixels at 100 % between two maps."""

TONES = 255


def output_image(picture: Picture, size: QSize, theme: Theme, ratio: float = 1.0) -> QImage:
    """Returns the picture on a tile of this size in pixels of the window, in colours of the theme.

    ratio: pixels of the screen for each pixel of the window.
    """
    drawn = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    paint_output(painter, QRectF(0, 0, size.width(), size.height()), picture, theme)
    painter.end()
    return drawn


def paint_output(painter: QPainter, box: QRectF, picture: Picture, theme: Theme) -> None:
    """Paints a picture into a box."""
    if picture.kind == "maps":
        for cell, values in zip(map_cells(box, picture, theme), picture.values, strict=False):
            painter.drawImage(cell, grey_image(values, picture.low, picture.high))
    elif picture.kind == "matrix":
        painter.drawImage(box, grey_image(picture.values, picture.low, picture.high))
    else:
        _paint_bars(painter, box, picture, theme)


def grey_image(values: np.ndarray, low: float, high: float) -> QImage:
    """Returns (h, w) numbers as an image: black is `low`, white is `high`; NaN is black."""
    span = high - low
    if not span > 0:  # all are equal, or none is a number
        return image(np.zeros(values.shape, np.uint8))

    tones = np.nan_to_num((values - low) * (TONES / span), nan=0.0)
    return image(np.clip(np.rint(tones), 0, TONES).astype(np.uint8))


def map_cells(box: QRectF, picture: Picture, theme: Theme) -> list[QRectF]:
    """Returns where each map is painted: as large as all have room for, from the left."""
    count, height, width = picture.values.shape
    gap = theme.px(GAP)
    best = (0.0, 1)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across = (box.width() - (columns - 1) * gap) / columns / width
        down = (box.height() - (rows - 1) * gap) / rows / height
        best = max(best, (min(across, down), columns))

    scale, columns = best
    return [
        QRectF(
            box.x() + place % columns * (scale * width + gap),
            box.y() + place // columns * (scale * height + gap),
            scale * width,
            scale * height,
        )
        for place in range(count)
    ]


def _paint_bars(painter: QPainter, box: QRectF, picture: Picture, theme: Theme) -> None:
    """Paints bars from zero: upwards where they are positive, downwards else."""
    values = np.nan_to_num(np.asarray(picture.values, float))
    if not len(values):
        return

    low = min(0.0, float(values.min()))
    high = max(0.0, float(values.max()))
    scale = box.height() / (high - low) if high > low else 0.0
    zero = box.bottom() + low * scale
    width = box.width() / len(values)
    gap = min(theme.px(1), width / 4) if picture.kind == "bars" else 0.0
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("training"))
    painter.drawRects(
        [
            QRectF(
                box.x() + place * width,
                zero - max(0.0, value) * scale,
                width - gap,
                max(abs(value) * scale, 1.0 if value else 0.0),
            )
            for place, value in enumerate(values.tolist())
        ]
    )
    painter.setPen(theme.color("line"))
    painter.drawLine(QPointF(box.left(), zero), QPointF(box.right(), zero))
