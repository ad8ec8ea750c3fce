"""How sure the accuracy is: a point with its 95 % interval for each split, beside the guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.results.reports.classes import ClassReport
    from app.ui.style.theme import Theme

NAMES = {"validation": "Validation", "test": "Test", "data": "These data"}


@dataclass(frozen=True)
class Interval:
    """A line of the plot; figures are shares of 1."""

    label: str
    value: float
    low: float
    high: float
    guess: float
    chosen: bool


class IntervalPlot(QWidget):
    """Shows a line for each split, to scale: show_splits(...).

    The dashed mark is what always saying one class would reach.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._intervals: list[Interval] = []
        self._guess = ""
        self.setObjectName("results.intervals")
        self.setAccessibleName("Accuracy with 95 % intervals")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._measure)

    def show_splits(self, splits: Mapping[str, ClassReport], chosen: str) -> None:
        self._intervals = [
            Interval(
                NAMES.get(name, name),
                split.accuracy,
                split.low,
                split.high,
                split.baseline,
                name == chosen,
            )
            for name, split in splits.items()
            if split.count
        ]
        first = next(iter(splits.values()), None)
        self._guess = f"always '{first.classes[first.baseline_class].name}'" if first else ""
        words = [
            f"{interval.label} {percent_text(interval.value)}, from {percent_text(interval.low)} "
            f"to {percent_text(interval.high)}, {self._guess} {percent_text(interval.guess)}"
            for interval in self._intervals
        ]

        self.setAccessibleDescription("; ".join(words))
        self.setToolTip(
            "The line is the 95 % interval: with other examples of the same kind the accuracy "
            "would most likely lie within it. The dashed mark is reached without looking at the "
            "example."
        )

        self._measure()

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(px(300), px(24) * max(1, len(self._intervals)) + px(36))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(340), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._intervals:
            return

        theme = self._theme
        px = self._theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFontMetricsF(theme.font(12, bold=True))
        left = max(small.horizontalAdvance(interval.label) for interval in self._intervals) + px(14)
        right = max(small.horizontalAdvance(_words(interval)) for interval in self._intervals) + px(
            20
        )
        bar = QRectF(
            left,
            px(2),
            max(1.0, self.width() - left - right - px(8)),
            px(24) * len(self._intervals),
        )

        self._scale(painter, bar)
        for number, interval in enumerate(self._intervals):
            y = bar.top() + px(24) * (number + 0.5)
            painter.setFont(theme.font(12, bold=interval.chosen))
            painter.setPen(theme.color("text" if interval.chosen else "secondary"))
            line = QRectF(0, y - small.height() / 2, left, small.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, interval.label)
            text = _words(interval)
            figures = QRectF(bar.right() + px(20), y - small.height() / 2, right, small.height())
            painter.drawText(figures, Qt.AlignmentFlag.AlignVCenter, text)
            self._mark(painter, bar, y, interval)

        painter.end()

    def _scale(self, painter: QPainter, bar: QRectF) -> None:
        """Draws 0, 25 ... 100 %, and what the dashed mark is."""
        theme = self._theme
        px = self._theme.px
        painter.setFont(theme.font(11))
        metrics = QFontMetricsF(painter.font())

        steps = (0, 50, 100) if bar.width() < px(200) else (0, 25, 50, 75, 100)
        for value in steps:
            x = bar.left() + bar.width() * value / 100
            painter.setPen(QPen(theme.color("grid"), 1))
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
            painter.setPen(theme.color("secondary"))
            text = f"{value} %" if value == 100 else f"{value}"
            wide = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(x - wide / 2, bar.bottom() + metrics.ascent() + px(2)), text)

        y = bar.bottom() + metrics.height() * 1.5 + px(4)
        painter.setPen(_dashed(theme))
        painter.drawLine(QPointF(bar.left() + 1, y - px(5)), QPointF(bar.left() + 1, y + px(5)))
        painter.setPen(theme.color("secondary"))
        guess = f"{self._guess}: {percent_text(self._intervals[-1].guess)}"
        guess = metrics.elidedText(
            guess, Qt.TextElideMode.ElideMiddle, self.width() - bar.left() - px(8)
        )
        painter.drawText(QPointF(bar.left() + px(8), y + metrics.ascent() / 2 - 1), guess)

    def _mark(self, painter: QPainter, bar: QRectF, y: float, interval: Interval) -> None:
        theme = self._theme
        px = self._theme.px

        def x(share: float) -> float:
            return bar.left() + bar.width() * share

        painter.setPen(_dashed(theme))
        painter.drawLine(
            QPointF(x(interval.guess), y - px(8)), QPointF(x(interval.guess), y + px(8))
        )
        color = theme.color("accent" if interval.chosen else "secondary")
        painter.setPen(QPen(color, px(2)))
        painter.drawLine(QPointF(x(interval.low), y), QPointF(x(interval.high), y))

        for end in (interval.low, interval.high):
            painter.drawLine(QPointF(x(end), y - px(6)), QPointF(x(end), y + px(6)))

        painter.setPen(QPen(theme.color("surface"), 1))
        painter.setBrush(color)
        painter.drawEllipse(QPointF(x(interval.value), y), px(3), px(3))


def _words(interval: Interval) -> str:
    """Returns the share with its interval, the unit once: "92.9 % (90.1 – 95)"."""
    low = percent_text(interval.low).removesuffix(" %")
    high = percent_text(interval.high).removesuffix(" %")
    return f"{percent_text(interval.value)} ({low} – {high})"


def _dashed(theme: Theme) -> QPen:
    pen = QPen(theme.color("warning"), theme.px(2))
    pen.setDashPattern([1.5, 1.5])
    return pen
