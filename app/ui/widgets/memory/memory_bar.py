"""Memory as a bar to scale, each purpose in its colour.

Small parts are drawn enlarged below it, so that in the bar nothing is larger than it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.text import bytes_text, times_text
from app.ui.text.literal import tooltip
from app.ui.widgets.memory.ledger import OF_THE_WEIGHTS, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.style.theme import Theme

# Heights in pixels at 100 %.
BAR = 16

LINK = 15

SMALL_BAR = 10

WORTH_ENLARGING = 0.35
"""The weights' rows are enlarged when together they are less than this share of the bar."""


class MemoryBar(QWidget):
    """A bar of parts; `total` sets the scale where they do not fill it, `peak` is a marker.

    enlarge: draw the rows of the weights' size once more below, over the full width, joined by two
    lines. thin: a bar of 8 pixels without anything below, for the bottom of the window.
    """

    def __init__(
        self, theme: Theme, enlarge: bool = False, thin: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self._enlarge = enlarge
        self._thin = thin
        self.parts: Sequence[Part] = ()
        self.total = 0
        self.peak: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.changed.connect(self._changed)

    def show_parts(
        self, parts: Sequence[Part], total: int | None = None, peak: int | None = None
    ) -> None:
        """Shows the parts from left to right.

        total: bytes of the whole bar, the sum if None. peak: bytes from the left.
        """
        self.parts = tuple(parts)
        self.total = max(total or 0, sum(part.bytes for part in parts), peak or 0)
        self.peak = peak
        words = ", ".join(f"{part.name} {bytes_text(part.bytes)}" for part in parts)
        self.setAccessibleDescription(words)
        self._changed()

    def _changed(self) -> None:
        self.updateGeometry()
        self.update()

    # --- geometry

    @property
    def enlarged(self) -> list[Part]:
        """Returns the parts that are drawn once more."""
        small = [part for part in self.parts if part.key in OF_THE_WEIGHTS]
        share = sum(part.bytes for part in small) / self.total if self.total else 1.0
        return small if self._enlarge and small and share < WORTH_ENLARGING else []

    def sizeHint(self) -> QSize:
        height = 8 if self._thin else BAR + (LINK + SMALL_BAR if self._enlarge else 0)
        return QSize(self.theme.px(160), self.theme.px(height))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(60), self.sizeHint().height())

    def segments(self) -> list[tuple[Part, QRectF]]:
        """Returns where each part is drawn in the bar, to scale."""
        height = float(self.theme.px(8 if self._thin else BAR))
        return _side_by_side(self.parts, QRectF(0, 0, self.width(), height), self.total)

    def enlarged_segments(self) -> list[tuple[Part, QRectF]]:
        parts = self.enlarged
        top = float(self.theme.px(BAR + LINK))
        height = float(self.theme.px(SMALL_BAR))

        return _side_by_side(
            parts, QRectF(0, top, self.width(), height), sum(part.bytes for part in parts)
        )

    def times_larger(self) -> str:
        """Returns how much the enlargement enlarges: "42 times larger"."""
        small = sum(part.bytes for part in self.enlarged)
        times = self.total / small if small else 1.0
        return f"{times_text(times)} times larger"

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        segments = self.segments()
        height = self.theme.px(8 if self._thin else BAR)
        self._bar(painter, QRectF(0, 0, self.width(), height), segments)

        below = self.enlarged_segments()
        if below:
            self._link(
                painter, [box for part, box in segments if part.key in OF_THE_WEIGHTS], below[0][1]
            )
            self._bar(
                painter, QRectF(0, below[0][1].top(), self.width(), below[0][1].height()), below
            )

        if self.peak and self.total:
            x = self.width() * self.peak / self.total
            painter.setPen(QPen(self.theme.color("text"), self.theme.px(2)))
            painter.drawLine(QPointF(x - 1, 0), QPointF(x - 1, height))

        painter.end()

    def _bar(self, painter: QPainter, box: QRectF, segments: list[tuple[Part, QRectF]]) -> None:
        radius = self.theme.px(4 if not self._thin else 3)
        outline = QPainterPath()
        outline.addRoundedRect(box, radius, radius)
        painter.fillPath(outline, self.theme.color("track"))
        painter.save()
        painter.setClipPath(outline)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

        for part, place in segments:
            painter.fillRect(place, self.theme.color(part.role))

        painter.restore()

    def _link(self, painter: QPainter, above: list[QRectF], below: QRectF) -> None:
        """Paints a grey fan from the small parts to their enlargement."""
        if not above:
            return

        top = above[0].bottom() + 1
        gap = below.top() - 1
        fan = QPolygonF(
            [
                QPointF(above[0].left(), top),
                QPointF(above[-1].right(), top),
                QPointF(self.width(), gap),
                QPointF(0, gap),
            ]
        )

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("track"))
        painter.drawPolygon(fan)
        painter.setPen(self.theme.color("secondary"))
        painter.setFont(self.theme.font(10))
        left = above[0].left() < self.width() / 2  # where the fan is high enough for words
        place = QRectF(self.theme.px(4), top, self.width() - self.theme.px(8), gap - top)
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        painter.drawText(place, int(side | Qt.AlignmentFlag.AlignVCenter), self.times_larger())

    # --- what the mouse points at

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for part, box in [*self.segments(), *self.enlarged_segments()]:
                if box.contains(QPointF(event.pos())):
                    QToolTip.showText(
                        event.globalPos(),
                        tooltip(f"{part.name}: {bytes_text(part.bytes)}. {part.meaning}"),
                        self,
                    )
                    return True

            if self.parts and self.peak:
                QToolTip.showText(
                    event.globalPos(), tooltip(f"Peak of this run: {bytes_text(self.peak)}."), self
                )

            return True
        return super().event(event)


def _side_by_side(parts: Sequence[Part], box: QRectF, total: int) -> list[tuple[Part, QRectF]]:
    placed = []
    before = 0
    for part in parts:
        left = box.left() + box.width() * before / max(1, total)
        before += part.bytes
        right = box.left() + box.width() * before / max(1, total)
        placed.append((part, QRectF(left, box.top(), right - left, box.height())))

    return placed
