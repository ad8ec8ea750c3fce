"""Paints an example of any kind: a picture, a row, a text, a signal, or a pair of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.data.kinds import kind_of
from app.ui.text.literal import tooltip
from app.ui.text.short_names import alike
from app.ui.widgets.examples.pixels import crisp
from app.ui.widgets.examples.spectrogram import WINDOW, paint_spectrogram

if TYPE_CHECKING:
    from app.ui.style.theme import Theme
    from app.ui.widgets.examples.example import Example

SHORT = 60
"""Letters of a text that fits into a narrow tile."""

LINE_LETTERS = 20
"""Letters of one line of a narrow tile."""

MOST_LETTERS = 600
"""Letters of a text that are laid out."""

RADIUS = 6


def size_of(example: Example) -> tuple[int, int]:
    """Returns the width and height at 100 % at which an example is well seen small.

    The halves of a pair lie side by side.
    """
    if example.halves:
        sizes = [size_of(half) for half in example.halves]
        return sum(width for width, _ in sizes) + 8 * (len(sizes) - 1), max(
            height for _, height in sizes
        )

    width, height = kind_of(example.kind).tile
    if example.cells:
        return width, min(height, 10 + 13 * max(2, len(example.cells)))
    if example.text and len(example.text) <= SHORT:
        return kind_of("row").tile[0], min(
            height, 10 + 15 * (1 + len(example.text) // LINE_LETTERS)
        )

    return width, height


LEAST = 48
"""Pixels at 100 %: in less height a sound has no spectrogram."""

WAVE_SHARE = 0.4
"""The share of the height that the line of a sound takes."""


def paint_example(
    painter: QPainter, theme: Theme, box: QRectF, example: Example, ratio: float = 1.0
) -> None:
    """Paints an example into a box, as much of it as fits.

    ratio: pixels of the screen for each pixel of the window.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(box)

    if example.halves:
        _pair(painter, theme, box, example, ratio)
    elif example.picture is not None:
        pixmap = crisp(example.picture, max(1, int(min(box.width(), box.height()))), ratio)
        size = pixmap.deviceIndependentSize()
        painter.drawPixmap(
            QPointF(
                box.center().x() - size.width() / 2, box.center().y() - size.height() / 2
            ).toPoint(),
            pixmap,
        )
    elif example.signal is not None:
        inside = box.adjusted(theme.px(4), theme.px(4), -theme.px(4), -theme.px(4))
        if (
            example.rate
            and example.signal.shape[1] >= WINDOW
            and inside.height() >= theme.px(LEAST)
        ):
            _sound(painter, theme, inside, example.signal)
        else:
            _signal(painter, theme, inside, example.signal)
    elif example.cells:
        _row(
            painter,
            theme,
            box.adjusted(theme.px(6), theme.px(4), -theme.px(6), -theme.px(4)),
            example,
        )
    else:
        _text(
            painter,
            theme,
            box.adjusted(theme.px(6), theme.px(4), -theme.px(6), -theme.px(4)),
            example.text,
        )

    painter.restore()


