"""The spectrogram of a sound: how loud each frequency is at each moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter, qRgb

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF

    from app.ui.style.theme import Theme

WINDOW = 256
"""Samples of which the frequencies are found at once."""

RANGE = 50.0
"""Decibels below the loudest point at which the colour is that of silence."""

SHADES = 256


def spectrogram(samples: np.ndarray, columns: int) -> np.ndarray:
    """Returns the loudness from 0 to 1, (WINDOW // 2, columns) float32, high frequencies first.

    samples: (L,) floats, of which at least WINDOW are needed. columns: moments, evenly spread.
    """
    values = np.nan_to_num(samples.astype(np.float32))
    starts = np.linspace(0, len(values) - WINDOW, columns).astype(int)
    pieces = np.lib.stride_tricks.sliding_window_view(values, WINDOW)[starts]
    pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(pieces, axis=1)[:, 1:]) ** 2

    loudest = float(power.max()) or 1.0
    decibels = 10 * np.log10(np.maximum(power / loudest, 1e-12))
    levels = np.clip(1 + decibels / RANGE, 0, 1).astype(np.float32)
    return np.ascontiguousarray(levels.T[::-1])


def paint_spectrogram(painter: QPainter, theme: Theme, box: QRectF, samples: np.ndarray) -> None:
    """Paints the spectrogram of a channel (L,) into a box, a column a pixel at most."""
    levels = spectrogram(samples, max(1, min(int(box.width()), len(samples) // 8)))
    shades = np.ascontiguousarray((levels * (SHADES - 1)).astype(np.uint8))
    height, width = shades.shape
    image = QImage(shades.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(_colours(theme.color("surface"), theme.color("training")))
    painter.drawImage(box, image)


def _colours(silent: QColor, loud: QColor) -> list[int]:
    """Returns the colours from silent to loud, as Qt's numbers."""
    first = (silent.red(), silent.green(), silent.blue())
    last = (loud.red(), loud.green(), loud.blue())
    steps = np.linspace(first, last, SHADES).astype(int).tolist()
    return [qRgb(red, green, blue) for red, green, blue in steps]
