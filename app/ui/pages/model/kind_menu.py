"""The menu of kinds of blocks, by family; those that cannot stand here are greyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from models.graph import BlockDefinition, Kind
    from models.spec import Choice

OWN = "Your own"


class KindMenu(QMenu):
    """Offers the kinds of blocks. `chosen(kind)`: the person took one.

    fits: says of a kind whether it can stand here. own: gives the person's own kinds. Both are
    asked when the menu opens.
    """

    chosen = Signal(object)

    def __init__(
        self,
        name: str,
        fits: Callable[[Kind], bool],
        own: Callable[[], Mapping[str, BlockDefinition]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._fits = fits
        self._own = own
        self.setObjectName(name)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Lists the kinds as they fit now."""
        from models.new_block import kinds_by_family, usable  # noqa: PLC0415 - it loads torch

        self.clear()
        own = usable(self._own().values())
        if own:
            self._add_family(OWN, own)
            self.addSeparator()

        for family, blocks in kinds_by_family().items():
            self._add_family(family, [(block.kind, block) for block in blocks])

    def _add_family(self, family: str, blocks: Sequence[tuple[Kind, type[Choice]]]) -> None:
        part = self.addMenu(button_text(family))
        part.setToolTipsVisible(True)
        for kind, block in blocks:
            action = part.addAction(button_text(block.label))
            action.setObjectName(f"{self.objectName()}.{block.kind}")
            action.setToolTip(tooltip(block.summary))
            action.setEnabled(self._fits(kind))
            action.triggered.connect(lambda _=False, kind=kind: self.chosen.emit(kind))

        part.setEnabled(any(action.isEnabled() for action in part.actions()))
