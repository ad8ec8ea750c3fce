"""Draws the confusion matrix, on the screen and in a file: blue is right, orange wrong.

The depth of a colour is the share of the row. Only what lies in view is drawn, and the cells come
from one small picture, so 200 classes cost as little as two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from app.engine.text import percent_cell
from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from app.ui.pages.results.confusion.counts import Confusion
    from app.ui.style.theme import Theme

LARGEST_CELL = 320
"""Pixels at 100 %."""

NUMBER = 5.5
"""Cells are so many times as high as their numbers where these grow with them."""

LARGEST_NUMBER = 28
"""Pixels at 100 %."""

DEEPEST = 0.5
"""Share of full colour in the deepest cell that bears a number.

Text stays readable on it (4.5:1) in light and dark.
"""


@dataclass(frozen=True)
class Geometry:
    """Where things are, in pixels.

    Labels take `left` and `top`; each cell is `cell` wide and high. flat_labels: names of columns
    lie flat, not upright.
    """

    left: float
    top: float
    cell: float
    classes: int
    flat_labels: bool

    @property
    def width(self) -> float:
        return self.left + self.cell * self.classes

    @property
    def height(self) -> float:
        return self.top + self.cell * self.classes


def geometry(
    confusion: Confusion, theme: Theme, width: float, height: float, zoom: float = 1.0
) -> Geometry:
    """Returns where things are; at zoom 1 the whole matrix fits into width x height."""
    metrics = QFontMetricsF(theme.font(12))
    classes = max(1, len(confusion.classes))
    longest = max(
        (metrics.horizontalAdvance(name) for name in confusion.classes), default=0
    ) + theme.px(12)
    caption = metrics.height() + theme.px(4)
    left = max(
        min(longest, width * 0.28, theme.px(130)), metrics.horizontalAdvance("true ↓") + theme.px(8)
    )
    flat_top = metrics.height() + theme.px(6) + caption

    cell = (
        min((width - left) / classes, (height - flat_top) / classes, theme.px(LARGEST_CELL)) * zoom
    )
    if longest <= cell:
        return Geometry(left, flat_top, cell, classes, True)

    top = min(longest, height * 0.28, theme.px(110)) + caption
    cell = (
        max(0.5, min((width - left) / classes, (height - top) / classes, theme.px(LARGEST_CELL)))
        * zoom
    )
    return Geometry(left, top, cell, classes, False)


def picture(confusion: Confusion, order: np.ndarray, theme: Theme, deepest: float) -> QImage:
    """Returns a picture of a pixel a cell. deepest: the share of full colour for 100 %."""
    shares = confusion.shares()[np.ix_(order, order)]
    right = np.eye(len(order), dtype=bool)
    depth = deepest * np.where(right, shares, np.sqrt(shares))[..., None]
    empty, blue, orange = (
        _rgb(theme.color(role)) for role in ("surface", "training", "validation")
    )
    pixels = empty + depth * (np.where(right[..., None], blue, orange) - empty)
    pixels = np.ascontiguousarray(pixels.round().astype(np.uint8))
    size = len(order)

    return QImage(pixels.data, size, size, 3 * size, QImage.Format.Format_RGB888).copy()


def _rgb(color: QColor) -> np.ndarray:
    return np.array([color.red(), color.green(), color.blue()], dtype=float)


@dataclass(frozen=True)
class Drawing:
    """Everything that `paint` needs beside the painter.

    order: (K,) class numbers as they are shown. cells: see `picture`. offset: how far the cells are
    scrolled, in pixels. current: row and column as shown.
    """

    confusion: Confusion
    order: np.ndarray
    cells: QImage
    geometry: Geometry
    theme: Theme
    percent: bool = False
    offset: tuple[float, float] = (0.0, 0.0)
    current: tuple[int, int] | None = None
    focus: bool = False


def paint(painter: QPainter, drawing: Drawing, width: float, height: float) -> None:
    """Draws the matrix into width x height pixels."""
    layout = drawing.geometry
    painter.fillRect(QRectF(0, 0, width, height), drawing.theme.color("surface"))
    painter.save()
    painter.setClipRect(QRectF(layout.left, layout.top, width - layout.left, height - layout.top))
    _cells(painter, drawing, width, height)
    painter.restore()
    _row_labels(painter, drawing, height)
    _column_labels(painter, drawing, width)
    _captions(painter, drawing)


def _range(offset: float, extent: float, cell: float, classes: int) -> range:
    """Returns which rows or columns lie in view."""
    return range(max(0, int(offset / cell)), min(classes, int((offset + extent) / cell) + 1))


def _cells(painter: QPainter, drawing: Drawing, width: float, height: float) -> None:
    layout = drawing.geometry
    dx, dy = drawing.offset
    theme = drawing.theme
    x0 = layout.left - dx
    y0 = layout.top - dy
    size = layout.cell * layout.classes
    painter.drawImage(QRectF(x0, y0, size, size), drawing.cells)
    columns = _range(dx, width - layout.left, layout.cell, layout.classes)
    rows = _range(dy, height - layout.top, layout.cell, layout.classes)

    if layout.cell >= theme.px(6):
        painter.setPen(QPen(theme.color("border"), 1))
        for i in range(rows.start, rows.stop + 1):
            painter.drawLine(
                QPointF(x0, y0 + i * layout.cell), QPointF(x0 + size, y0 + i * layout.cell)
            )

        for i in range(columns.start, columns.stop + 1):
            painter.drawLine(
                QPointF(x0 + i * layout.cell, y0), QPointF(x0 + i * layout.cell, y0 + size)
            )
    else:
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawRect(QRectF(x0, y0, size, size))

    _numbers(painter, drawing, rows, columns)
    if drawing.current is not None:
        row, column = drawing.current
        role = "accent" if drawing.focus else "secondary"
        painter.setPen(QPen(theme.color(role), 2))
        edge = max(layout.cell, theme.px(6))
        painter.drawRect(QRectF(x0 + column * layout.cell, y0 + row * layout.cell, edge, edge))


def _numbers(painter: QPainter, drawing: Drawing, rows: range, columns: range) -> None:
    layout = drawing.geometry
    theme = drawing.theme
    dx, dy = drawing.offset
    font = theme.font(12)
    grown = min(theme.px(LARGEST_NUMBER), int(layout.cell / NUMBER))
    font.setPixelSize(max(font.pixelSize(), grown))

    widest = "100" if drawing.percent else f"{int(drawing.confusion.counts.max(initial=0))}"
    while QFontMetricsF(font).horizontalAdvance(widest) > layout.cell - 4 and font.pixelSize() > 8:
        font.setPixelSize(font.pixelSize() - 1)

    metrics = QFontMetricsF(font)
    if metrics.horizontalAdvance(widest) > layout.cell - 2 or metrics.height() > layout.cell:
        return

    painter.setFont(font)
    painter.setPen(theme.color("text"))
    counts = drawing.confusion.counts
    order = drawing.order

    for i in rows:
        for j in columns:
            true = order[i]
            answer = order[j]
            if not counts[true, answer]:
                continue

            text = f"{counts[true, answer]}"
            if drawing.percent:
                text = percent_cell(drawing.confusion.share(true, answer))

            box = QRectF(
                layout.left - dx + j * layout.cell,
                layout.top - dy + i * layout.cell,
                layout.cell,
                layout.cell,
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _row_labels(painter: QPainter, drawing: Drawing, height: float) -> None:
    layout = drawing.geometry
    theme = drawing.theme
    dy = drawing.offset[1]
    metrics = QFontMetricsF(theme.font(12))
    painter.save()
    painter.setClipRect(QRectF(0, layout.top, layout.left, height - layout.top))
    here = drawing.current[0] if drawing.current else -1
    rows = _range(dy, height - layout.top, layout.cell, layout.classes)

    several = layout.cell >= metrics.height() * 0.9
    for i in rows if several else [here]:
        if i not in rows:
            continue

        painter.setFont(theme.font(12, bold=i == here))
        painter.setPen(theme.color("text" if i == here else "secondary"))
        name = drawing.confusion.classes[drawing.order[i]]
        name = alike(drawing.confusion.classes).short(
            name, QFontMetricsF(painter.font()), layout.left - theme.px(8)
        )
        tall = max(layout.cell, metrics.height())

        middle = layout.top - dy + (i + 0.5) * layout.cell
        if not several:
            middle = max(layout.top + tall / 2, min(middle, height - tall / 2))

        box = QRectF(0, middle - tall / 2, layout.left - theme.px(8), tall)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)

    painter.restore()


def _column_labels(painter: QPainter, drawing: Drawing, width: float) -> None:
    layout = drawing.geometry
    theme = drawing.theme
    dx = drawing.offset[0]
    metrics = QFontMetricsF(theme.font(12))
    caption = metrics.height() + theme.px(4)
    room = layout.top - caption - theme.px(6)
    painter.save()
    painter.setClipRect(QRectF(layout.left, 0, width - layout.left, layout.top))
    here = drawing.current[1] if drawing.current else -1
    columns = _range(dx, width - layout.left, layout.cell, layout.classes)

    several = layout.flat_labels or layout.cell >= metrics.height() * 0.9
    for j in columns if several else [here]:
        if j not in columns:
            continue

        painter.setFont(theme.font(12, bold=j == here))
        painter.setPen(theme.color("text" if j == here else "secondary"))
        name = drawing.confusion.classes[drawing.order[j]]

        middle = layout.left - dx + (j + 0.5) * layout.cell
        if layout.flat_labels:
            box = QRectF(
                middle - layout.cell / 2, caption, layout.cell, metrics.height() + theme.px(4)
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
            continue

        name = alike(drawing.confusion.classes).short(name, QFontMetricsF(painter.font()), room)
        painter.save()

        if not several:
            middle = max(layout.left + caption / 2, min(middle, width - caption / 2))

        painter.translate(middle, layout.top - theme.px(6))
        painter.rotate(-90)
        painter.drawText(
            QRectF(0, -metrics.height() / 2, room, metrics.height()),
            Qt.AlignmentFlag.AlignVCenter,
            name,
        )

        painter.restore()

    painter.restore()


def _captions(painter: QPainter, drawing: Drawing) -> None:
    layout = drawing.geometry
    theme = drawing.theme
    painter.setFont(theme.font(12))
    painter.setPen(theme.color("secondary"))
    metrics = QFontMetricsF(painter.font())
    painter.drawText(
        QRectF(layout.left, 0, max(layout.cell * layout.classes, theme.px(90)), metrics.height()),
        Qt.AlignmentFlag.AlignLeft,
        "answer →",
    )

    painter.drawText(
        QRectF(
            0,
            layout.top - metrics.height() - theme.px(4),
            layout.left - theme.px(8),
            metrics.height(),
        ),
        Qt.AlignmentFlag.AlignRight,
        "true ↓",
    )
