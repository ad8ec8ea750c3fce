"""Pictures in arrays as Qt shows them; small ones stay crisp."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap


def image(array: np.ndarray) -> QImage:
    """Returns (H, W), (1, H, W) or (3, H, W) uint8 as an image that owns its pixels.

    Raises ValueError for other shapes.
    """
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or array.shape[0] not in (1, 3):
        raise ValueError(f"a picture of shape {array.shape} cannot be shown")

    channels, height, width = array.shape
    if channels == 1:
        pixels = np.ascontiguousarray(array[0], dtype=np.uint8)
        return QImage(
            pixels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8
        ).copy()

    pixels = np.ascontiguousarray(array.transpose(1, 2, 0), dtype=np.uint8)
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def crisp(array: np.ndarray, side: int, ratio: float = 1.0) -> QPixmap:
    """Returns a picture scaled to fit a square of `side` pixels of the window.

    ratio: pixels of the screen for each pixel of the window. A small picture is first enlarged a
    whole number of times without smoothing, so that its own pixels stay visible and equal, then
    brought to size.
    """
    source = image(array)
    target = max(1, round(side * ratio))

    largest = max(source.width(), source.height(), 1)
    if largest < target:
        factor = -(-target // largest)
        source = source.scaled(source.width() * factor, source.height() * factor)

    keep = Qt.AspectRatioMode.KeepAspectRatio
    smooth = Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(source.scaled(target, target, keep, smooth))
    pixmap.setDevicePixelRatio(ratio)

    return pixmap
