"""Saves what a page shows to a file that a person chooses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from app.engine import files
from app.engine.errors import UserError
from app.ui.state.background import Background, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {".png": "Picture (*.png)", ".csv": "Table (*.csv)", ".txt": "Text (*.txt)"}


def save(
    page: QWidget, background: Background, file_name: str, content: Callable[[], bytes]
) -> None:
    """Asks where to, and writes it. A failure is reported like those of the background."""
    ending = Path(file_name).suffix
    name, _ = QFileDialog.getSaveFileName(page, "Save", file_name, KINDS[ending])
    if not name:
        return

    path = Path(name if name.lower().endswith(ending) else name + ending)
    try:
        files.write_atomically(path, content())
    except UserError as error:
        background.failed.emit(Failure.of(error))
