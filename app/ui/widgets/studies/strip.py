"""Figures over seeds as dots on a line, with their mean and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from app.engine.studies.intervals import Spread
    from app.ui.style.theme import Theme

RADIUS = 4
WIDTH = 180
HEIGHT = 30


@dataclass(frozen=True)
class Axis:
    """From where to where all strips of a table go. middle: the mean of the first member."""

    low: float
    high: float
    middle: float | None = None


class SeedStrip(QWidget):
    """A dot for each seed; the bar is the 95 % interval of the mean, the long line the first's."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._figures: tuple[float, ...] = ()
        self._spread: Spread | None = None
        self._axis: Axis | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(theme.px(60))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(WIDTH), self._theme.px(HEIGHT))

    def show_figures(
        self, figures: tuple[float, ...], spread: Spread | None, axis: Axis | None
    ) -> None:
        """Shows these figures. axis: None where no member has any."""
        self._figures = figures
        self._spread = spread
        self._axis = axis
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._axis is None:
            return

        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        radius = theme.px(RADIUS)
        painter.setPen(QPen(theme.color("grid"), theme.px(1)))
        painter.drawLine(QPointF(radius, middle), QPointF(self.width() - radius, middle))
        if self._axis.middle is not None:
            painter.setPen(QPen(theme.color("line"), theme.px(1)))
            x = self._x(self._axis.middle)
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

        spread = self._spread
        if spread is not None and spread.low is not None and spread.high is not None:
            left = max(float(radius), self._x(spread.low))
            right = min(float(self.width() - radius), self._x(spread.high))
            tall = theme.px(10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(theme.color("accent_hover_tint")))
            bar = QRectF(left, middle - tall / 2, max(1.0, right - left), tall)
            painter.drawRoundedRect(bar, theme.px(3), theme.px(3))

        self._dots(painter, middle, radius)
        painter.end()

    def _dots(self, painter: QPainter, middle: float, radius: float) -> None:
        color = self._theme.color("training")
        color.setAlpha(190)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(color))
        for figure in self._figures:
            painter.drawEllipse(QPointF(self._x(figure), middle), radius, radius)

        if self._spread is not None:
            x = self._x(self._spread.mean)
            painter.setPen(QPen(self._theme.color("text"), self._theme.px(2)))
            tall = self._theme.px(9)
            painter.drawLine(QPointF(x, middle - tall), QPointF(x, middle + tall))

    def _x(self, value: float) -> float:
        assert self._axis is not None
        pad = 2.0 * self._theme.px(RADIUS)
        reach = self._axis.high - self._axis.low
        share = (value - self._axis.low) / reach if reach else 0.5
        return pad + share * (self.width() - 2 * pad)
