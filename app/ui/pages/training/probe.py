"""What the network says now about a few validation pictures: each with the class it is taken for, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.theme import Theme
from app.ui.widgets.thumbnails import crisp

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.training.events import ProbePredicted

MOST, GAP, LARGEST = 6, 8, 96
LINES = 3


@dataclass(frozen=True, eq=False)
class Said:
    """One picture of (C, H, W) uint8, what the network takes it for, how surely, and what it is."""

    picture: np.ndarray
    predicted: str
    share: float
    true: str

    @property
    def right(self) -> bool:
        return self.predicted == self.true

    @property
    def lines(self) -> list[str]:
        """The caption: what it says, how surely, and if wrong, what it is."""
        share = f"{100 * self.share:.0f} %"
        return [self.predicted, share] if self.right else [self.predicted, f"is {self.true}", share]


def said_of(probe: ProbePredicted, dataset: Dataset, classes: tuple[str, ...]) -> list[Said]:
    """The first few of the probe. A network with one answer (yes or no) has two columns here as well."""
    told = []
    for row, probabilities in zip(probe.rows[:MOST], probe.probabilities[:MOST], strict=True):
        if not 0 <= row < len(dataset.targets):
            continue
        if len(probabilities) == 1:
            probabilities = np.array([1 - probabilities[0], probabilities[0]])
        best, true = int(np.argmax(probabilities)), int(dataset.targets[row])
        told.append(Said(np.asarray(dataset.inputs[row]), classes[best], float(probabilities[best]), classes[true]))
    return told


class ProbeStrip(QWidget):
    """Pictures side by side with their captions. `pressed`: somebody wants to see more of them."""

    pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.said: list[Said] = []
        self._pixmaps: dict[tuple[int, int], QPixmap] = {}
        self.setObjectName("training.probe")
        self.setAccessibleName("What the network says now about validation pictures")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._changed)

    def show_said(self, said: list[Said]) -> None:
        if [id(one.picture) for one in said] != [id(one.picture) for one in self.said]:
            self._pixmaps.clear()
        self.said = said
        self.setAccessibleDescription("; ".join(", ".join(one.lines) for one in said))
        self.update()

    def _changed(self) -> None:
        self._pixmaps.clear()
        self.updateGeometry()
        self.update()

    # --- geometry

    def _line(self) -> int:
        return QFontMetrics(self.theme.font(11)).height()

    def side(self) -> int:
        """Of a picture: what fits beside each other and above the captions."""
        across = (self.width() - (MOST - 1) * self.theme.px(GAP)) // MOST
        return max(16, min(across, self.theme.px(LARGEST), self.height() - LINES * self._line() - self.theme.px(4)))

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(340), self.theme.px(64) + LINES * self._line())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(200), self.theme.px(40) + LINES * self._line())

    def cells(self) -> list[QRectF]:
        """Where each picture and its caption are."""
        gap = self.theme.px(GAP)
        wide = (self.width() - (MOST - 1) * gap) / MOST
        return [QRectF(number * (wide + gap), 0, wide, self.height()) for number in range(len(self.said))]

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.theme.font(11))
        metrics, line, side = painter.fontMetrics(), self._line(), self.side()
        for number, (said, cell) in enumerate(zip(self.said, self.cells(), strict=True)):
            tile = QRectF(cell.center().x() - side / 2, 0, side, side)
            self._picture(painter, number, said, tile)
            painter.setPen(self.theme.color("secondary" if said.right else "validation"))
            for row, text in enumerate(said.lines):
                place = QRectF(cell.left() - 3, side + self.theme.px(4) + row * line, cell.width() + 6, line)
                short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
                painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, short)
        painter.end()

    def _picture(self, painter: QPainter, number: int, said: Said, tile: QRectF) -> None:
        side = int(tile.width())
        outline = QPainterPath()
        outline.addRoundedRect(tile, 6, 6)
        painter.fillPath(outline, self.theme.color("track"))
        key = (number, side)
        if key not in self._pixmaps:
            self._pixmaps[key] = crisp(said.picture, side, self.devicePixelRatioF())
        pixmap = self._pixmaps[key]
        ratio = pixmap.devicePixelRatio()
        painter.save()
        painter.setClipPath(outline)
        left = int(tile.center().x() - pixmap.width() / ratio / 2)
        painter.drawPixmap(left, int(tile.center().y() - pixmap.height() / ratio / 2), pixmap)
        painter.restore()
        if not said.right:
            pen = painter.pen()
            pen.setColor(self.theme.color("validation"))
            pen.setWidth(2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(outline)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        for said, cell in zip(self.said, self.cells(), strict=True):
            if cell.contains(event.position()):
                QToolTip.showText(event.globalPosition().toPoint(), "\n".join(said.lines), self)
