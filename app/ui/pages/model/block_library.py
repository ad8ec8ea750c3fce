"""The user's own kinds of blocks, read and written in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.engine.experiment.own_block_library import OwnBlockLibrary, keep, read_library

if TYPE_CHECKING:
    from app.ui.state.background import Background
    from models.graph import BlockDefinition


class BlockLibrary(QObject):
    """Knows the kinds of blocks in the user's folder. `changed`: it has been read anew.

    It holds none until `load` was called and has come back.
    """

    changed = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._held = OwnBlockLibrary({})

    @property
    def blocks(self) -> dict[str, BlockDefinition]:
        """The kinds by name."""
        return self._held.blocks

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each file that cannot be used."""
        return self._held.problems

    def load(self) -> None:
        """Reads the folder again."""
        self._background.run(lambda _control: read_library(), self._take, key="own blocks")

    def keep(self, definition: BlockDefinition) -> None:
        """Writes a kind into the folder."""
        self._background.run(lambda _control: keep(definition), self._kept)

    def _kept(self, _nothing: None) -> None:
        self.load()

    def _take(self, library: OwnBlockLibrary) -> None:
        self._held = library
        self.changed.emit()
