"""The rail: the steps from data to use, each with a round marker that says if it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.theme import BODY, SMALL, Theme, style
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.pages.parts import PageInfo

# Sizes in pixels at 100 %.
WIDTH = 176

COMPACT_WIDTH = 76

ROW_HEIGHT = 40

COMPACT_HEIGHT = 50

LEAST_WITH_NAME = 38
"""A compact row of less height has room for its marker only."""

MARKER = 20

TINY = 11
"""Type of the name below a marker."""


class RailStep(QPushButton):
    """One row: a marker and a name.

    `missing` says what is missing; it is the tooltip.
    """

    def __init__(self, name: str, text: str, sign: str, theme: Theme) -> None:
        super().__init__(text)
        self._sign = sign
        self._theme = theme
        self._done = self._busy = False
        self._missing = ""
        self.compact = False
        self.setObjectName(f"rail.{name}")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        style(self, "rail")
        self.show_state(False, "", False)

    def show_state(self, done: bool, missing: str, busy: bool) -> None:
        """Shows the state of the step.

        done: a check mark. missing: a sentence, for the tooltip. busy: a dot, while something of
        this step is under way.
        """
        state = "done" if done else missing or ("under way" if busy else "")
        self.setToolTip(tooltip(f"{self.text()}: {state}" if state else self.text()))
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(state)

        if (done, missing, busy) != (self._done, self._missing, self._busy):
            self._done = done
            self._missing = missing
            self._busy = busy
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(
            self._theme.px(COMPACT_WIDTH if self.compact else WIDTH) - 16,
            self._theme.px(COMPACT_HEIGHT if self.compact else ROW_HEIGHT),
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), self._theme.px(24))

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""  # the style paints the row, and the text is painted below
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px = self._theme.px
        circle = self._circle()
        here = self.isChecked()
        role = "accent" if here else "best" if self._done else "secondary"
        painter.setPen(QPen(self._theme.color(role), 1.4 if here else 1.0))
        painter.drawEllipse(circle.adjusted(0.5, 0.5, -0.5, -0.5))

        # Where there is no room for names, the numbers tell the steps apart: none gives way.
        if self._done and not here and not self.compact:
            self._paint_check(painter, circle)
        else:
            painter.setFont(self._theme.font(SMALL, here))
            painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, self._sign)
            if self._done and not here:
                self._paint_badge(painter, circle)

        if self._busy:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("accent"))
            painter.drawEllipse(QPointF(circle.right() - 1, circle.top() + 2), px(3), px(3))

        painter.setPen(self._theme.color("accent" if here else "secondary"))
        if not self.compact:
            painter.setFont(self._theme.font(BODY, here))
            rest = QRectF(
                circle.right() + px(10), 0, self.width() - circle.right() - px(12), self.height()
            )
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, self.text())
        elif self._has_name:
            painter.setFont(self._theme.font(TINY, here))
            below = QRectF(0, circle.bottom(), self.width(), self.height() - circle.bottom())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.text())

        painter.end()

    @property
    def _has_name(self) -> bool:
        return not self.compact or self.height() >= self._theme.px(LEAST_WITH_NAME)

    def _circle(self) -> QRectF:
        """Returns where the marker is: before the name, above it, or alone in the middle."""
        px = self._theme.px
        size = px(MARKER)
        if not self.compact:
            return QRectF(px(10), (self.height() - size) / 2, size, size)

        left = (self.width() - size) / 2
        if not self._has_name:
            return QRectF(left, (self.height() - size) / 2, size, size)

        name = QFontMetricsF(self._theme.font(TINY)).height()
        return QRectF(left, (self.height() - size - name) / 2, size, size)

    def _paint_badge(self, painter: QPainter, circle: QRectF) -> None:
        """Paints a check mark on a disc at the edge of the marker, beside its number."""
        side = circle.width() * 0.6
        badge = QRectF(circle.right() - side / 2, circle.bottom() - side * 0.8, side, side)
        painter.setPen(QPen(self._theme.color("surface"), 1.5))
        painter.setBrush(self._theme.color("surface"))
        painter.drawEllipse(badge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_check(painter, badge.adjusted(-1, -1, 1, 1))

    def _paint_check(self, painter: QPainter, circle: QRectF) -> None:
        unit = circle.width() / 20
        painter.setPen(
            QPen(
                self._theme.color("best"),
                1.6,
                c=Qt.PenCapStyle.RoundCap,
                j=Qt.PenJoinStyle.RoundJoin,
            )
        )

        points = [
            QPointF(circle.x() + x * unit, circle.y() + y * unit)
            for x, y in ((6.2, 10.4), (8.9, 13), (13.8, 7.4))
        ]
        painter.drawPolyline(QPolygonF(points))


class Rail(QFrame):
    """A column of steps, and below a line the places beside the way.

    chosen(name): a step was pressed.
    """

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, infos: Sequence[PageInfo], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        style(self, "rail")
        self.setAccessibleName("Steps")
        self.steps: dict[str, RailStep] = {}
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout(self)

        on_the_way = [info for info in infos if not info.beside]
        for number, info in enumerate(on_the_way, 1):
            self._add(info, str(number))

        line = QFrame()
        style(line, "separator")
        self._column.addSpacing(4)
        self._column.addWidget(line)
        self._column.addSpacing(4)

        for info in infos:
            if info.beside:
                self._add(info, info.beside)

        self._column.addStretch(1)
        self._compact = False
        self._size()
        theme.changed.connect(self._size)

    def _add(self, info: PageInfo, sign: str) -> None:
        step = RailStep(info.name, info.title, sign, self._theme)
        step.clicked.connect(lambda: self.chosen.emit(info.name))
        self._group.addButton(step)
        self._column.addWidget(step)
        self.steps[info.name] = step

    def set_current(self, name: str) -> None:
        self.steps[name].setChecked(True)

    def set_compact(self, compact: bool) -> None:
        """Shows only the markers, where the window is narrow."""
        if compact != self._compact:
            self._compact = compact
            for step in self.steps.values():
                step.compact = compact

            self._size()

    def _size(self) -> None:
        px = self._theme.px
        self.setFixedWidth(px(COMPACT_WIDTH if self._compact else WIDTH))
        self._column.setContentsMargins(8, px(12), 8, px(8))
        self._column.setSpacing(0)

        for step in self.steps.values():
            step.updateGeometry()
            step.update()
