"""Networks in the gallery that no template draws: those that a person kept, and an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.engine.errors import UserError
from app.ui.pages.model.gallery.card import EMPTY, KEPT
from app.ui.pages.model.gallery.network_library import NetworkLibrary
from models.own_network import OwnNetwork
from models.start_network import empty_graph, why_not_empty

if TYPE_CHECKING:
    from app.ui.pages.model.gallery.gallery import TemplateGallery
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from models.graph import Graph
    from models.template import Template


class KeptNetworks(QObject):
    """Connects the library of the user's networks with the gallery and the document."""

    def __init__(
        self, document: Document, gallery: TemplateGallery, background: Background
    ) -> None:
        super().__init__()
        self._document = document
        self._gallery = gallery
        self.library = NetworkLibrary(background)
        self.library.changed.connect(self._show)
        gallery.empty_chosen.connect(self._take_empty)
        gallery.network_chosen.connect(self._take)
        gallery.removal_asked.connect(self.library.remove)

    def show_choice(self, model: Template) -> None:
        """Outlines the card of the network that is open, if it has one."""
        kept = self.library.networks.items()
        names = [name for name, network in kept if network == model]
        kind = EMPTY if self._is_empty(model) else model.kind
        self._gallery.show_choice(f"{KEPT}{names[0]}" if names else kind)

    def _show(self) -> None:
        self._gallery.show_networks(self.library.networks)
        if (model := self._document.experiment.model) is not None:
            self.show_choice(model)

    def _take(self, name: str) -> None:
        """Takes a kept network, as one step of undo."""
        if network := self.library.networks.get(name):
            self._open(network)

    def _take_empty(self) -> None:
        """Takes the empty network for the open data, as one step of undo."""
        if graph := self._empty():
            self._open(OwnNetwork(blocks=graph))

    def _is_empty(self, model: Template) -> bool:
        if not isinstance(model, OwnNetwork) or model.origin is not None or model.own_blocks:
            return False

        return model.blocks == self._empty()

    def _empty(self) -> Graph | None:
        """Returns the empty network; None where the data allow none."""
        try:
            problem = self._document.problem()
        except UserError:
            return None

        return None if why_not_empty(problem) else empty_graph(problem)

    def _open(self, network: OwnNetwork) -> None:
        document = self._document
        drawing = document.experiment.drawing.arranged()
        document.set(document.experiment.replace(model=network, drawing=drawing))
