"""Amounts: each on the range that the training examples had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.text import amount_text
from app.ui.pages.tryit.answer_cards.base import AnswerCard, spread_of, spread_words, truth_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.dataset import Amount
    from app.engine.results.member_spread import MemberSpread
    from app.ui.pages.tryit.context import PredictionContext
    from app.ui.pages.tryit.prediction import TryItResult
    from app.ui.style.theme import Theme

ROW = 58
"""Pixels a line at 100 %."""


@dataclass(frozen=True)
class ShownAmount:
    """An amount with its answer. true: None where it is not known.

    members: what nine of ten members of the network say, from and to; None without members.
    """

    target: Amount
    value: float
    true: float | None = None
    members: tuple[float, float] | None = None


class Ranges(QWidget):
    """Shows a line for each amount, from the lowest to the highest of training.

    A dot is the answer, a ring the truth, a broad part of the line what most members say.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.shown: list[ShownAmount] = []
        self.setObjectName("tryit.answers")
        self.setAccessibleName("Amounts")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_amounts(self, shown: list[ShownAmount]) -> None:
        """Shows amounts."""
        self.shown = shown
        self.setAccessibleDescription(
            ", ".join(
                f"{each.target.name} {amount_text(each.value, each.target.unit, 4)}"
                for each in shown
            )
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(280), self._theme.px(ROW) * max(1, len(self.shown)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

        for number, each in enumerate(self.shown):
            box = QRectF(0, theme.px(ROW) * number, self.width(), theme.px(ROW))
            self._line(painter, box, each)

        painter.end()

    def _line(self, painter: QPainter, box: QRectF, shown: ShownAmount) -> None:
        theme = self._theme
        target, value = shown.target, shown.value
        margin = self._theme.px(8)
        painter.setFont(theme.font(14, bold=True))
        painter.setPen(theme.color("text"))
        head = QRectF(box.left(), box.top(), box.width(), theme.px(20))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, target.name)
        painter.drawText(head, Qt.AlignmentFlag.AlignRight, amount_text(value, target.unit, 4))
        y = head.bottom() + theme.px(8)
        left = box.left() + margin
        right = box.right() - margin
        painter.setPen(
            QPen(theme.color("track"), theme.px(6), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        )
        painter.drawLine(QPointF(left, y), QPointF(right, y))

        def at(amount_: float) -> QPointF:
            span = target.high - target.low
            share = (amount_ - target.low) / span if span > 0 else 0.5
            return QPointF(left + min(1.0, max(0.0, share)) * (right - left), y)

        if shown.members is not None:
            painter.setPen(QPen(theme.color("accent"), theme.px(6)))
            painter.setOpacity(0.4)
            painter.drawLine(at(shown.members[0]), at(shown.members[1]))
            painter.setOpacity(1.0)

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(at(value), theme.px(6), theme.px(6))

        if shown.true is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("best"), 2))
            painter.drawEllipse(at(shown.true), theme.px(8), theme.px(8))

        painter.setFont(theme.font(11))
        painter.setPen(theme.color("secondary"))
        ends = QRectF(box.left(), y + theme.px(6), box.width(), theme.px(16))
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft, amount_text(target.low, target.unit))
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight, amount_text(target.high, target.unit))


class AmountsAnswerCard(AnswerCard):
    """Shows each amount on its range in training."""

    views: ClassVar[Mapping[str, str]] = {
        "amounts": (
            "The dot is the answer, between the lowest and the highest amount of training; a ring "
            "is the truth. Of a network with members, the broad part of the line is what nine of "
            "ten of them say; the truth may lie outside of it."
        ),
    }

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.ranges = Ranges(theme)
        self.column.addWidget(self.ranges)
        self.column.addStretch(1)

    @classmethod
    def details(cls, context: PredictionContext) -> MemberSpread | None:
        return spread_of(context)

    def show_result(self, result: TryItResult | None) -> None:
        if result is None or result.answer is None:
            self.ranges.show_amounts([])
            return

        true = result.input.true
        spread: MemberSpread | None = result.details
        self.ranges.show_amounts(
            [
                ShownAmount(
                    target,
                    value,
                    float(true[index]) if true is not None else None,
                    (float(spread.low[0, index]), float(spread.high[0, index]))
                    if spread is not None
                    else None,
                )
                for index, (target, (_, value)) in enumerate(
                    zip(result.description.amounts, result.ranking, strict=True)
                )
            ]
        )

    def words(self, result: TryItResult) -> tuple[str, str]:
        head, note = super().words(result)
        true = truth_of(result)
        parts = (f"In truth {true}." if true else "", note, spread_words(result))
        return head, " ".join(filter(None, parts))


ANSWER_CARD = AmountsAnswerCard
