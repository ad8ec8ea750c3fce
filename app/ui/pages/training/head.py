"""The line at the top of the Training page: which run it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.pages.run_chip import RunChip
from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.pages.parts import Parts
    from app.ui.state.run_identity import RunIdentity


class TrainingHead(QWidget):
    """The name of the page with the chip of the run; hidden while there is none."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        heading = Label("Training")
        style(heading, "heading")
        self.chip = RunChip(parts, "training")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 0)
        row.setSpacing(8)
        row.addWidget(heading)
        row.addWidget(self.chip, 1)

    def show_run(self, identity: RunIdentity | None) -> None:
        """Names a run."""
        self.setVisible(identity is not None)
        self.chip.show_run(identity)
