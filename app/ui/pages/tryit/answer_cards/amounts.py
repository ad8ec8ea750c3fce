"""Amounts: each on the range that the training examples had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import amount_text
from app.ui.pages.tryit.answer_cards.base import ReplyView, truth_of

if TYPE_CHECKING:
    from app.engine.data.dataset import Amount
    from app.ui.pages.tryit.asking import Reply
    from app.ui.style.theme import Theme

ROW = 58


class Ranges(QWidget):
    """A line an amount from the lowest to the highest of training; a dot is the answer, a ring the
    truth.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.shown: list[tuple[Amount, float, float | None]] = []
        self.setObjectName("tryit.answers")
        self.setAccessibleName("Amounts")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_amounts(self, shown: list[tuple[Amount, float, float | None]]) -> None:
        """(amount, answer, truth or None) each."""
        self.shown = shown
        self.setAccessibleDescription(
            ", ".join(f"{one.name} {amount_text(value, one.unit, 4)}" for one, value, _ in shown)
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(280), self._theme.px(ROW) * max(1, len(self.shown)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

        for number, (one, value, true) in enumerate(self.shown):
            self._line(
                painter,
                QRectF(0, theme.px(ROW) * number, self.width(), theme.px(ROW)),
                one,
                value,
                true,
            )

        painter.end()

    def _line(
        self, painter: QPainter, box: QRectF, one: Amount, value: float, true: float | None
    ) -> None:
        theme = self._theme
        margin = self._theme.px(8)
        painter.setFont(theme.font(14, bold=True))
        painter.setPen(theme.color("text"))
        head = QRectF(box.left(), box.top(), box.width(), theme.px(20))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, one.name)
        painter.drawText(head, Qt.AlignmentFlag.AlignRight, amount_text(value, one.unit, 4))
        y = head.bottom() + theme.px(8)
        left = box.left() + margin
        right = box.right() - margin
        painter.setPen(
            QPen(theme.color("track"), theme.px(6), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        )
        painter.drawLine(QPointF(left, y), QPointF(right, y))

        def at(amount_: float) -> QPointF:
            share = (amount_ - one.low) / (one.high - one.low) if one.high > one.low else 0.5
            return QPointF(left + min(1.0, max(0.0, share)) * (right - left), y)

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(at(value), theme.px(6), theme.px(6))

        if true is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("best"), 2))
            painter.drawEllipse(at(true), theme.px(8), theme.px(8))

        painter.setFont(theme.font(11))
        painter.setPen(theme.color("secondary"))
        ends = QRectF(box.left(), y + theme.px(6), box.width(), theme.px(16))
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft, amount_text(one.low, one.unit))
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight, amount_text(one.high, one.unit))


class AmountsReply(ReplyView):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.ranges = Ranges(theme)
        self.column.addWidget(self.ranges)
        self.column.addStretch(1)

    def show_reply(self, reply: Reply | None) -> None:
        if reply is None or reply.answer is None:
            self.ranges.show_amounts([])
            return

        true = reply.given.true
        self.ranges.show_amounts(
            [
                (one, value, float(true[place]) if true is not None else None)
                for place, (one, (_, value)) in enumerate(
                    zip(reply.description.amounts, reply.ranking, strict=True)
                )
            ]
        )

    def words(self, reply: Reply) -> tuple[str, str]:
        head, note = super().words(reply)
        true = truth_of(reply.description, reply.task, reply)
        return head, " ".join(part for part in (f"In truth {true}." if true else "", note) if part)


REPLY = AmountsReply
