"""The button with which logs of other tools come into a comparison, and leave it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton

from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.file_dialogs import ask_for_folder, ask_to_open_many

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.ui.pages.runs.compare.elsewhere import KeptLogs

KINDS = "Logs (*.csv *.tsv *tfevents* trainer_state.json);;All files (*)"


class ElsewhereButton(QPushButton):
    """A button with a menu: logs to add, and those that are kept, to remove.

    changed(): other logs are kept now.
    """

    changed = Signal()

    def __init__(self, logs: KeptLogs) -> None:
        super().__init__("From elsewhere")
        self._logs = logs
        self.setObjectName("runs.compare.elsewhere")
        self.setToolTip(
            tooltip(
                "Lays runs of other tools beside these: logs of TensorBoard, CSV files of Keras "
                "and Lightning, trainer_state.json of Hugging Face. They can be dropped here too."
            )
        )
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)

    def take(self, paths: Sequence[Path]) -> None:
        """Keeps further logs."""
        if paths:
            self._logs.add(paths)
            self.changed.emit()

    def _fill(self) -> None:
        self._menu.clear()
        folder = self._menu.addAction("Add a TensorBoard folder…")
        folder.setObjectName("runs.compare.elsewhere.folder")
        folder.triggered.connect(self._ask_for_folder)
        files = self._menu.addAction("Add log files…")
        files.setObjectName("runs.compare.elsewhere.files")
        files.triggered.connect(self._ask_for_files)
        self._menu.addSeparator()
        for path in self._logs.paths:
            action = self._menu.addAction(button_text(f"Remove '{path.parent.name}/{path.name}'"))
            action.setObjectName("runs.compare.elsewhere.remove")
            action.setToolTip(tooltip(f"{path}\nThe log itself stays where it is."))
            action.triggered.connect(partial(self._remove, path))

    def _ask_for_folder(self) -> None:
        folder = ask_for_folder(self, "logs", "Choose a folder with a TensorBoard log")
        self.take([folder] if folder is not None else [])

    def _ask_for_files(self) -> None:
        self.take(ask_to_open_many(self, "logs", "Choose logs", KINDS))

    def _remove(self, path: Path) -> None:
        self._logs.remove(path)
        self.changed.emit()
