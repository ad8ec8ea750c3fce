"""The map over an example: colours over a picture or under a signal, tinted words, bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.explain.picture import over_picture, strengths
from app.ui.widgets.examples.pixels import crisp

if TYPE_CHECKING:
    from app.engine.explain.explaining import HalfExplained
    from app.ui.style.theme import Theme

PICTURE = 220
SIGNAL = 150
ROW = 26
"""Pixels at 100 %."""

MOST_BARS = 10
"""Of many columns the strongest are shown."""

STRONGEST_TINT = 0.7
"""How far the strongest token or sample goes from the surface to the full colour."""


class RelevanceView(QWidget):
    """Shows one half of an example with its map: show_half(...). Its words are read aloud."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._half: HalfExplained | None = None
        self._strengths = np.zeros(0)
        self.setObjectName("tryit.explanation.map")
        self.setAccessibleName("What the answer rests on")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        theme.changed.connect(self.updateGeometry)

    def show_half(self, half: HalfExplained | None) -> None:
        """Shows a map; None for none."""
        self._half = half
        self.setVisible(half is not None)
        if half is not None:
            self._strengths = strengths(half.by_part if half.names else half.relevance)
            place = half.strongest
            at = f"'{place}'" if isinstance(place, str) else ", ".join(map(str, place))
            self.setAccessibleDescription(f"Strongest at {at}. {half.truth.verdict}")

        self.updateGeometry()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(280), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._height())

    def _height(self) -> int:
        half = self._half
        px = self._theme.px
        if half is None:
            return 0
        if half.kind == "image":
            return px(PICTURE)
        if half.kind == "signal":
            return px(SIGNAL)
        if half.kind == "row":
            return px(ROW) * max(1, len(self._shown_bars()))

        lines = self._lay_tokens()
        return px(ROW) * (1 + (lines[-1][1] if lines else 0))

    def paintEvent(self, _event: QPaintEvent) -> None:
        half = self._half
        if half is None:
            return

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint = {"image": self._picture, "signal": self._signal, "row": self._bars}
        paint.get(half.kind, self._tokens)(painter, half)

    def _picture(self, painter: QPainter, half: HalfExplained) -> None:
        """Paints the picture as the network sees it, and beside it with the map."""
        pixels = over_picture(half.stored, half.relevance).transpose(2, 0, 1)
        plain = over_picture(half.stored, np.zeros_like(half.relevance)).transpose(2, 0, 1)
        gap = self._theme.px(12)
        side = min(self.height(), (self.width() - gap) // 2)
        for place, array in enumerate((plain, pixels)):
            painter.drawPixmap(
                place * (side + gap), 0, crisp(array, side, self.devicePixelRatioF())
            )

    def _signal(self, painter: QPainter, half: HalfExplained) -> None:
        channels, length = half.stored.shape
        width, height = self.width(), self.height() / channels
        for x in range(width):
            tint = self._tint(float(self._strengths[min(length - 1, x * length // width)]))
            painter.fillRect(x, 0, 1, self.height(), tint)

        painter.setPen(self._theme.color("text"))
        for channel, values in enumerate(half.stored.astype(np.float64)):
            low, high = float(values.min()), float(values.max())
            scaled = 1 - (values - low) / ((high - low) or 1.0)
            points = [
                QPointF(index * width / max(1, length - 1), (channel + 0.08 + 0.84 * y) * height)
                for index, y in enumerate(scaled.tolist())
            ]
            painter.drawPolyline(QPolygonF(points))

    def _shown_bars(self) -> list[int]:
        """Returns the strongest parts, the most important first."""
        order = np.argsort(-np.abs(self._strengths), kind="stable")
        return [int(part) for part in order[:MOST_BARS]]

    def _bars(self, painter: QPainter, half: HalfExplained) -> None:
        theme, px = self._theme, self._theme.px
        painter.setFont(theme.font(13))
        metrics = QFontMetricsF(painter.font())
        room = min(self.width() * 0.45, 8 + max(map(metrics.horizontalAdvance, half.names)))
        middle = room + (self.width() - room) / 2
        reach = (self.width() - room) / 2 - px(4)
        for line, part in enumerate(self._shown_bars()):
            top = px(ROW) * line
            painter.setPen(theme.color("text"))
            name = metrics.elidedText(half.names[part], Qt.TextElideMode.ElideRight, room - px(8))
            box = QRectF(0, top, room, px(ROW))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)

            strength = float(self._strengths[part])
            left = middle if strength > 0 else middle + reach * strength
            painter.fillRect(
                QRectF(left, top + px(6), abs(reach * strength), px(ROW - 12)),
                self._colour(strength),
            )

        painter.setPen(theme.color("line"))
        painter.drawLine(QPointF(middle, 0), QPointF(middle, self.height()))

    def _lay_tokens(self) -> list[tuple[float, int, float]]:
        """Returns for each token of a text where it stands: left, line and width, in pixels."""
        assert self._half is not None
        metrics = QFontMetricsF(self._theme.font(13))
        gap = self._theme.px(3)
        left, line = 0.0, 0
        found = []
        for name in self._half.names:
            width = metrics.horizontalAdvance(name) + 2 * gap
            if left and left + width > max(self.width(), self._theme.px(160)):
                left, line = 0.0, line + 1
            found.append((left, line, width))
            left += width + gap

        return found

    def _tokens(self, painter: QPainter, half: HalfExplained) -> None:
        px = self._theme.px
        painter.setFont(self._theme.font(13))
        for part, (left, line, width) in enumerate(self._lay_tokens()):
            box = QRectF(left, line * px(ROW) + px(2), width, px(ROW) - px(4))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._tint(float(self._strengths[part])))
            painter.drawRoundedRect(box, px(3), px(3))
            painter.setPen(self._theme.color("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, half.names[part])

    def _colour(self, strength: float) -> QColor:
        return self._theme.color("validation" if strength > 0 else "training")

    def _tint(self, strength: float) -> QColor:
        """Returns the surface, coloured as strongly as a part is, so that text stays readable."""
        surface, full = self._theme.color("surface"), self._colour(strength)
        share = STRONGEST_TINT * abs(strength)
        pairs = (
            (surface.red(), full.red()),
            (surface.green(), full.green()),
            (surface.blue(), full.blue()),
        )
        return QColor(*(round(below + (above - below) * share) for below, above in pairs))
