"""Shows how a text is cut into tokens.

Its pieces are on tiles of alternating colour, as the network counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.style.theme import SMALL, Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

SHADES = ("accent_tint", "good_tint", "warning_tint")
LINE = 24
"""Height of a line in pixels at 100 %."""

PAD = 3
"""Room on both sides of a piece in pixels at 100 %."""

MOST = 400
"""Most pieces that are laid out."""

MARKS = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "↵"}
"""What is shown for white space: it is a piece of its own, or part of one."""


def visible(piece: str) -> str:
    """Returns a piece with its white space made visible."""
    return "".join(MARKS.get(character, character) for character in piece)


@dataclass(frozen=True)
class _Tile:
    box: QRectF
    text: str
    shade: str


class TokenView(QWidget):
    """Shows one text, as many pieces of it as there is room for.

    The last tile says how many pieces are left.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.pieces: Sequence[str] = ()
        self.setAccessibleName("How a text is cut into tokens")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_pieces(self, pieces: Sequence[str]) -> None:
        self.pieces = pieces
        self.setAccessibleDescription(" | ".join(visible(piece) for piece in pieces[:60]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(LINE * 4))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(LINE * 2))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(SMALL))

        for tile in self._tiles(QFontMetricsF(painter.font())):
            path = QPainterPath()
            path.addRoundedRect(tile.box, self._theme.px(3), self._theme.px(3))
            painter.fillPath(
                path, self._theme.color(tile.shade) if tile.shade else self._theme.color("surface")
            )
            painter.setPen(self._theme.color("text" if tile.shade else "secondary"))
            painter.drawText(tile.box, Qt.AlignmentFlag.AlignCenter, tile.text)

    def _tiles(self, metrics: QFontMetricsF) -> list[_Tile]:
        """Returns the pieces in lines, as far as they fit into the height."""
        theme = self._theme
        line = theme.px(LINE)
        pad = theme.px(PAD)
        gap = theme.px(2)
        high = min(line - gap, metrics.height() + theme.px(4))
        tiles: list[_Tile] = []

        left = top = 0.0
        for number, piece in enumerate(self.pieces[:MOST]):
            text = visible(piece) or "∅"
            width = min(metrics.horizontalAdvance(text) + 2 * pad, float(self.width()))
            if left and left + width > self.width():
                left = 0.0
                top = top + line

            if top + high > self.height():
                return self._with_rest(tiles, metrics, len(self.pieces) - number)

            tiles.append(_Tile(QRectF(left, top, width, high), text, SHADES[number % len(SHADES)]))
            left += width + gap

        if len(self.pieces) > MOST:
            return self._with_rest(tiles, metrics, len(self.pieces) - MOST)

        return tiles

    def _with_rest(self, tiles: list[_Tile], metrics: QFontMetricsF, rest: int) -> list[_Tile]:
        """Says what did not fit, in place of the last tiles of the last line."""
        while tiles:
            text = f"and {rest:,} more"
            width = metrics.horizontalAdvance(text) + 2 * self._theme.px(PAD)

            last = tiles[-1].box
            if last.right() + self._theme.px(2) + width <= self.width():
                box = QRectF(last.right() + self._theme.px(2), last.top(), width, last.height())
                return [*tiles, _Tile(box, text, "")]

            tiles = tiles[:-1]
            rest = rest + 1

        return tiles
