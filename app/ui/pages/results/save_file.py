"""Saves what a page shows to a file that a person chooses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.errors import UserError
from app.ui.state.background import Background, Failure
from app.ui.widgets.file_dialogs import ask_to_save, with_ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

KINDS = {".png": "Picture (*.png)", ".csv": "Table (*.csv)", ".txt": "Text (*.txt)"}


def save(
    page: QWidget, background: Background, file_name: str, content: Callable[[], bytes]
) -> None:
    """Asks where to, and writes it. A failure is reported like those of the background."""
    ending = Path(file_name).suffix
    chosen = ask_to_save(page, "figures", "Save", file_name, KINDS[ending])
    if chosen is None:
        return

    path = with_ending(chosen, ending)
    try:
        files.write_atomically(path, content())
    except UserError as error:
        background.failed.emit(Failure.of(error))
