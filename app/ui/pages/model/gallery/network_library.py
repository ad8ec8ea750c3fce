"""The user's own networks, read and written in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.engine.experiment.own_network_library import (
    OwnNetworkLibrary,
    keep_network,
    read_networks,
    remove_network,
)

if TYPE_CHECKING:
    from app.ui.state.background import Background
    from models.own_network import OwnNetwork


class NetworkLibrary(QObject):
    """Knows the networks in the user's folder. `changed`: it has been read anew.

    It holds none until `load` was called and has come back.
    """

    changed = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._held = OwnNetworkLibrary({})

    @property
    def networks(self) -> dict[str, OwnNetwork]:
        """The networks by name."""
        return self._held.networks

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each file that cannot be used."""
        return self._held.problems

    def load(self) -> None:
        """Reads the folder again."""
        self._background.run(lambda _control: read_networks(), self._take, key="own networks")

    def keep(self, name: str, network: OwnNetwork) -> None:
        """Writes a network into the folder, in the place of one of the same name."""
        self._background.run(lambda _control: keep_network(name, network), self._written)

    def remove(self, name: str) -> None:
        """Takes a network out."""
        self._background.run(lambda _control: remove_network(name), self._written)

    def _written(self, _nothing: None) -> None:
        self.load()

    def _take(self, library: OwnNetworkLibrary) -> None:
        if library != self._held:
            self._held = library
            self.changed.emit()
