"""The menu of kinds of blocks, by family; those that cannot stand here are greyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from collections.abc import Callable


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
        from models.new_block import kinds_by_family  # noqa: PLC0415 - it loads torch

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
