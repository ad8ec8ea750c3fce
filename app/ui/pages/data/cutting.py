"""How a text is cut into tokens: its pieces on tiles of alternating colour, as the network counts
them.
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
PAD = 3
MOST = 400
"""Height of a line and room on both sides of a piece, in pixels at 100 %; pieces that are laid out."""

MARKS = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "↵"}
"""White space has a piece of its own or a part of one, so it must be seen."""


def visible(piece: str) -> str:
    """A piece with its white space to be seen."""
    return "".join(MARKS.get(character, character) for character in piece)


@dataclass(frozen=True)
class _Tile:
    place: QRectF
    text: str
    shade: str


class TokenView(QWidget):
    """show_pieces(pieces): one text, as many pieces as there is room for; the last tile says how
    many are left.
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

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(SMALL))

        for tile in self._tiles(QFontMetricsF(painter.font())):
            path = QPainterPath()
            path.addRoundedRect(tile.place, self._theme.px(3), self._theme.px(3))
            painter.fillPath(
                path, self._theme.color(tile.shade) if tile.shade else self._theme.color("surface")
            )
            painter.setPen(self._theme.color("text" if tile.shade else "secondary"))
            painter.drawText(tile.place, Qt.AlignmentFlag.AlignCenter, tile.text)

    def _tiles(self, metrics: QFontMetricsF) -> list[_Tile]:
        """The pieces in lines, as far as they fit into the height."""
        theme = self._theme
        line = theme.px(LINE)
        pad = theme.px(PAD)
        gap = theme.px(2)
        high = min(line - gap, metrics.height() + theme.px(4))
        found: list[_Tile] = []

        left = top = 0.0
        for number, piece in enumerate(self.pieces[:MOST]):
            text = visible(piece) or "∅"
            width = min(metrics.horizontalAdvance(text) + 2 * pad, float(self.width()))
            if left and left + width > self.width():
                left = 0.0
                top = top + line

            if top + high > self.height():
                return self._with_rest(found, metrics, len(self.pieces) - number)

            found.append(_Tile(QRectF(left, top, width, high), text, SHADES[number % len(SHADES)]))
            left += width + gap

        if len(self.pieces) > MOST:
            return self._with_rest(found, metrics, len(self.pieces) - MOST)

        return found

    def _with_rest(self, tiles: list[_Tile], metrics: QFontMetricsF, rest: int) -> list[_Tile]:
        """With words on what did not fit, in place of the last tiles of the last line."""
        while tiles:
            text = f"and {rest:,} more"
            width = metrics.horizontalAdvance(text) + 2 * self._theme.px(PAD)

            last = tiles[-1].place
            if last.right() + self._theme.px(2) + width <= self.width():
                place = QRectF(last.right() + self._theme.px(2), last.top(), width, last.height())
                return [*tiles, _Tile(place, text, "")]

            tiles = tiles[:-1]
            rest = rest + 1

        return tiles
