"""The cards of which one at a time can stand beside the drawing: outputs, table and code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ui.pages.model.code_card import CodeCard
from app.ui.pages.model.outputs.card import OutputsCard
from app.ui.pages.model.table.card import TableCard
from app.ui.state.insight.block_outputs import BlockOutputs

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.ui.pages.model.network_card import NetworkCard
    from app.ui.pages.parts import Parts
    from app.ui.widgets.card import Card

SHARES = {"outputs": 4, "table": 8, "code": 4}
"""What a card takes of the width, where the drawing takes 3."""


class CardsBeside(QObject):
    """Makes the cards and keeps the open one up to date; the page gives them their places.

    changed(): another card is open, or none. kinds_asked(name): the person wants a new block behind
    this one.
    """

    changed = Signal()
    kinds_asked = Signal(str)

    def __init__(self, parts: Parts, network: NetworkCard) -> None:
        super().__init__()
        self._parts = parts
        self._network = network
        self.code = CodeCard(parts.background, parts.theme)
        self.block_outputs = BlockOutputs(
            parts.document,
            parts.session,
            parts.network_measurer,
            parts.background,
            parts.runs_folder,
        )
        self.outputs = OutputsCard(self.block_outputs, parts)
        self.block_outputs.changed.connect(self.show_pictures)
        self.table = TableCard(parts.document, parts.theme)
        self.table.chosen.connect(network.view.choose)
        self.table.insert_asked.connect(self.kinds_asked)
        self.cards: dict[str, Card] = {
            "outputs": self.outputs,
            "table": self.table,
            "code": self.code,
        }
        for card in self.cards.values():
            card.hide()

        network.beside_asked.connect(self._open)

    @property
    def is_open(self) -> bool:
        """Whether a card stands beside the drawing."""
        return any(not card.isHidden() for card in self.cards.values())

    def refresh(self) -> None:
        """Shows the network as it is now, and the chosen block; hidden cards do nothing."""
        measured = self._parts.network_measurer.measured
        chosen = self._network.view.chosen
        self.code.show_network(measured, self._parts.document.description)
        self.code.show_block(chosen)
        self.outputs.show_block(chosen)
        self.table.refresh(measured, chosen)

    def show_pictures(self) -> None:
        """Shows on each block what comes out of it, as long as that is looked at."""
        items = self._network.view.content.blocks
        pictures: dict[str, QImage] = {}
        if items and self.outputs.isVisible():
            room = next(iter(items.values())).picture_room.size().toSize()
            pictures = self.outputs.pictures(room)

        for name, item in items.items():
            item.set_picture(pictures.get(name))

    def _open(self, name: str) -> None:
        for key, card in self.cards.items():
            card.setVisible(key == name)

        self.changed.emit()
        self.refresh()
        self.show_pictures()
