"""The whole network in small, with a frame around what is in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.ui.canvas.surface import Surface

# Pixels at 100 %.
WIDTH = 120

LEAST_WIDTH = 26

PADDING = 5

EDGE = 8
"""From the corner of the surface."""

MOST_OF_HEIGHT = 0.4
"""Share of the surface's height that it may take."""

WORTH = 2.0
"""It is shown where the network is so many times wider or higher than what is in sight."""

LEAST_HEIGHT = 240
"""Height of the surface below which it would hide too much, in pixels at 100 %."""


class MiniMap(QWidget):
    """Stands in the lower right corner of a surface. Click or drag brings a part into sight."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._surface = surface
        self._picture: QPixmap | None = None
        self.wanted = True
        """Whether the person wants to see it where it is of use."""
        self.setObjectName("network.map")
        self.setAccessibleName("Mini-map")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        surface.horizontalScrollBar().valueChanged.connect(self._follow)
        surface.verticalScrollBar().valueChanged.connect(self._follow)
        self.hide()

    def renew(self) -> None:
        """Follows another network, size or theme."""
        self._picture = None
        place, seen = self._surface.sceneRect(), self._surface.seen
        large = place.width() > WORTH * seen.width() or place.height() > WORTH * seen.height()
        roomy = self._surface.viewport().height() >= self._surface.theme.px(LEAST_HEIGHT)
        self.setVisible(self.wanted and large and roomy and not place.isEmpty())
        if self.isVisible():
            self._place(place)
            self.update()

    def _place(self, place: QRectF) -> None:
        px = self._surface.theme.px
        viewport = self._surface.viewport().geometry()
        room = QSize(px(WIDTH), round(viewport.height() * MOST_OF_HEIGHT))
        size = place.size().toSize().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        width = max(px(LEAST_WIDTH), size.width()) + 2 * px(PADDING)
        height = size.height() + 2 * px(PADDING)
        self.setGeometry(
            viewport.right() - width - px(EDGE),
            viewport.bottom() - height - px(EDGE),
            width,
            height,
        )

    def _follow(self) -> None:
        if self.isVisible():
            self.update()

    # --- painting

    @property
    def _room(self) -> QRectF:
        """Where the network is drawn."""
        padding = self._surface.theme.px(PADDING)
        inside = QRectF(self.rect()).adjusted(padding, padding, -padding, -padding)
        place = self._surface.sceneRect()
        size = place.size().scaled(inside.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = inside.center().x() - size.width() / 2
        return QRectF(QPointF(left, inside.top()), size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._drawn()

        theme = self._surface.theme
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        place, room = self._surface.sceneRect(), self._room
        seen = self._surface.seen.intersected(place)
        scale = room.width() / max(1.0, place.width())
        frame = QRectF(
            room.topLeft() + (seen.topLeft() - place.topLeft()) * scale, seen.size() * scale
        )
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)

    def _drawn(self) -> QPixmap:
        """Returns the picture of all blocks; only the frame moves while one scrolls."""
        theme = self._surface.theme
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("border"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        place, room = self._surface.sceneRect(), self._room
        scale = room.width() / max(1.0, place.width())
        painter.setPen(Qt.PenStyle.NoPen)
        for item in self._surface.content.blocks.values():
            role = "problem" if item.view.error else "line"
            corner = room.topLeft() + (item.pos() - place.topLeft()) * scale
            size = QRectF(0, 0, item.width * scale, max(1.0, item.height * scale))
            painter.fillRect(size.translated(corner), theme.color(role))

        painter.end()
        return picture

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _go(self, point: QPointF) -> None:
        place, room = self._surface.sceneRect(), self._room
        scale = place.width() / max(1.0, room.width())
        self._surface.centerOn(place.topLeft() + (point - room.topLeft()) * scale)
