"""A block of the drawn network as a card on the scene.

It knows how it looks, not who shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.block_view import BlockView
from app.ui.canvas.card import HEIGHT, PADDING, PICTURE, Card, CardState
from app.ui.canvas.look import PLAIN_BELOW, Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QFontMetricsF

    from app.ui.canvas.tensor_box import Largest

__all__ = ["BlockItem", "BlockView"]

PICTURE_GAP = 8
"""Below the picture of what comes out, in pixels at 100 %."""

MARGIN = 8
"""Around the card: the dot for wires and thick edges stand out of it."""

MOST_KEPT = 2
"""Pictures of a card: as it is now, and as it was before, which undo comes back to."""


@dataclass(frozen=True)
class Content:
    """All that a card shows but its state. largest: what the box of its tensor is drawn beside."""

    view: BlockView
    look: Look
    largest: Largest | None
    width: float
    image: QImage | None

    def same(self, other: Content) -> bool:
        """Returns whether another card would look alike."""
        alike = self.look is other.look and self.image is other.image
        sizes = self.largest == other.largest and self.width == other.width
        return alike and sizes and self.view == other.view


@dataclass(frozen=True)
class Picture:
    """A card as it was painted. scale: pixels of the screen for one of the scene."""

    content: Content
    state: CardState
    scale: float
    pixmap: QPixmap


class BlockItem(QGraphicsItem):
    """A block as a card.

    The box of its output, title and shape are on the left, the parameters and their share as a bar
    on the right, and below them a picture of what comes out, if there is one. resized: is called
    when the card has become higher or lower by itself.
    """

    def __init__(
        self, view: BlockView, look: Look, width: float, resized: Callable[[], None]
    ) -> None:
        super().__init__()
        self.view = view
        self._look = look
        self._width = width
        self._resized = resized
        self._hover = False
        self._marked = False
        self._ports = False
        self._image: QImage | None = None
        self._pictures: list[Picture] = []
        """The card as it was painted, the last one first."""
        self._content = Content(view, look, look.largest, width, None)
        self._height = 0.0
        self._bounds = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(True)
        self._measure()

    # --- what is shown

    @property
    def width(self) -> float:
        return self._width

    @property
    def height(self) -> float:
        return self._height

    def set_view(self, view: BlockView) -> None:
        """Shows something else of the block."""
        if view is self.view or view == self.view:
            return

        same_height = (view.error, view.remedy) == (self.view.error, self.view.remedy)
        self.view = view
        if not same_height:
            self._measure()
            return

        if self._hover:
            self._explain()
        self.renew()

    def set_look(self, look: Look, width: float) -> None:
        """Takes other colours, fonts and another width."""
        if look is not self._look or width != self._width:
            self.prepareGeometryChange()
            self._look = look
            self._width = width
            self._measure()

    def renew(self) -> None:
        """Shows what changed: the card, or what it is drawn in proportion to."""
        content = Content(self.view, self._look, self._look.largest, self._width, self._image)
        before = (picture.content for picture in self._pictures if picture.content.same(content))
        self._content = next(before, content)
        self.update()

    @property
    def picture(self) -> QImage | None:
        """What comes out of the block, as it was shown last."""
        return self._image

    def set_picture(self, image: QImage | None) -> None:
        """Shows a picture of what comes out of the block, below its words; None for none.

        It is scaled into `picture_room`; a small one keeps its pixels visible.
        """
        grows = (image is None) != (self._image is None)
        self._image = image
        if grows:
            self._measure()
            self._resized()
        else:
            self.renew()

    @property
    def picture_room(self) -> QRectF:
        """The place of a picture on the card, in pixels of the window."""
        return self._as_card().picture_room

    def show_ports(self, shown: bool) -> None:
        """Shows a dot at the lower edge while the mouse is here: wires are drawn from it."""
        self._ports = shown

    def set_marked(self, marked: bool) -> None:
        """Marks the card as the one on which something would be dropped."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    # --- geometry

    def boundingRect(self) -> QRectF:
        return self._bounds  # asked for some times a frame: not made anew

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self._width, self._height))
        return path

    @property
    def rect(self) -> QRectF:
        """The card on the scene."""
        return QRectF(self.x(), self.y(), self._width, self._height)

    @property
    def port(self) -> QPointF:
        """The point on the scene from which wires run."""
        return QPointF(self.x() + self._width / 2, self.y() + self._height)

    def _measure(self) -> None:
        px = self._look.px
        metrics = self._look.small_metrics
        trouble = self.view.trouble
        room = self._width - 2 * px(PADDING)
        self._trouble = _wrapped(trouble, metrics, room) if trouble else ()
        height = px(HEIGHT) + len(self._trouble) * metrics.height()
        if self._image is not None:
            height += px(PICTURE) + px(PICTURE_GAP)

        if height != self._height:
            self.prepareGeometryChange()
            self._height = height

        self._bounds = QRectF(-MARGIN, -MARGIN, self._width + 2 * MARGIN, height + 2 * MARGIN)
        if self._hover:
            self._explain()

        self.renew()

    def _explain(self) -> None:
        """Says in the tooltip what there is to say. Only under the mouse: to write all is slow."""
        self.setToolTip(self.view.rich_tooltip())

    # --- events

    def hoverEnterEvent(self, _event: object) -> None:
        self._hover = True
        self._explain()
        self.update()

    def hoverLeaveEvent(self, _event: object) -> None:
        self._hover = False
        self.update()

    # --- painting

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        transform = painter.worldTransform()
        zoom = transform.m11()
        if zoom < PLAIN_BELOW:
            self._as_card().paint_plain(painter)
            return

        ratio = self._look.ratio
        scale = zoom * ratio
        picture = self._picture(zoom, ratio)
        if picture is None:
            self._as_card().paint_plain(painter)
        elif picture.scale == scale:
            # On whole pixels nothing is smoothed, and words stay sharp.
            corner = transform.map(QPointF(-MARGIN, -MARGIN)) * ratio
            painter.setWorldTransform(QTransform())
            painter.drawPixmap(
                QPointF(round(corner.x()) / ratio, round(corner.y()) / ratio), picture.pixmap
            )
            painter.setWorldTransform(transform)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            whole = QRectF(picture.pixmap.rect())
            painter.drawPixmap(self._bounds, picture.pixmap, whole)

    @property
    def card_bytes(self) -> int:
        """The memory that the pictures of the card take."""
        pixmaps = (picture.pixmap for picture in self._pictures)
        return sum(4 * pixmap.width() * pixmap.height() for pixmap in pixmaps)

    def forget_card(self) -> None:
        """Lets go of the pictures of the card; it is painted when the card is seen again."""
        self._pictures = []

    def _picture(self, zoom: float, ratio: float) -> Picture | None:
        """Returns the card as it is, at this zoom or for a moment at another; None for none yet.

        What changed is painted at once; another size may wait for the next frame.
        """
        state = self._state()
        picture = None
        for each in self._pictures:
            if each.content is self._content and each.state == state:
                picture = each
                break

        changed = picture is None and bool(self._pictures)
        sharp = picture is not None and picture.scale == zoom * ratio
        if sharp or not (changed or self._look.has_time()):
            return picture

        with self._look.painting():
            new = Picture(self._content, state, zoom * ratio, self._painted(zoom, ratio))

        others = [each for each in self._pictures if each is not picture]
        self._pictures = [new, *others][:MOST_KEPT]
        return new

    def _painted(self, zoom: float, ratio: float) -> QPixmap:
        """Returns the picture of the card at a zoom, for a screen of so many pixels a point."""
        size = self.boundingRect().size() * zoom * ratio
        card = QPixmap(max(1, round(size.width())), max(1, round(size.height())))
        card.setDevicePixelRatio(ratio)
        card.fill(Qt.GlobalColor.transparent)
        painter = QPainter(card)
        painter.scale(zoom, zoom)
        painter.translate(MARGIN, MARGIN)
        self._as_card().paint(painter)
        painter.end()
        return card

    def _as_card(self) -> Card:
        return Card(
            self.view,
            self._look,
            self._width,
            self._height,
            self._trouble,
            self._state(),
            self._image,
        )

    def _state(self) -> CardState:
        selected = self.isSelected()
        port = self._ports and (self._hover or selected)
        return CardState(selected, self._hover, self._marked, port)


def _wrapped(text: str, metrics: QFontMetricsF, room: float) -> tuple[str, ...]:
    """Breaks a text into lines that are no wider than the room."""
    lines: list[str] = []
    for word in text.split():
        if lines and metrics.horizontalAdvance(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)

    return tuple(lines)
