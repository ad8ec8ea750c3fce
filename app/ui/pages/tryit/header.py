"""The line at the top of Try it: which run answers, with the weights of which epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.pages.run_chip import RunChip
from app.ui.style.theme import style
from app.ui.text.run_names import labels_of
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.ui.pages.parts import Parts


class TryItHeader(QWidget):
    """Offers the runs that can be tried. picked(folder): a person chose another one."""

    picked = Signal(object)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._paths: list[Path] = []
        heading = Label("Try it")
        style(heading, "heading")
        self.chip = RunChip(parts, "tryit")

        self.runs = DropDown()
        self.runs.setObjectName("tryit.run")
        self.runs.setAccessibleName("Run whose network is used")
        self.runs.setToolTip("The run whose network answers; choose another one here.")
        self.runs.setMinimumContentsLength(12)
        self.runs.activated.connect(lambda row: self.picked.emit(self._paths[row]))

        self.epoch = Label()
        self.epoch.setObjectName("tryit.epoch")
        style(self.epoch, "secondary")

        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 0)
        row.setSpacing(8)
        row.addWidget(heading)
        row.addWidget(self.chip, 1)
        row.addWidget(self.epoch)
        row.addWidget(self.runs)

    def show_runs(self, paths: Sequence[Path], chosen: Path | None) -> None:
        """Lists the runs by their folders, with the chosen one in front."""
        self._paths = list(paths)
        self.runs.blockSignals(True)
        self.runs.clear()
        self.runs.addItems(labels_of(self._paths))

        if chosen is not None:
            self.runs.setCurrentIndex(self._paths.index(chosen))

        self.runs.blockSignals(False)

    def set_wide(self, wide: bool) -> None:
        """Shortens the names of runs where there is little room."""
        self.runs.setMinimumContentsLength(12 if wide else 8)
