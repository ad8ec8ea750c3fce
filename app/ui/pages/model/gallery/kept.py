"""The networks that a person kept, in the gallery: shown, taken and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui.pages.model.gallery.card import KEPT
from app.ui.pages.model.gallery.network_library import NetworkLibrary

if TYPE_CHECKING:
    from app.ui.pages.model.gallery.gallery import TemplateGallery
    from app.ui.state.background import Background
    from app.ui.state.document import Document
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
        gallery.network_chosen.connect(self._take)
        gallery.removal_asked.connect(self.library.remove)

    def show_choice(self, model: Template) -> None:
        """Outlines the card of the network that is open, if it has one."""
        kept = self.library.networks.items()
        names = [name for name, network in kept if network == model]
        self._gallery.show_choice(f"{KEPT}{names[0]}" if names else model.kind)

    def _show(self) -> None:
        self._gallery.show_networks(self.library.networks)
        if (model := self._document.experiment.model) is not None:
            self.show_choice(model)

    def _take(self, name: str) -> None:
        """Takes a kept network, as one step of undo."""
        document = self._document
        if network := self.library.networks.get(name):
            drawing = document.experiment.drawing.arranged()
            document.set(document.experiment.replace(model=network, drawing=drawing))
