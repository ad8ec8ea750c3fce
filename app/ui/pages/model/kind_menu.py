"""The menu of kinds of blocks, by family; those that cannot stand here are greyed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.layers.block import Block

FAMILIES = {"elementwise": "Activation", "heads": "Answer", "merge": "Bring together"}
"""What a family of blocks is called, where that is not the name of its folder."""


@functools.cache
def kinds_by_family() -> dict[str, list[type[Block]]]:
    """Returns all kinds of blocks by the name of their family; it loads the engine."""
    from models.layers.block import BLOCKS  # noqa: PLC0415 - its modules load torch

    families: dict[str, list[type[Block]]] = {}
    for block in sorted(BLOCKS.all(), key=lambda each: each.label):
        folder = block.__module__.split(".")[-2]
        name = FAMILIES.get(folder, folder.capitalize())
        families.setdefault(name, []).append(block)

    return dict(sorted(families.items()))


class KindMenu(QMenu):
    """Offers the kinds of blocks. `chosen(kind)`: the person took one.

    fits: says of a kind whether it can stand here; it is asked when the menu opens.
    """

    chosen = Signal(str)

    def __init__(self, name: str, fits: Callable[[str], bool], parent: QWidget) -> None:
        super().__init__(parent)
        self._fits = fits
        self.setObjectName(name)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Lists the kinds as they fit now."""
        self.clear()
        for family, blocks in kinds_by_family().items():
            part = self.addMenu(button_text(family))
            part.setToolTipsVisible(True)
            for block in blocks:
                action = part.addAction(button_text(block.label))
                action.setObjectName(f"{self.objectName()}.{block.kind}")
                action.setToolTip(tooltip(block.summary))
                action.setEnabled(self._fits(block.kind))
                action.triggered.connect(lambda _=False, kind=block.kind: self.chosen.emit(kind))

            part.setEnabled(any(action.isEnabled() for action in part.actions()))
