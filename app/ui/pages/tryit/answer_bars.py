"""The most probable classes as bars to one scale, each with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import percent_text
from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

MOST = 5
"""Bars that are shown."""

ROW = 34
"""Pixels a bar at 100 %."""


class AnswerBars(QWidget):
    """Shows the five most probable and what the others share: show_ranking(...).

    The true class, where it is known, is marked.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: list[tuple[str, float]] = []
        self._others: tuple[int, float] = (0, 0.0)
        self._true = ""
        self._together = True
        self.setObjectName("tryit.answers")
        self.setAccessibleName("Probabilities")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_ranking(
        self, ranking: list[tuple[str, float]], true: str = "", together: bool = True
    ) -> None:
        """Shows a ranking: (class, probability), the most probable first.

        true: the class that is right, "" where it is not known. together: whether they share out
        100 %.
        """
        # no line "1 other" in place of the class itself
        most = MOST + 1 if len(ranking) == MOST + 1 else MOST
        self._shown = ranking[:most]
        rest = ranking[most:]
        self._others = (len(rest), sum(value for _, value in rest))
        self._true = true
        self._together = together
        words = [f"{name} {percent_text(value)}" for name, value in self._shown]
        self.setAccessibleDescription(", ".join(words) + (f". It is {true}." if true else ""))
        self.updateGeometry()
        self.update()

    @property
    def shown(self) -> list[tuple[str, float]]:
        return self._shown

    def sizeHint(self) -> QSize:
        lines = max(MOST, len(self._shown))
        return QSize(self._theme.px(280), self._theme.px(ROW) * lines + self._theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme

        px = self._theme.px
        for number, (name, value) in enumerate(self._shown):
            self._line(
                painter, QRectF(0, px(ROW) * number, self.width(), px(ROW)), name, value, not number
            )

        count, share = self._others
        if count:
            painter.setFont(theme.font(12))
            painter.setPen(theme.color("secondary"))
            text = (
                f"{count:,} other classes together {percent_text(share)}"
                if self._together
                else (f"{count:,} others are less likely")
            )

            painter.drawText(QPointF(0, px(ROW) * len(self._shown) + px(14)), text)

    def _line(self, painter: QPainter, box: QRectF, name: str, value: float, first: bool) -> None:
        theme = self._theme
        px = self._theme.px
        font = theme.font(14, bold=first)
        metrics = QFontMetricsF(font)
        figure = percent_text(value)
        room = metrics.horizontalAdvance("100.0 %") + px(8)
        painter.setFont(font)
        painter.setPen(theme.color("text" if value >= 0.005 else "secondary"))
        top = QRectF(box.left(), box.top(), box.width(), metrics.height())
        painter.drawText(top, Qt.AlignmentFlag.AlignRight, figure)
        mark = " · true class" if name == self._true else ""
        painter.setFont(theme.font(12))
        extra = QFontMetricsF(painter.font()).horizontalAdvance(mark)
        painter.setFont(font)
        names = alike(shown for shown, _ in self._shown)
        text = names.short(name, metrics, box.width() - room - extra)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, text)

        if mark:
            painter.setFont(theme.font(12))
            painter.setPen(theme.color("best"))
            left = metrics.horizontalAdvance(text)
            painter.drawText(top.adjusted(left, 0, 0, -px(1)), Qt.AlignmentFlag.AlignVCenter, mark)

        track = QRectF(box.left(), top.bottom() + px(3), box.width(), px(8))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("track"))
        painter.drawRoundedRect(track, px(3), px(3))
        painter.setBrush(theme.color("accent" if first else "line"))

        filled = QRectF(track.left(), track.top(), track.width() * value, track.height())
        if filled.width() > 0.5:
            painter.drawRoundedRect(filled, min(px(3), filled.width() / 2), px(3))
