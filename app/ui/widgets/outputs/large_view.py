"""All that came out of one block: every channel, head, token and value, each picture with words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from app.engine.text import number_text
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.outputs.painting import grey_image, paint_output
from app.ui.widgets.outputs.words import caption, scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from app.engine.compute.outputs.values import Picture
    from app.ui.style.theme import Theme

# Sizes in pixels at 100 %.
MAP = 62
"""The longer side of a map."""

FEW = 6
"""Up to so many maps are twice as large."""

GAP = 6

BARS = 96

ROW = 3
"""Of a matrix, where there is room."""

MATRIX = (64, 240)
"""Least and greatest height of a matrix."""


class LargeView(QWidget):
    """Shows the large pictures of a block below one another, as high as they need.

    picked(subject, number): a map or a bar was clicked, from 0; see Picture.
    """

    picked = Signal(str, int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._sections: list[_Section] = []
        self.setObjectName("outputs.large")
        self.setAccessibleName("All that comes out of the block")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(12))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What is shown."""
        return tuple(section.canvas.picture for section in self._sections if section.isVisible())

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Shows these pictures."""
        while len(self._sections) < len(pictures):
            section = _Section(self._theme, pictures[len(self._sections)])
            section.canvas.picked.connect(self.picked)
            self._sections.append(section)
            self._column.addWidget(section)

        for section, picture in zip(self._sections, pictures, strict=False):
            section.show_picture(picture)

        for place, section in enumerate(self._sections):
            section.setVisible(place < len(pictures))


class _Section(QWidget):
    """A picture with what it shows above it, and its scale below."""

    def __init__(self, theme: Theme, picture: Picture) -> None:
        super().__init__()
        self.canvas = PictureCanvas(theme, picture)
        self._caption = Label()
        self._caption.setWordWrap(True)
        style(self._caption, "row-strong")
        self._scale = Label()
        self._scale.setWordWrap(True)
        style(self._scale, "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        for widget in (self._caption, self.canvas, self._scale):
            column.addWidget(widget)

    def show_picture(self, picture: Picture) -> None:
        self._caption.setText(caption(picture))
        self._scale.setText(scale(picture))
        self._scale.setVisible(bool(scale(picture)))
        self.canvas.setAccessibleName(f"{caption(picture)}, {scale(picture)}")
        self.canvas.show_picture(picture)


class PictureCanvas(QWidget):
    """Paints one large picture in the width that it is given, as high as it needs.

    The tooltip of a map names its number, and that of a bar its value. picked(subject, number): it
    was clicked.
    """

    picked = Signal(str, int)

    def __init__(self, theme: Theme, picture: Picture) -> None:
        super().__init__()
        self._theme = theme
        self.picture = picture
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)

    def show_picture(self, picture: Picture) -> None:
        self.picture = picture
        self._fit()
        self.update()

    def cells(self) -> list[QRectF]:
        """Returns where each map or bar is, from the left in rows; [] of other kinds."""
        picture = self.picture
        if picture.kind == "bars":
            width = self.width() / max(1, len(picture.values))
            return [
                QRectF(place * width, 0, width, self.height())
                for place in range(len(picture.values))
            ]
        if picture.kind != "maps":
            return []

        width, height = self._map_size()
        gap = self._theme.px(GAP)
        columns = self._columns(width)
        return [
            QRectF(
                place % columns * (width + gap), place // columns * (height + gap), width, height
            )
            for place in range(len(picture.values))
        ]

    def _map_size(self) -> tuple[float, float]:
        """Returns width and height of a map, in pixels."""
        count, height, width = self.picture.values.shape
        side = self._theme.px(MAP) * (2 if count <= FEW else 1)
        scale_ = min(side, self.width()) / max(height, width)
        return width * scale_, height * scale_

    def _columns(self, width: float) -> int:
        gap = self._theme.px(GAP)
        return max(1, math.floor((self.width() + gap) / (width + gap)))

    def _needed(self) -> int:
        """Returns the height that the picture needs in the width of now."""
        picture = self.picture
        theme = self._theme
        if picture.kind == "matrix":
            least, most = (theme.px(side) for side in MATRIX)
            wanted: int = theme.px(ROW) * picture.values.shape[0]
            return min(most, max(least, wanted))
        if picture.kind != "maps":
            return theme.px(BARS)

        width, height = self._map_size()
        rows: int = -(-len(picture.values) // self._columns(width))
        return math.ceil(rows * height + (rows - 1) * theme.px(GAP))

    def _fit(self) -> None:
        needed = self._needed()
        if needed != self.height():
            self.setFixedHeight(needed)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._needed())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self.picture
        painter = QPainter(self)
        if picture.kind != "maps":
            paint_output(painter, QRectF(self.rect()), picture, self._theme)
            return

        for cell, values in zip(self.cells(), picture.values, strict=True):
            if cell.intersects(QRectF(event.rect())):
                painter.drawImage(cell, grey_image(values, picture.low, picture.high))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().x(), event.position().y())
        if place >= 0:
            self.picked.emit(self.picture.subject, place)

    def _place_at(self, x: float, y: float) -> int:
        """Returns the number of the map or bar at a place, -1 for none."""
        return next((at for at, cell in enumerate(self.cells()) if cell.contains(x, y)), -1)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.words_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), tooltip(words))
            return True

        return super().event(event)

    def words_at(self, x: float, y: float) -> str:
        """Returns what is at a place, for its tooltip; "" for nothing."""
        picture = self.picture
        place = self._place_at(x, y)
        if place < 0:
            return ""
        if picture.kind == "maps":
            noun = "Head" if picture.subject == "attention" else "Channel"
            return f"{noun} {place + 1:,} of {picture.total:,}"
        if len(picture.values) != picture.total:
            return ""

        noun = "Token" if picture.subject == "norms" else "Value"
        return f"{noun} {place + 1:,}: {number_text(float(picture.values[place]))}"
