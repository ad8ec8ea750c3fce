"""The card with the list of blocks, which stands where the settings are while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QToolButton

from app.ui.canvas.palette import Palette, PaletteKind
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.graph import BlockDefinition

OWN = "Your own"


class PaletteCard(Card):
    """Offers the kinds of blocks. `closed`: the person is done with it."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__("Add a block")
        self._theme = theme
        self.palette_list = Palette(theme)
        self.palette_list.closed.connect(self.closed)
        self.body.addWidget(self.palette_list, 1)
        self._close = QToolButton()
        self._close.setObjectName("palette.close")
        self._close.setToolTip(tooltip("Back to the settings (Escape)"))
        self._close.setAccessibleName("Close the list of blocks")
        self._close.clicked.connect(self.closed)
        style(self._close, "small")
        self.tools.addWidget(self._close)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def fill(self, own: Mapping[str, BlockDefinition]) -> None:
        """Lists all kinds, the person's own first."""
        from models.new_block import (  # noqa: PLC0415 - it loads torch
            kinds_by_family,
            usable,
        )

        mine = [
            PaletteKind(block.kind, block.label, block.summary, OWN)
            for _, block in usable(own.values())
        ]
        others = [
            PaletteKind(block.kind, block.label, block.summary, family)
            for family, blocks in kinds_by_family().items()
            for block in blocks
        ]
        self.palette_list.show_kinds([*mine, *others])

    def _restyle(self) -> None:
        side = self._theme.px(14)
        self._close.setIcon(icon(self._theme, "close", "secondary"))
        self._close.setIconSize(QSize(side, side))
