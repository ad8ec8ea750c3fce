"""The examples of the probe set, each with what the network takes it for.

They are as large as there is room for, in one row or in several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.data.kinds import kind_of
from app.engine.text import percent_text
from app.ui.text.literal import tooltip
from app.ui.widgets.examples.painting import pixmap_of
from app.ui.widgets.examples.pixels import crisp

if TYPE_CHECKING:
    from app.ui.style.theme import Theme
    from app.ui.widgets.examples.example import Example

GAP = 8
LARGEST = 320
LINES = 3


@dataclass(frozen=True, eq=False)
class ProbePrediction:
    """One example, what the network takes it for, and what it is.

    share: how sure the network is; None where it does not say so.
    """

    example: Example
    predicted: str
    true: str
    share: float | None = None

    @property
    def right(self) -> bool:
        return self.predicted == self.true

    @property
    def lines(self) -> list[str]:
        """The caption: the prediction, if wrong the truth, and how sure it is."""
        words = [self.predicted] if self.right else [self.predicted, f"is {self.true}"]
        return words if self.share is None else [*words, percent_text(self.share)]


class ProbeStrip(QWidget):
    """Examples with their captions. pressed(): somebody wants to see more of them."""

    pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.predictions: list[ProbePrediction] = []
        self._pixmaps: dict[tuple[int, int, int], QPixmap] = {}
        self.setObjectName("training.probe")
        self.setAccessibleName("What the network says now about validation examples")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._changed)

    def show_predictions(self, predictions: list[ProbePrediction]) -> None:
        self._pixmaps.clear()  # at most six, once an epoch
        self.predictions = predictions
        self.setAccessibleDescription(
            "; ".join(", ".join(prediction.lines) for prediction in predictions)
        )
        self.update()

    def _changed(self) -> None:
        self._pixmaps.clear()
        self.updateGeometry()
        self.update()

    # --- geometry

    @staticmethod
    def most_of(kind: str) -> int:
        """Returns how many examples of a kind stand side by side."""
        return kind_of(kind).side_by_side

    @property
    def _pictures(self) -> bool:
        return not self.predictions or self.predictions[0].example.kind == "image"

    @property
    def _columns(self) -> int:
        return (
            self.most_of(self.predictions[0].example.kind)
            if self.predictions
            else self.most_of("image")
        )

    def _line(self) -> int:
        return QFontMetrics(self.theme.label_font(11)).height()

    def side(self) -> int:
        """Returns the height of an example."""
        return self._arranged()[1]

    def _arranged(self) -> tuple[int, int]:
        """Returns in how many columns, and how high, the examples are as large as they can be."""
        most = self._columns
        if not self._pictures:
            return most, self._side_in(most)

        sides = {columns: self._side_in(columns) for columns in range(most, 0, -1)}
        columns = max(sides, key=lambda columns: sides[columns])
        return columns, sides[columns]

    def _side_in(self, columns: int) -> int:
        """Returns the height of an example without its caption, in so many columns."""
        rows = max(1, -(-len(self.predictions) // columns))
        gap = self.theme.px(GAP)
        across = (self.width() - (columns - 1) * gap) // columns
        down = (self.height() - (rows - 1) * gap) // rows
        return max(16, min(across, down - self._below(), self.theme.px(LARGEST)))

    def _below(self) -> int:
        """Returns the height of the caption below an example."""
        return LINES * self._line() + self.theme.px(4)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(340), self.theme.px(64) + LINES * self._line())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(200), self.theme.px(40) + LINES * self._line())

    def cells(self) -> list[QRectF]:
        """Returns where each example and its caption are."""
        gap = self.theme.px(GAP)
        columns, side = self._arranged()
        wide = (self.width() - (columns - 1) * gap) / columns
        high = side + self._below()

        return [
            QRectF(number % columns * (wide + gap), number // columns * (high + gap), wide, high)
            for number in range(len(self.predictions))
        ]

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.theme.label_font(11))
        metrics = painter.fontMetrics()
        line = self._line()

        side = self.side()
        for number, (predictions, cell) in enumerate(
            zip(self.predictions, self.cells(), strict=True)
        ):
            wide = side if self._pictures else cell.width()
            tile = QRectF(cell.center().x() - wide / 2, cell.top(), wide, side)
            self._picture(painter, number, predictions, tile)
            painter.setPen(self.theme.color("secondary" if predictions.right else "validation"))

            for row, text in enumerate(predictions.lines):
                top = tile.bottom() + self.theme.px(4) + row * line
                place = QRectF(cell.left() - 3, top, cell.width() + 6, line)
                short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
                painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, short)

        painter.end()

    def _picture(
        self, painter: QPainter, number: int, predictions: ProbePrediction, tile: QRectF
    ) -> None:
        wide = int(tile.width())
        high = int(tile.height())
        outline = QPainterPath()
        outline.addRoundedRect(tile, 6, 6)
        painter.fillPath(outline, self.theme.color("track"))

        key = (number, wide, high)
        if key not in self._pixmaps:
            ratio = self.devicePixelRatioF()
            picture = predictions.example.picture
            self._pixmaps[key] = (
                crisp(picture, high, ratio)
                if picture is not None
                else pixmap_of(self.theme, predictions.example, QSize(wide, high), ratio)
            )

        pixmap = self._pixmaps[key]
        ratio = pixmap.devicePixelRatio()
        painter.save()
        painter.setClipPath(outline)
        left = int(tile.center().x() - pixmap.width() / ratio / 2)
        painter.drawPixmap(left, int(tile.center().y() - pixmap.height() / ratio / 2), pixmap)
        painter.restore()

        if not predictions.right:
            pen = painter.pen()
            pen.setColor(self.theme.color("validation"))
            pen.setWidth(2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(outline)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        for predictions, cell in zip(self.predictions, self.cells(), strict=True):
            if cell.contains(event.position()):
                QToolTip.showText(
                    event.globalPosition().toPoint(), tooltip("\n".join(predictions.lines)), self
                )
