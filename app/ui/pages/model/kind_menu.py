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

    fits: says of a kind whether it can stand here. own: gives the person's own kinds, and a
    sentence for each file of theirs that cannot be used. Both are asked when the menu opens.
    """

    chosen = Signal(object)

    def __init__(
        self,
        name: str,
        fits: Callable[[Kind], bool],
        own: Callable[[], tuple[Mapping[str, BlockDefinition], Sequence[str]]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._fits = fits
        self._own = own
        self.setObjectName(name)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Lists the kinds as they fit now."""
        from models.new_block import (  # noqa: PLC0415 - it loads torch
            kinds_by_family,
            usable,
            why_not,
        )

        self.clear()
        own, problems = self._own()
        unusable = {kind: why_not(each) for kind, each in own.items()}
        problems = [*problems, *(f"'{kind}': {why}" for kind, why in unusable.items() if why)]
        if own or problems:
            self._add_family(OWN, usable(own.values()), problems)
            self.addSeparator()

        for family, blocks in kinds_by_family().items():
            self._add_family(family, [(block.kind, block) for block in blocks])

    def _add_family(
        self,
        family: str,
        blocks: Sequence[tuple[Kind, type[Choice]]],
        problems: Sequence[str] = (),
    ) -> None:
        part = self.addMenu(button_text(family))
        part.setToolTipsVisible(True)
        for kind, block in blocks:
            action = part.addAction(button_text(block.label))
            action.setObjectName(f"{self.objectName()}.{block.kind}")
            action.setToolTip(tooltip(block.summary))
            action.setEnabled(self._fits(kind))
            action.triggered.connect(lambda _=False, kind=kind: self.chosen.emit(kind))

        for problem in problems:
            part.addAction(button_text(problem)).setEnabled(False)

        part.setEnabled(bool(problems) or any(action.isEnabled() for action in part.actions()))
