"""Targets on a line, one outlier to be moved, and the single answer that each loss likes best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.style.theme import Theme

HEIGHT = 118
DOTS = 120
"""At most so many targets are drawn, evenly spread over the sorted ones."""


class OutlierStrip(QWidget):
    """The line of targets. moved(value): the outlier was dragged to this amount."""

    moved = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.values = np.zeros(0)
        self.outlier = 0.0
        self.answers: list[tuple[str, float, str]] = []
        self.low = 0.0
        self.high = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAccessibleName("Your targets, one outlier, and the best single answer of each loss")
        self.setToolTip("Drag the outlier and see which answer follows it.")
        theme.changed.connect(self._changed)

    def show_values(
        self,
        values: np.ndarray,
        outlier: float,
        answers: Sequence[tuple[str, float, str]],
        low: float,
        high: float,
    ) -> None:
        """Draws (n,) targets.

        answers: (name, amount, role of the theme) each. low, high: the ends of the line.
        """
        if len(values) > DOTS:
            values = np.sort(values)[np.linspace(0, len(values) - 1, DOTS).astype(int)]

        self.values = values
        self.outlier = outlier
        self.answers = list(answers)
        self.low = low
        self.high = high
        self.setAccessibleDescription(
            "; ".join(f"{name} {number_text(value)}" for name, value, _ in self.answers)
        )
        self.update()

    def _changed(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(180), self.theme.px(HEIGHT))

    # --- drawing

    def _x(self, value: float) -> float:
        margin = self.theme.px(14)
        share = (value - self.low) / max(self.high - self.low, 1e-12)
        return margin + min(1.0, max(0.0, share)) * (self.width() - 2 * margin)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.height() - theme.px(22)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QPointF(self._x(self.low), line), QPointF(self._x(self.high), line))
        painter.setFont(theme.font(11))
        painter.setPen(theme.color("secondary"))
        box = QRectF(theme.px(4), line + theme.px(3), self.width() - theme.px(8), theme.px(18))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, number_text(self.low))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, number_text(self.high))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("training_raw"))
        radius = theme.px(3)

        room = theme.px(26)
        for number, value in enumerate(self.values.tolist()):
            up = (number * 7 % 11) / 11 * room  # spread in height, so that equal ones are all seen
            painter.drawEllipse(QPointF(self._x(value), line - theme.px(6) - up), radius, radius)

        painter.setBrush(theme.color("problem"))
        painter.drawEllipse(
            QPointF(self._x(self.outlier), line - theme.px(8)), theme.px(6), theme.px(6)
        )
        self._draw_answers(painter, line)
        painter.end()

    def _draw_answers(self, painter: QPainter, line: float) -> None:
        """Draws all lines first, then their words on a background, in the order of their values."""
        theme = self.theme
        answers = sorted(self.answers, key=lambda answer: -answer[1])

        tops = [theme.px(15) * (number + 1) for number in range(len(answers))]
        for (_, value, role), top in zip(answers, tops, strict=True):
            painter.setPen(QPen(theme.color(role), 2))
            painter.drawLine(
                QPointF(self._x(value), top - theme.px(4)), QPointF(self._x(value), line)
            )

        painter.setFont(theme.font(11, bold=True))
        metrics = painter.fontMetrics()
        for (name, value, role), top in zip(answers, tops, strict=True):
            text = f"{name}: {number_text(value)}"
            x = self._x(value)
            wide = metrics.horizontalAdvance(text)
            left = (
                x + theme.px(5) if x + wide + theme.px(8) < self.width() else x - wide - theme.px(5)
            )
            paper = QRectF(
                left - 1,
                top - metrics.ascent() + theme.px(2),
                wide + 2,
                metrics.height() - theme.px(3),
            )

            painter.fillRect(paper, theme.color("surface"))
            painter.setPen(theme.color(role))
            painter.drawText(QPointF(left, top + theme.px(1)), text)

    # --- moving

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._move(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move(event)

    def _move(self, event: QMouseEvent) -> None:
        margin = self.theme.px(14)
        share = (event.position().x() - margin) / max(1, self.width() - 2 * margin)
        self.moved.emit(self.low + min(1.0, max(0.0, share)) * (self.high - self.low))