def pixmap_of(theme: Theme, example: Example, size: QSize, ratio: float = 1.0) -> QPixmap:
    """Returns an example as a picture of this size on a tile, in the colours of the theme."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(theme.color("track"))
    painter = QPainter(pixmap)
    paint_example(painter, theme, QRectF(0, 0, size.width(), size.height()), example, ratio)
    painter.end()

    return pixmap


class ExampleView(QWidget):
    """Shows one example on a tile.

    scale: 1.0 for the size at which it is told from its neighbours.
    """

    def __init__(self, theme: Theme, scale: float = 1.0) -> None:
        super().__init__()
        self._theme = theme
        self._scale = scale
        self.example: Example | None = None
        self.setAccessibleName("Example")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._measure)

    def show_example(self, example: Example | None) -> None:
        self.example = example
        self.setAccessibleDescription(example.line if example else "")
        self.setToolTip(tooltip(example.line if example else ""))
        self._measure()

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width, height = size_of(self.example) if self.example else kind_of("image").tile
        return QSize(self._theme.px(width * self._scale), self._theme.px(height * self._scale))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        px = self._theme.px
        return QSize(min(hint.width(), px(120)), min(hint.height(), px(48)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.example is None:
            return

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), self._theme.px(RADIUS), self._theme.px(RADIUS))
        painter.fillPath(outline, self._theme.color("track"))
        paint_example(
            painter, self._theme, QRectF(self.rect()), self.example, self.devicePixelRatioF()
        )
        painter.end()


# --- kinds


def _pair(painter: QPainter, theme: Theme, box: QRectF, example: Example, ratio: float) -> None:
    """Paints the halves side by side, each with the width that its kind needs."""
    gap = theme.px(8)
    shares = [size_of(half)[0] for half in example.halves]

    left = box.left()
    for half, share in zip(example.halves, shares, strict=True):
        width = (box.width() - gap * (len(shares) - 1)) * share / sum(shares)
        paint_example(painter, theme, QRectF(left, box.top(), width, box.height()), half, ratio)
        left += width + gap

        if half is not example.halves[-1]:
            painter.setPen(QPen(theme.color("border"), 1))
            painter.drawLine(
                QPointF(left - gap / 2, box.top()), QPointF(left - gap / 2, box.bottom())
            )


def _row(painter: QPainter, theme: Theme, box: QRectF, example: Example) -> None:
    """Paints a line for each column: its name on the left, its value on the right.

    The last line says how many are left out.
    """
    painter.setFont(theme.font(11))
    metrics = QFontMetricsF(painter.font())
    lines = max(1, int(box.height() / metrics.height()))

    cells = example.cells if len(example.cells) <= lines else example.cells[: lines - 1]
    for number, (name, value) in enumerate(cells):
        place = QRectF(
            box.left(), box.top() + number * metrics.height(), box.width(), metrics.height()
        )
        value = metrics.elidedText(value, Qt.TextElideMode.ElideRight, 0.6 * box.width())
        room = box.width() - metrics.horizontalAdvance(value) - theme.px(6)
        painter.setPen(theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        painter.setPen(theme.color("secondary"))
        name = alike(cell for cell, _ in example.cells).short(name, metrics, room)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    if left_out := len(example.cells) - len(cells):
        place = QRectF(
            box.left(), box.top() + len(cells) * metrics.height(), box.width(), metrics.height()
        )
        painter.setPen(theme.color("secondary"))
        painter.drawText(
            place,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            f"and {left_out:,} more",
        )


def _text(painter: QPainter, theme: Theme, box: QRectF, text: str) -> None:
    """Paints as many whole lines as fit; the last ends in an ellipsis where text is left out."""
    font = theme.font(12)
    metrics = QFontMetricsF(font)
    short = " ".join(text[:MOST_LETTERS].split()) or "(empty)"
    most = max(1, int((box.height() + 2) / metrics.height()))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(short, font)
    layout.setTextOption(option)
    starts: list[int] = []
    layout.beginLayout()

    while len(starts) <= most and (line := layout.createLine()).isValid():
        line.setLineWidth(box.width())
        starts.append(line.textStart())

    layout.endLayout()
    painter.setFont(font)
    painter.setPen(theme.color("text"))

    for number, start in enumerate(starts[:most]):
        last = number == most - 1
        end = len(short) if last or number + 1 >= len(starts) else starts[number + 1]

        words = short[start:end]
        if last and len(text) > MOST_LETTERS:
            words += "…"

        words = (
            metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width()) if last else words
        )
        painter.drawText(
            QPointF(box.left(), box.top() + number * metrics.height() + metrics.ascent()), words
        )


def _sound(painter: QPainter, theme: Theme, box: QRectF, signal: np.ndarray) -> None:
    """Paints the line of a sound, and below it the spectrogram of its first channel."""
    middle = box.top() + WAVE_SHARE * box.height()
    _signal(painter, theme, QRectF(box.topLeft(), QPointF(box.right(), middle)), signal)
    below = QRectF(QPointF(box.left(), middle + theme.px(2)), box.bottomRight())
    paint_spectrogram(painter, theme, below, signal[0])


def _signal(painter: QPainter, theme: Theme, box: QRectF, signal: np.ndarray) -> None:
    """Paints a line for each channel, on one scale: low and high of what falls on each pixel."""
    values = np.nan_to_num(signal.astype(float))
    low = float(values.min())
    high = float(values.max())
    spread = (high - low) or 1.0
    length = values.shape[1]

    columns = max(1, int(box.width()))
    for number, channel in enumerate(values[:4]):
        if length > 2 * columns:
            edges = np.linspace(0, length, columns + 1).astype(int)[:-1]
            y = np.stack(
                [np.minimum.reduceat(channel, edges), np.maximum.reduceat(channel, edges)], axis=1
            ).ravel()
            x = np.repeat(np.arange(columns, dtype=float), 2)
        else:
            y = channel
            x = np.linspace(0, box.width(), max(2, length))[:length]

        points = [
            QPointF(box.left() + across, box.bottom() - (height - low) / spread * box.height())
            for across, height in zip(x.tolist(), y.tolist(), strict=True)
        ]
        painter.setPen(QPen(theme.color("training" if number % 2 == 0 else "validation"), 1.2))
        painter.drawPolyline(QPolygonF(points))
