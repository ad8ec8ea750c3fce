"""Shows how amounts are spread, by split: bars on one scale over an axis with the unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.text import count_text, number_text
from app.ui.style.theme import SMALL, Theme
from app.ui.text.literal import tooltip
from app.ui.widgets.class_bars import GAP, HEAD, SPLITS, SQUARE

if TYPE_CHECKING:
    from collections.abc import Mapping

BARS = 24
"""Most bars."""

FOOT = 36
"""Height below the bars for the axis and its title, in pixels at 100 %."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def bins_of(values: np.ndarray, most: int = BARS) -> np.ndarray:
    """Returns edges of equal bars at round numbers, from the lowest to the highest value.

    (n + 1,), with n at most `most`.
    """
    if not len(values):
        return np.array([0.0, 1.0])

    low = float(np.min(values))
    high = float(np.max(values))
    if high <= low:
        return np.array([low - 0.5, low + 0.5])

    rough = (high - low) / min(most, max(4, int(np.sqrt(len(values)) * 1.5)))
    power = 10.0 ** np.floor(np.log10(rough))

    step = next(power * factor for factor in STEPS if power * factor >= rough * (1 - 1e-9))
    if step != np.rint(step) and bool((values == np.rint(values)).all()):
        step = float(np.ceil(step))  # of whole numbers nothing lies between two of them

    first = np.floor(low / step + 1e-9)
    last = np.floor(high / step + 1e-9) + 1
    edges: np.ndarray = np.arange(first, last + 1) * step
    return edges


def edge_words(edges: np.ndarray) -> list[str]:
    """Returns the edges in words, with as many decimals as tell them apart."""
    step = float(edges[1] - edges[0])
    largest = float(np.abs(edges).max())
    if largest >= 1e6 or step < 1e-4:
        return [number_text(float(edge)) for edge in edges]

    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    decimals += not np.isclose(round(step, decimals), step)
    return [f"{edge + 0.0:,.{decimals}f}" for edge in np.round(edges, decimals)]


class Histogram(QWidget):
    """A histogram of the values of each split; nothing is cut off at either end."""

    def __init__(self, theme: Theme, noun: str = "example") -> None:
        super().__init__()
        self._theme = theme
        self._noun = noun
        self.edges = np.array([0.0, 1.0])
        self.counts: dict[str, np.ndarray] = {}
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.updateGeometry)

    def show_values(self, values: Mapping[str, np.ndarray], title: str) -> None:
        """Shows (n,) numbers for each split. title: of the axis, with its unit."""
        known = {split: np.asarray(array, float) for split, array in values.items() if len(array)}
        every = np.concatenate(list(known.values())) if known else np.zeros(0)
        self.edges = bins_of(every)
        self._title = title
        self.counts = {split: np.histogram(array, self.edges)[0] for split, array in known.items()}

        if len(every):
            self.setAccessibleDescription(
                f"{title}: from {number_text(float(every.min()))} to "
                f"{number_text(float(every.max()))}, half of them "
                f"below {number_text(float(np.median(every)))}."
            )

        self.update()

    def words(self, bar: int) -> str:
        """Returns a bar in words: "20 to 25: 12 examples (9 training, 3 test)"."""
        parts = ", ".join(f"{int(counts[bar]):,} {split}" for split, counts in self.counts.items())
        total = int(sum(counts[bar] for counts in self.counts.values()))
        low, high = edge_words(self.edges)[bar : bar + 2]

        return f"{low} to {high}: {count_text(total, self._noun)} ({parts})"

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(280), self._theme.px(200))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(112))

    # --- painting

    @property
    def _area(self) -> QRectF:
        """Returns the rectangle of the bars."""
        px = self._theme.px
        return QRectF(0, px(HEAD), self.width() - 1, max(8, self.height() - px(HEAD) - px(FOOT)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font(SMALL))

        if self.counts:
            self._paint_legend(painter)
            self._paint_bars(painter)
            self._paint_axis(painter)

    def _paint_bars(self, painter: QPainter) -> None:
        area = self._area
        theme = self._theme
        total = np.sum(list(self.counts.values()), axis=0)
        width = area.width() / len(total)

        most = max(1, int(total.max()))
        for bar in range(len(total)):
            bottom = area.bottom()
            for split, counts in self.counts.items():
                height = area.height() * float(counts[bar]) / most
                if height > 0:
                    bar_box = QRectF(
                        area.left() + bar * width,
                        bottom - height,
                        max(1.0, width - theme.px(1)),
                        height,
                    )
                    painter.fillRect(bar_box, theme.color(SPLITS.get(split, "line")))

                bottom -= height

    def _paint_legend(self, painter: QPainter) -> None:
        theme = self._theme
        metrics = QFontMetricsF(painter.font())
        left = 0.0
        square = theme.px(SQUARE)

        height = theme.px(HEAD) - theme.px(4)
        for split, counts in self.counts.items():
            text = f"{split} {int(counts.sum()):,}"
            bar_box = QRectF(left, (height - square) / 2, square, square)
            painter.fillRect(bar_box, theme.color(SPLITS.get(split, "line")))
            painter.setPen(theme.color("secondary"))
            left += square + theme.px(5)
            painter.drawText(
                QRectF(left, 0, self.width(), height), Qt.AlignmentFlag.AlignVCenter, text
            )
            left += metrics.horizontalAdvance(text) + theme.px(GAP)

    def _paint_axis(self, painter: QPainter) -> None:
        """Paints numbers under as many edges as there is room for, and the title below."""
        theme = self._theme
        area = self._area
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(theme.color("secondary"))
        words = edge_words(self.edges)
        widest = max(metrics.horizontalAdvance(word) for word in words) + theme.px(12)
        each = area.width() / (len(self.edges) - 1)
        every = max(1, int(np.ceil(widest / each)))
        top = area.bottom() + theme.px(2)
        line = metrics.height()

        for edge in range(0, len(self.edges), every):
            across = metrics.horizontalAdvance(words[edge])
            left = max(0.0, area.left() + edge * each - across / 2)
            if left + across > self.width():  # there may be no room for the last one
                continue

            painter.drawText(QPointF(left, top + metrics.ascent()), words[edge])

        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, area.width())
        room = QRectF(0, top + line, area.width(), line + 2)
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, title)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            area = self._area
            bars = len(self.edges) - 1

            bar = int((event.pos().x() - area.left()) / max(1.0, area.width()) * bars)
            if self.counts and 0 <= bar < bars and area.contains(QPointF(event.pos())):
                QToolTip.showText(event.globalPos(), tooltip(self.words(bar)), self)
            else:
                QToolTip.hideText()

            return True
        return super().event(event)
