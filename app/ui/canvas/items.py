"""The parts of a drawn network: blocks as cards, and lines between them.

They know how they look, not who shows them.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from app.engine.errors import with_remedy
from app.engine.text import bytes_text, percent_text, short_text
from app.ui.style.theme import SMALL, TITLE, Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

# Sizes of a block in pixels at 100 %.
HEIGHT = 46

RADIUS = 8

PADDING = 13

BAR = 110

BAR_HEIGHT = 4

PICTURE = (72, 34)
"""The place of a small picture of what comes out of a block."""

BESIDE_PICTURE = 340
"""Width of a block from which on its numbers have room beside the picture."""


@dataclass(frozen=True)
class BlockView:
    """What is shown of one block.

    name: as in the graph.
    shape: in words, "" where the block is not reached.
    share: of the network's parameters, 0 to 1; 0 also where the whole is not known.
    held: bytes in training because of it, of a whole batch.
    error, remedy: why it cannot be built, and what to change.
    """

    name: str
    title: str
    shape: str
    inputs: tuple[str, ...] = ()
    help: str = ""
    parameters: int = 0
    share: float = 0.0
    multiply_adds: int = 0
    activation_bytes: int = 0
    held: int = 0
    error: str = ""
    remedy: str = ""
    reached: bool = True
    source: bool = False

    @property
    def trouble(self) -> str:
        """Why the block cannot be and what to change, in one line; "" where it can."""
        return with_remedy(self.error, self.remedy)

    def rich_tooltip(self) -> str:
        """Returns everything there is to say of the block, as rich text."""
        lines = [f"<b>{html.escape(self.title)}</b> ({html.escape(self.name)})"]
        if self.help:
            lines.append(html.escape(self.help))

        if self.error:
            lines.append(html.escape(self.trouble))
        elif self.reached and not self.source:
            share = f" ({percent_text(self.share)})" if self.share else ""
            lines.append(
                f"{self.parameters:,} parameters{share}<br>"
                f"{short_text(self.multiply_adds)} multiply-adds for each example<br>"
                f"{bytes_text(self.activation_bytes)} of activations for each example<br>"
                f"{bytes_text(self.held)} in training, with a batch and the optimizer"
            )

        return "<div style='max-width: 320px'>" + "<br>".join(lines) + "</div>"

    def words(self) -> str:
        """Returns the block in one sentence, for screen readers."""
        if self.error:
            return f"{self.title}: {self.trouble}"
        if not self.reached:
            return f"{self.title}: not reached"

        numbers = f", {self.parameters:,} parameters" if self.parameters else ""
        return f"{self.title}: {self.shape}{numbers}"


class BlockItem(QGraphicsItem):
    """A block as a card.

    Title and shape are on the left, the parameters and their share as a bar on the right.
    """

    def __init__(self, view: BlockView, theme: Theme, width: float) -> None:
        super().__init__()
        self.view = view
        self._theme = theme
        self._width = width
        self._hover = False
        self._picture: QImage | None = None
        self._error = _wrapped(view.trouble, theme, width - 2 * theme.px(PADDING))
        self._height = theme.px(HEIGHT) + len(self._error) * self._line
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(True)
        self.setToolTip(view.rich_tooltip())

    @property
    def height(self) -> float:
        return self._height

    @property
    def picture(self) -> QImage | None:
        """What was set last."""
        return self._picture

    def set_picture(self, image: QImage | None) -> None:
        """Shows a small picture of what comes out of the block; None for none."""
        self._picture = image
        self.update()

    @property
    def _line(self) -> float:
        return QFontMetricsF(self._theme.font(SMALL)).height()

    def boundingRect(self) -> QRectF:
        return QRectF(-2, -2, self._width + 4, self._height + 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self._width, self._height))
        return path

    def hoverEnterEvent(self, _event: object) -> None:
        self._hover = True
        self.update()

    def hoverLeaveEvent(self, _event: object) -> None:
        self._hover = False
        self.update()

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        theme = self._theme
        view = self.view
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge, thickness = self._edge()
        half = thickness / 2
        card = QRectF(half, half, self._width - thickness, self._height - thickness)
        painter.setPen(QPen(edge, thickness))
        painter.setBrush(theme.color("problem_tint" if view.error else "field"))
        painter.drawRoundedRect(card, theme.px(RADIUS), theme.px(RADIUS))
        has_room = self._picture is None or self._width >= theme.px(BESIDE_PICTURE)
        numbers = (
            self._paint_numbers(painter)
            if not view.error and view.reached and not view.source and has_room
            else 0.0
        )

        if self._picture is not None:
            numbers += self._paint_picture(painter, self._picture, numbers)

        self._paint_words(painter, self._width - 2 * theme.px(PADDING) - numbers)

    def _paint_picture(self, painter: QPainter, image: QImage, beside: float) -> float:
        """Paints the picture left of the numbers, which take `beside`; returns its width."""
        theme = self._theme
        width, height = (theme.px(side) for side in PICTURE)
        right = self._width - theme.px(PADDING) - beside
        painter.drawImage(QPointF(right - width, (theme.px(HEIGHT) - height) / 2), image)
        return width + theme.px(10)

    def _edge(self) -> tuple[QColor, float]:
        if self.isSelected():
            return self._theme.color("accent"), 2.0
        if self.view.error:
            return self._theme.color("problem"), 1.5

        return self._theme.color("accent" if self._hover else "border"), 1.0

    def _paint_words(self, painter: QPainter, room: float) -> None:
        theme = self._theme
        view = self.view
        left = theme.px(PADDING)
        bold = theme.font(TITLE, bold=True)
        plain = theme.font(SMALL)
        heights = QFontMetricsF(bold).height(), self._line
        top = (theme.px(HEIGHT) - sum(heights) - theme.px(1)) / 2
        painter.setFont(bold)
        painter.setPen(
            theme.color("problem" if view.error else "text" if view.reached else "disabled")
        )
        _draw(painter, QRectF(left, top, room, heights[0]), view.title)
        painter.setFont(plain)
        painter.setPen(theme.color("secondary" if view.reached else "disabled"))
        second = QRectF(left, top + heights[0] + theme.px(1), room, heights[1])
        _draw(painter, second, self._second_line(painter, room))
        painter.setPen(theme.color("text"))

        for number, line in enumerate(self._error):
            below = theme.px(HEIGHT) - theme.px(5) + number * self._line
            place = QRectF(left, below, self._width - 2 * left, self._line)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, line)

    def _second_line(self, painter: QPainter, room: float) -> str:
        """Returns the shape, and what the block computes where there is room for it.

        The tooltip always has it.
        """
        view = self.view
        if view.error:
            return "cannot be built"
        if not view.reached:
            return "not reached"

        metrics = QFontMetricsF(painter.font())
        work = f" · {short_text(view.multiply_adds)} multiply-adds" if view.multiply_adds else ""
        held = f" · {bytes_text(view.held)}" if view.held else ""
        short = f" · {short_text(view.multiply_adds)} ×+" if view.multiply_adds else ""
        for ending in (work + held, work, short):
            if ending and metrics.horizontalAdvance(view.shape + ending) <= room:
                return view.shape + ending

        return view.shape

    def _paint_numbers(self, painter: QPainter) -> float:
        """Paints the parameters, and below them their share of the network's, to scale.

        Returns the width it took.
        """
        theme = self._theme
        view = self.view
        if not view.parameters:
            return 0.0

        font = theme.font(SMALL)
        metrics = QFontMetricsF(font)
        text = f"{view.parameters:,}"
        right = self._width - theme.px(PADDING)
        top = theme.px(8)
        painter.setFont(font)
        painter.setPen(theme.color("secondary"))
        place = QRectF(0, top, right, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, text)
        if not view.share:
            return metrics.horizontalAdvance(text) + theme.px(10)

        whole = min(float(theme.px(BAR)), self._width / 4)
        track = QRectF(
            right - whole, top + metrics.height() + theme.px(6), whole, theme.px(BAR_HEIGHT)
        )
        painter.setPen(Qt.PenStyle.NoPen)
        radius = track.height() / 2
        painter.setBrush(theme.color("track"))
        painter.drawRoundedRect(track, radius, radius)
        part = max(whole * view.share, track.height())
        painter.setBrush(theme.color("training"))
        painter.drawRoundedRect(
            QRectF(track.right() - part, track.y(), part, track.height()), radius, radius
        )

        return max(whole, metrics.horizontalAdvance(text)) + theme.px(10)


class LineItem(QGraphicsPathItem):
    """A line from block to block through these corners, with rounded bends.

    A bypass ends in an arrow.
    """

    def __init__(self, corners: Sequence[tuple[float, float]], theme: Theme) -> None:
        points = [QPointF(x, y) for x, y in corners]
        straight = len(points) == 2
        super().__init__(_rounded(points, theme.px(6)))
        pen = QPen(theme.color("line"), max(1.5, theme.px(1.5)))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self.setPen(pen)
        self.setZValue(-1)
        self._tip = None if straight else _arrow(points, theme.px(5))

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.pen())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())

        if self._tip is not None:
            painter.fillPath(self._tip, self.pen().color())


def _draw(painter: QPainter, place: QRectF, text: str) -> None:
    shown = QFontMetricsF(painter.font()).elidedText(
        text, Qt.TextElideMode.ElideRight, place.width()
    )
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _wrapped(text: str, theme: Theme, room: float) -> list[str]:
    """Breaks a text into lines of small type that are no wider than the room."""
    metrics = QFontMetricsF(theme.font(SMALL))
    lines: list[str] = []
    for word in text.split():
        if lines and metrics.horizontalAdvance(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)

    return lines


def _rounded(points: Sequence[QPointF], radius: float) -> QPainterPath:
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before, radius))
        path.quadTo(corner, _towards(corner, after, radius))

    path.lineTo(points[-1])
    return path


def _towards(start: QPointF, end: QPointF, distance: float) -> QPointF:
    step = end - start
    length = (step.x() ** 2 + step.y() ** 2) ** 0.5
    return start + step * (min(distance, length / 2) / length) if length else start


def _arrow(points: Sequence[QPointF], side: float) -> QPainterPath:
    tip = points[-1]
    back = _towards(tip, points[-2], side)
    along = tip - back
    across = QPointF(-along.y(), along.x()) * 0.6
    path = QPainterPath(tip)
    path.lineTo(back + across)
    path.lineTo(back - across)
    path.closeSubpath()

    return path
