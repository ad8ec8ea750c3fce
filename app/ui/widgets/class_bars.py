"""How many examples each class has, by split, as bars on one scale with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip

from app.engine.text import count_text, times_text
from app.ui.style.theme import SMALL, Theme
from app.ui.text.literal import tooltip
from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPLITS = {"training": "training", "validation": "validation", "test": "line"}
"""Colour role of each split."""

# Sizes in pixels at 100 %.
ROW = 22

TALLEST = 32

BAR = 10

GAP = 10

HEAD = 22

SQUARE = 9


def balance_words(
    classes: Sequence[str], totals: Sequence[int], noun: str = "picture", group: str = "class"
) -> str:
    """Returns in a sentence how evenly the training examples are spread over the classes.

    totals: per class. noun: of one example. group: what a class is called.
    """
    if not totals:
        return ""

    few = min(totals)
    many = max(totals)
    if few == many:
        return f"Balanced: every {group} has {count_text(few, noun)} to train on."

    least = classes[list(totals).index(few)]
    most = classes[list(totals).index(many)]
    if few and many / few <= 1.5:
        return f"Balanced: between {few:,} and {count_text(many, noun)} a {group} to train on."
    if not few:
        return f"Uneven: '{most}' has {count_text(many, noun)} to train on, '{least}' has none."

    times = times_text(many / few)
    return (
        f"Uneven: '{most}' has {count_text(many, noun)} to train on, "
        f"'{least}' {few:,}: {times} times as many."
    )


class ClassBars(QAbstractScrollArea):
    """A row for each class: its name, a bar divided by split, its number.

    It scrolls; only what is visible is painted.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._classes: tuple[str, ...] = ()
        self._counts: dict[str, tuple[int, ...]] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Examples per class")
        theme.changed.connect(self._measure)

    def show_counts(self, classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> None:
        """Shows the counts.

        counts: per split, examples per class in the order of `classes`.
        """
        self._classes = tuple(classes)
        self._counts = {split: tuple(numbers) for split, numbers in counts.items() if sum(numbers)}
        self.setAccessibleDescription(
            "; ".join(self.words(row) for row in range(min(len(self._classes), 50)))
        )
        self._measure()

    @property
    def totals(self) -> tuple[int, ...]:
        """Returns the examples of each class over all splits."""
        return tuple(
            sum(numbers[row] for numbers in self._counts.values())
            for row in range(len(self._classes))
        )

    def words(self, row: int) -> str:
        """Returns a class in words: "cat: 120 (96 training, 12 validation, 12 test)"."""
        parts = ", ".join(f"{numbers[row]:,} {split}" for split, numbers in self._counts.items())
        return f"{self._classes[row]}: {self.totals[row]:,} ({parts})"

    def sizeHint(self) -> QSize:
        rows = min(len(self._classes), 10)
        return QSize(self._theme.px(320), self._theme.px(HEAD + ROW * max(3, rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(180), self._theme.px(HEAD + ROW * 3))

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(SMALL))
        metrics = QFontMetrics(painter.font())
        totals = self.totals
        largest = max(totals, default=0) or 1
        names, numbers = self._columns(metrics, totals)
        gap = self._theme.px(GAP)
        bars = QRect(names + gap, 0, self.viewport().width() - names - numbers - 2 * gap, 0)
        row_height = self._row
        head = self._head
        offset = self.verticalScrollBar().value()
        first = max(0, offset // row_height)
        painter.setClipRect(QRect(0, head, self.viewport().width(), self.viewport().height()))

        for row in range(
            first, min(len(self._classes), first + self.viewport().height() // row_height + 2)
        ):
            line = QRect(0, head + row * row_height - offset, self.viewport().width(), row_height)
            self._paint_row(painter, metrics, row, line, bars, names, largest)

        painter.setClipping(False)
        self._paint_legend(painter, metrics)

    def _paint_row(
        self,
        painter: QPainter,
        metrics: QFontMetrics,
        row: int,
        line: QRect,
        bars: QRect,
        names: int,
        largest: int,
    ) -> None:
        theme = self._theme
        painter.setPen(theme.color("text"))
        name = alike(self._classes).short(self._classes[row], metrics, names)
        painter.drawText(
            QRect(0, line.y(), names, line.height()), Qt.AlignmentFlag.AlignVCenter, name
        )
        thickness = theme.px(BAR)
        top = line.y() + (line.height() - thickness) / 2

        left = float(bars.x())
        for split, numbers in self._counts.items():
            width = bars.width() * numbers[row] / largest
            if width > 0:
                painter.fillRect(QRectF(left, top, max(1.0, width), thickness), self._color(split))
            left += width

        painter.setPen(theme.color("secondary"))
        place = QRect(0, line.y(), line.width() - theme.px(2), line.height())
        alignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            place, alignment, f"{sum(numbers[row] for numbers in self._counts.values()):,}"
        )

    def _legend(self, metrics: QFontMetrics) -> list[tuple[int, int, str, str]]:
        """Returns (left, row, split, text) of every entry of the legend.

        What does not fit into a row begins the next.
        """
        theme = self._theme
        left = 0
        row = 0

        entries = []
        for split, numbers in self._counts.items():
            text = f"{split} {sum(numbers):,}"
            width = theme.px(SQUARE + 5) + metrics.horizontalAdvance(text)
            if left and left + width > self.viewport().width():
                left = 0
                row = row + 1

            entries.append((left, row, split, text))
            left += width + theme.px(12)

        return entries

    @property
    def _head(self) -> int:
        """Returns the height of the legend in pixels."""
        entries = self._legend(QFontMetrics(self._theme.font(SMALL)))
        return self._theme.px(HEAD) * (entries[-1][1] + 1 if entries else 1)

    def _paint_legend(self, painter: QPainter, metrics: QFontMetrics) -> None:
        theme = self._theme
        square = theme.px(SQUARE)

        line = theme.px(HEAD)
        for left, row, split, text in self._legend(metrics):
            top = row * line
            painter.fillRect(
                QRect(left, top + (line - theme.px(4) - square) // 2, square, square),
                self._color(split),
            )

            painter.setPen(theme.color("secondary"))
            start = left + square + theme.px(5)
            place = QRect(start, top, metrics.horizontalAdvance(text) + 4, line - theme.px(4))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def _columns(self, metrics: QFontMetrics, totals: Sequence[int]) -> tuple[int, int]:
        """Returns the width of the names and that of the numbers."""
        longest = max((metrics.horizontalAdvance(name) for name in self._classes), default=0)
        number = max((metrics.horizontalAdvance(f"{total:,}") for total in totals), default=0)
        return min(longest + 2, self.viewport().width() * 2 // 5), number + self._theme.px(2)

    def _color(self, split: str) -> QColor:
        return self._theme.color(SPLITS.get(split, "line"))

    # --- size, scrolling, hints

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self._row_at(event.pos())
            if row is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), tooltip(self.words(row)), self)

            return True
        return super().viewportEvent(event)

    @property
    def _row(self) -> int:
        """Returns the height of a row in pixels; few classes stand further apart."""
        room = (self.viewport().height() - self._head) // max(1, len(self._classes))
        return min(self._theme.px(TALLEST), max(self._theme.px(ROW), room))

    def _row_at(self, place: QPoint) -> int | None:
        head = self._head
        row = (place.y() - head + self.verticalScrollBar().value()) // self._row
        return row if place.y() >= head and 0 <= row < len(self._classes) else None

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._measure()

    def _measure(self) -> None:
        head = self._head
        self.setMaximumHeight(head + self._theme.px(TALLEST) * max(1, len(self._classes)))
        row = self._row
        room = self.viewport().height() - head
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, row * len(self._classes) - room))
        bar.setPageStep(max(1, room))
        bar.setSingleStep(row)
        self.updateGeometry()
        self.viewport().update()
