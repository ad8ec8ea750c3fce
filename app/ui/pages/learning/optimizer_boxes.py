"""What an optimizer keeps in memory, as boxes of n floats: weights, gradients, its moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.memory.row_names import NAMES
from app.engine.text import bytes_text, times_text
from app.ui.widgets.memory.ledger import OF_THE_WEIGHTS, role_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.learning.optimizer import Optimizer
    from app.ui.style.theme import Theme

HEIGHT = 60
GAP = 6
FLOAT = 4
"""Bytes of a float32, in which weights and moments are kept."""


class OptimizerBoxes(QWidget):
    """Boxes of one size, because all hold n floats.

    What this optimizer does without is an empty outline; what it keeps in part is filled so far.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.kept: tuple[str, ...] = OF_THE_WEIGHTS[:2]
        self.parameters: int | None = None
        self.floats: Mapping[str, int] = {}
        self.partly: tuple[str, ...] = ()
        self.times = 2.0
        self.setAccessibleName("What the optimizer keeps")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._changed)

    def show_optimizer(
        self, optimizer: Optimizer, parameters: int | None, floats: Mapping[str, int] | None = None
    ) -> None:
        """Draws an optimizer.

        parameters: n, None while it is not known. floats: what it keeps of this network, by row;
        only optimizers that keep something in part need it.
        """
        self.kept = (*OF_THE_WEIGHTS[:2], *optimizer.full_state)
        self.parameters = parameters
        self.floats = floats or {}
        self.partly = optimizer.partial_state
        self.times = optimizer.floats_per_parameter(self.floats or None, parameters)
        self.setAccessibleDescription(self.sum_text())
        self._changed()

    def sum_text(self) -> str:
        """Returns "4n = 4 × 160,874 floats = 2.5 MiB"; without a network just the 4n."""
        times = times_text(self.times)
        if self.partly and not (self.floats and self.parameters):
            return (
                f"{times}n and a part: {times} floats for each of the n weights, and more for some"
            )
        if self.parameters is None:
            return f"{times}n: {times} floats for each of the n weights"

        size = bytes_text(FLOAT * round(self.times * self.parameters))
        return f"{times}n = {times} × {self.parameters:,} floats = {size}"

    @property
    def slots(self) -> list[tuple[str, bool]]:
        """The boxes from left to right: (row of the ledger, whether it is kept)."""
        rows = [
            *OF_THE_WEIGHTS,
            *(row for row in (*self.kept, *self.partly) if row not in OF_THE_WEIGHTS),
        ]
        return [(row, row in self.kept) for row in rows]

    def share(self, row: str) -> float:
        """Returns how much of n floats a row holds, 0 to 1; 0 too while that is not known."""
        if row in self.kept:
            return 1.0

        return (
            min(1.0, self.floats.get(row, 0) / self.parameters)
            if self.parameters and row in self.partly
            else 0.0
        )

    def amount(self, row: str) -> str:
        """Returns what stands in a box: bytes, "n" where there is no network yet."""
        if row in self.kept:
            return "n" if self.parameters is None else bytes_text(FLOAT * self.parameters)
        if row not in self.partly:
            return "not kept"

        return bytes_text(FLOAT * self.floats[row]) if row in self.floats else "in part"

    def _changed(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(200), self.theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        slots = self.slots
        gap = self.theme.px(GAP)
        theme = self.theme

        wide = (self.width() - gap * (len(slots) - 1)) / len(slots)
        for number, (row, kept) in enumerate(slots):
            box = QRectF(number * (wide + gap) + 0.5, 0.5, wide - 1, self.height() - 1)
            radius = theme.px(6)
            if kept:
                painter.setPen(QPen(theme.color("border"), 1))
                painter.setBrush(theme.color("field"))
                painter.drawRoundedRect(box, radius, radius)
                bar = QRectF(box.left(), box.top(), box.width(), theme.px(6))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(role_of(row)))
                painter.drawRoundedRect(bar, theme.px(3), theme.px(3))
            else:
                if share := self.share(row):
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(theme.color(role_of(row)))
                    bar = QRectF(
                        box.left(), box.top(), max(share * box.width(), theme.px(2)), theme.px(6)
                    )
                    painter.drawRoundedRect(bar, theme.px(1), theme.px(1))

                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.color("line"), 1, Qt.PenStyle.DashLine))
                painter.drawRoundedRect(box, radius, radius)

            self._words(painter, row, kept, box)

        painter.end()

    def _words(self, painter: QPainter, row: str, kept: bool, box: QRectF) -> None:
        theme = self.theme
        words = box.adjusted(1, theme.px(8), -1, -theme.px(3))
        painter.setFont(theme.font(11))
        painter.setPen(theme.color("text" if kept or row in self.partly else "secondary"))
        top = Qt.AlignmentFlag.AlignTop
        bottom = Qt.AlignmentFlag.AlignBottom
        middle = Qt.AlignmentFlag.AlignHCenter
        painter.drawText(words, middle | top | Qt.TextFlag.TextWordWrap, NAMES[row])
        painter.setPen(theme.color("secondary"))
        painter.drawText(words, middle | bottom, self.amount(row))
