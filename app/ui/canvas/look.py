"""What all parts of the drawing share: the fonts and sizes of now, and how much a frame may paint.

A card is painted once into a picture of its own, which a frame only copies: 300 cards cost too much
otherwise. After a change of the zoom old pictures are shown larger or smaller for a moment, and a
few are painted anew in each frame.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtGui import QFontMetricsF

from app.ui.style.theme import SMALL, TITLE, Theme

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

    from app.ui.canvas.tensor_box import Largest

FRAME_SECONDS = 0.004
"""What a frame may spend on pictures of cards that it could also show as they were."""

PLAIN_BELOW = 0.3
"""Zoom below which words could not be read: cards are plain then."""


class Look:
    """Fonts and sizes in a theme, made anew when that changes, and the time of one frame."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.bold = theme.font(TITLE, bold=True)
        self.small = theme.font(SMALL)
        self.bold_metrics = QFontMetricsF(self.bold)
        self.small_metrics = QFontMetricsF(self.small)
        self.largest: Largest | None = None
        """What the boxes of tensors are drawn in proportion to."""
        self.postponed = False
        """Whether a card of this frame still waits for its picture."""
        self._until: float | None = None

    def px(self, size: float) -> int:
        return self.theme.px(size)

    def color(self, role: str) -> QColor:
        return self.theme.color(role)

    def begin_frame(self) -> None:
        self._until = None
        self.postponed = False

    def has_time(self) -> bool:
        """Returns whether this frame may paint one more picture; if not, another will.

        Each may paint one at least. Processor time of the thread counts: beside a training that
        takes all cores, frames would else pass without a picture, and cards would stay plain.
        """
        now = time.thread_time()
        if self._until is None:
            self._until = now + FRAME_SECONDS
        if now < self._until:
            return True

        self.postponed = True
        return False
