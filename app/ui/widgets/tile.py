"""A large button with a title, text and pictures, for choices on the Start page."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear

PICTURES = 6
"""Pictures in a row."""

LEAST, MOST = 36, 72
"""Least and greatest side of a picture, in pixels at 100 %."""


class Tile(QPushButton):
    """A button as tall as its texts need at its width.

    `show_pictures` puts a row of pictures on top.
    """

    def __init__(self, theme: Theme, name: str, title: str, *texts: str, tip: str = "") -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(texts))
        self.setToolTip(tooltip(tip))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        style(self, "tile")
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(4)
        self._strip = QHBoxLayout()
        self._strip.setSpacing(4)
        self._holder = QWidget()
        self._holder.setLayout(self._strip)
        self._holder.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._strip.setContentsMargins(0, 0, 0, 4)
        self._holder.hide()
        self._pictures: list[np.ndarray] = []
        theme.changed.connect(self._draw_pictures)
        column.addWidget(self._holder)
        head = Label(title)
        style(head, "tile-title")

        labels = [head]
        for text in texts:
            label = Label(text)
            style(label, "guide-quiet" if text is texts[0] else "secondary")
            labels.append(label)

        for label in labels:
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)

        column.addStretch(1)

    def reserve_pictures(self) -> None:
        """Keeps the room for the pictures free until they are there."""
        self._holder.setFixedHeight(self._side() + self._theme.px(4))
        self._holder.show()

    def _side(self) -> int:
        """Returns the side of a picture in pixels: they fill the width, within limits."""
        room = self.width() - sum(self._margins()) - (PICTURES - 1) * self._strip.spacing()
        return max(self._theme.px(LEAST), min(self._theme.px(MOST), room // PICTURES))

    def _margins(self) -> tuple[int, int]:
        margins = self._column.contentsMargins()
        return margins.left(), margins.right()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._draw_pictures()

    def show_pictures(self, pictures: list[np.ndarray]) -> None:
        """Shows pictures of (H, W) or (H, W, 3) uint8."""
        self._pictures = pictures
        self._draw_pictures()

    def _draw_pictures(self) -> None:
        if self._holder.isHidden():
            return

        self.reserve_pictures()
        clear(self._strip)

        side = self._side()
        for picture in self._pictures:
            label = Label()
            smooth = picture.shape[0] >= 20
            mode = (
                Qt.TransformationMode.SmoothTransformation
                if smooth
                else Qt.TransformationMode.FastTransformation
            )

            label.setPixmap(
                _pixmap(picture).scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
            )
            self._strip.addWidget(label)

        self._strip.addStretch(1)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return (
            layout.totalHeightForWidth(width)
            if layout is not None
            else super().heightForWidth(width)
        )

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalSizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(140), self._theme.px(40))


def _pixmap(picture: np.ndarray) -> QPixmap:
    picture = np.ascontiguousarray(picture)
    height, width = picture.shape[:2]
    form = QImage.Format.Format_Grayscale8 if picture.ndim == 2 else QImage.Format.Format_RGB888

    return QPixmap.fromImage(QImage(picture.data, width, height, picture.strides[0], form).copy())
