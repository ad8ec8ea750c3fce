"""What all parts of the drawing share: the fonts and sizes of now, and how much a frame may paint.

A card is painted once into a picture of its own, which a frame only copies: 300 cards cost too much
otherwise. After a change of the zoom old pictures are shown larger or smaller for a moment, and a
few are painted anew in each frame.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtGui import QFontMetricsF

from app.ui.style.theme import SMALL, TITLE, Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QColor

    from app.ui.canvas.tensor_box import Largest

FRAME_SECONDS = 0.012
"""What a frame shall take with the pictures of cards that it could also show as they were."""

MOST_SECONDS = 0.004
"""What a frame may spend on such pictures where the rest of it is cheap."""

LEAST_SECONDS = 0.001
"""What it may spend on them however dear the rest is, so that all get sharp."""

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
        self.ratio = 1.0
        """Pixels of the screen for one of the window."""
        self.postponed = False
        """Whether a card of this frame still waits for its picture."""
        self._begun = 0.0
        self._painting = 0.0
        """Seconds that this frame spent on pictures of cards."""
        self._rest = 0.0
        """Seconds that the frame before took for all else."""

    def px(self, size: float) -> int:
        return self.theme.px(size)

    def color(self, role: str) -> QColor:
        return self.theme.color(role)

    def begin_frame(self, ratio: float) -> None:
        """Begins a frame on a screen of so many pixels for one of the window."""
        self.ratio = ratio
        self._begun = time.thread_time()
        self._painting = 0.0
        self.postponed = False

    def end_frame(self) -> None:
        self._rest = time.thread_time() - self._begun - self._painting

    @contextmanager
    def painting(self) -> Iterator[None]:
        """Counts what is done meanwhile as the painting of a card's picture."""
        start = time.thread_time()
        yield
        self._painting += time.thread_time() - start

    def has_time(self) -> bool:
        """Returns whether this frame may paint one more picture; if not, another will.

        Each may paint one at least, and the more the less all else took in the frame before.
        Processor time of the thread counts: beside a training that takes all cores, frames would
        else pass without a picture, and cards would stay plain.
        """
        left = FRAME_SECONDS - self._rest
        if self._painting < min(MOST_SECONDS, max(LEAST_SECONDS, left)):
            return True

        self.postponed = True
        return False
