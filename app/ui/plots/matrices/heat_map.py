"""Numbers as colours that the colour-blind can read too: a colour map, its legend, pictures."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import number_text, power_text

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

VIRIDIS = (
    "440154",
    "482878",
    "3e4989",
    "31688e",
    "26828e",
    "1f9e89",
    "35b779",
    "6ece58",
    "b5de2b",
    "fde725",
)
"""Ten of its colours, from dark to light in even steps (van der Walt & Smith 2015)."""

SHADES = 256


@lru_cache
def viridis() -> np.ndarray:
    """Returns the colours of the map, (SHADES, 3) uint8."""
    stops = np.array(
        [[int(color[start : start + 2], 16) for start in (0, 2, 4)] for color in VIRIDIS],
        dtype=float,
    )
    places = np.linspace(0, len(stops) - 1, SHADES)
    columns = [np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]

    colours: np.ndarray = np.rint(np.stack(columns, axis=1)).astype(np.uint8)
    return colours


def between(pale: QColor, deep: QColor) -> np.ndarray:
    """Returns the colours from one to another, (SHADES, 3) uint8."""
    first, last = (
        np.array([color.red(), color.green(), color.blue()], dtype=float) for color in (pale, deep)
    )
    shares = np.linspace(0, 1, SHADES)[:, None]
    colours: np.ndarray = np.rint(first + shares * (last - first)).astype(np.uint8)
    return colours


def heat_image(
    values: np.ndarray, low: float, high: float, colours: np.ndarray, unknown: QColor
) -> QImage:
    """Returns a picture with one pixel for each of (rows, columns) values.

    colours: (SHADES, 3), from `low` to `high`. unknown: the colour of NaN.
    """
    rows, columns = values.shape
    share = np.nan_to_num((values - low) / ((high - low) or 1.0), nan=0.0, posinf=1.0, neginf=0.0)
    table = np.uint32(0xFF000000) | (
        colours.astype(np.uint32) << np.array([16, 8, 0], np.uint32)
    ).sum(1, np.uint32)
    pixels = table[np.rint(np.clip(share, 0.0, 1.0) * (SHADES - 1)).astype(int)]
    pixels[np.isnan(values)] = unknown.rgb()

    # In the format of the screen: converting it at every drawing would cost more than all the rest.
    return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def decades(low: float, high: float, most: int) -> list[int]:
    """Returns whole exponents between the limits, evenly spread, at most so many."""
    first = math.ceil(low - 1e-9)
    last = math.floor(high + 1e-9)
    every = max(1, math.ceil((last - first + 1) / max(1, most)))

    return [exponent for exponent in range(first, last + 1) if exponent % every == 0]


def paint_steps(painter: QPainter, below: QRectF, steps: np.ndarray) -> None:
    """Paints the first and the last of (T,) steps at the ends of the line below a heat map."""
    if not len(steps):
        return

    first, last = (number_text(steps[end]) for end in (0, -1))
    room = below.width() - painter.fontMetrics().height()
    for left, right in ((f"step {first}", f"step {last}"), (first, last), ("", f"step {last}")):
        width = painter.fontMetrics().horizontalAdvance(left + right)
        if width <= room or not left:
            break

    if len(steps) == 1:
        left, right = right, ""

    painter.drawText(below, Qt.AlignmentFlag.AlignLeft, left)
    painter.drawText(below, Qt.AlignmentFlag.AlignRight, right)


class ColourBar(QWidget):
    """The legend of a heat map: its colours, with sizes at whole powers of ten."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.low = -6.0
        self.high = 0.0
        self._picture = heat_image(np.linspace(0, 1, SHADES)[None], 0, 1, viridis(), QColor())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the colours")
        theme.changed.connect(self.updateGeometry)

    def show_range(self, low: float, high: float) -> None:
        """Sets log10 of the sizes that the darkest and the lightest colour stand for."""
        if (low, high) != (self.low, self.high):
            self.low = low
            self.high = high
            self.setAccessibleDescription(
                f"From {power_text(round(low))} to {power_text(round(high))}."
            )
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(220), self._theme.px(28))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        bar = QRectF(theme.px(12), 0, self.width() - theme.px(24), theme.px(9))
        painter.drawImage(bar, self._picture)
        painter.setFont(theme.font(11))
        painter.setPen(theme.color("secondary"))

        metrics = QFontMetricsF(painter.font())
        for exponent in decades(self.low, self.high, int(bar.width() / theme.px(34))):
            x = bar.left() + (exponent - self.low) / ((self.high - self.low) or 1.0) * bar.width()
            text = power_text(exponent)
            half = metrics.horizontalAdvance(text) / 2 + 1
            left = min(max(0.0, x - half), self.width() - 2 * half)  # not cut at the ends
            where = QRectF(left, bar.bottom() + 1, 2 * half, metrics.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, text)

        painter.end()
