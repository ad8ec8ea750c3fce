"""How the card of a block is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.engine.text import bytes_text, short_text
from app.ui.canvas import tensor_box
from app.ui.canvas.tensor_box import paint_tensor

if TYPE_CHECKING:
    from PySide6.QtGui import QFontMetricsF

    from app.ui.canvas.block_view import BlockView
    from app.ui.canvas.look import Look

# Sizes of a block in pixels at 100 %.
HEIGHT = 46

PICTURE = 48
"""Height of a picture of what comes out of the block."""

RADIUS = 8

PADDING = 13

BAR = 110

BAR_HEIGHT = 4

PORT = 5
"""Radius of the dot from which a wire is drawn."""

WITH_BOX = 200
"""Width below which there is no room for the box of the tensor."""


class CardState(NamedTuple):
    """What a card shows beside the block itself.

    marked: something that is dragged would be dropped on it. port: the dot for a new wire is shown.
    """

    selected: bool = False
    hover: bool = False
    marked: bool = False
    port: bool = False


@dataclass(frozen=True)
class Card:
    """A block as a card of this size, which it paints with its upper left corner at 0, 0.

    trouble: why the block cannot be, in lines that are no wider. image: what comes out of it.
    """

    view: BlockView
    look: Look
    width: float
    height: float
    trouble: tuple[str, ...]
    state: CardState
    image: QImage | None

    def paint_plain(self, painter: QPainter) -> None:
        """Paints the card without words."""
        edge, _ = self._edge
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(edge, 0))
        painter.setBrush(self._ground)
        painter.drawRect(QRectF(0, 0, self.width, self.height))

    def paint(self, painter: QPainter) -> None:
        look = self.look
        view = self.view
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge, thickness = self._edge
        half = thickness / 2
        card = QRectF(half, half, self.width - thickness, self.height - thickness)
        painter.setPen(QPen(edge, thickness))
        painter.setBrush(self._ground)
        painter.drawRoundedRect(card, look.px(RADIUS), look.px(RADIUS))
        known = not view.error and view.reached and not view.source and not view.pending
        numbers = self._paint_numbers(painter) if known else 0.0
        box = self._paint_box(painter)
        left = look.px(PADDING) + box
        self._paint_words(painter, left, self.width - left - look.px(PADDING) - numbers)
        if self.image is not None:
            self._paint_picture(painter, self.image)
        if self.state.port:
            painter.setPen(QPen(look.color("surface"), 1.5))
            painter.setBrush(look.color("accent"))
            painter.drawEllipse(QPointF(self.width / 2, self.height), PORT, PORT)

    @property
    def _ground(self) -> QColor:
        if self.state.marked:
            return self.look.color("accent_tint")

        return self.look.color("problem_tint" if self.view.error else "field")

    @property
    def _edge(self) -> tuple[QColor, float]:
        if self.state.selected or self.state.marked:
            return self.look.color("accent"), 2.0
        if self.view.error:
            return self.look.color("problem"), 1.5

        return self.look.color("accent" if self.state.hover else "border"), 1.0

    def _paint_box(self, painter: QPainter) -> float:
        """Paints the box of the output; returns the width it took with the gap behind it."""
        look = self.look
        if self.width < look.px(WITH_BOX) or look.largest is None:
            return 0.0

        box = tensor_box.tensor_box(self.view.form, look.largest)
        width, height = look.px(tensor_box.WIDTH), look.px(tensor_box.HEIGHT)
        if box is not None:
            top = (look.px(HEIGHT) - height) / 2
            place = QRectF(look.px(PADDING) / 2, top, width, height)
            paint_tensor(painter, place, box, look.color("training"), look.color("accent_tint"))

        return float(width)

    def _paint_words(self, painter: QPainter, left: float, room: float) -> None:
        look = self.look
        view = self.view
        heights = look.bold_metrics.height(), self.look.small_metrics.height()
        top = (look.px(HEIGHT) - sum(heights) - look.px(1)) / 2
        painter.setFont(look.bold)
        painter.setPen(
            look.color("problem" if view.error else "text" if view.reached else "disabled")
        )
        _draw(painter, QRectF(left, top, room, heights[0]), view.title, look.bold_metrics)
        painter.setFont(look.small)
        painter.setPen(look.color("secondary" if view.reached else "disabled"))
        second = QRectF(left, top + heights[0] + look.px(1), room, heights[1])
        _draw(painter, second, self._second_line(room), look.small_metrics)
        painter.setPen(look.color("text"))

        edge = look.px(PADDING)
        for number, line in enumerate(self.trouble):
            below = look.px(HEIGHT) - look.px(5) + number * self.look.small_metrics.height()
            place = QRectF(edge, below, self.width - 2 * edge, self.look.small_metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, line)

    def _second_line(self, room: float) -> str:
        """Returns the shape, and what the block computes where there is room for it.

        The tooltip always has it.
        """
        view = self.view
        if view.error:
            return "cannot be built"
        if view.pending:
            return "…"
        if not view.reached:
            return "not reached"

        metrics = self.look.small_metrics
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
        look = self.look
        view = self.view
        if not view.parameters:
            return 0.0

        metrics = look.small_metrics
        text = f"{view.parameters:,}"
        right = self.width - look.px(PADDING)
        top = look.px(8)
        painter.setFont(look.small)
        painter.setPen(look.color("secondary"))
        place = QRectF(0, top, right, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, text)
        if not view.share:
            return metrics.horizontalAdvance(text) + look.px(10)

        whole = min(float(look.px(BAR)), self.width / 5)
        track = QRectF(
            right - whole, top + metrics.height() + look.px(6), whole, look.px(BAR_HEIGHT)
        )
        painter.setPen(Qt.PenStyle.NoPen)
        radius = track.height() / 2
        painter.setBrush(look.color("track"))
        painter.drawRoundedRect(track, radius, radius)
        part = max(whole * view.share, track.height())
        painter.setBrush(look.color("training"))
        painter.drawRoundedRect(
            QRectF(track.right() - part, track.y(), part, track.height()), radius, radius
        )

        return max(whole, metrics.horizontalAdvance(text)) + look.px(10)

    @property
    def picture_room(self) -> QRectF:
        """The place of the picture."""
        px = self.look.px
        top = px(HEIGHT) + len(self.trouble) * self.look.small_metrics.height()
        return QRectF(px(PADDING), top, self.width - 2 * px(PADDING), px(PICTURE))

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        room = self.picture_room
        size = image.size().toSizeF().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(room.topLeft(), size)
        smaller = image.width() * image.devicePixelRatio() > place.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
        painter.drawImage(place, image)


def _draw(painter: QPainter, place: QRectF, text: str, metrics: QFontMetricsF) -> None:
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
