"""Moves runs to the trash of the desktop, and back.

Where there is none, they go to one beside the runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QFile

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.run import Run


@dataclass(frozen=True)
class Discarded:
    """Where a run was, and where it is now."""

    original: Path
    now: Path


def discard(path: Path) -> Discarded:
    """Moves a run to the trash.

    Raises UserError while the run is running, or where nothing could be moved.
    """
    run = Run(path)
    if run.status == "running":
        raise UserError(f"The run '{run.name}' is running and cannot be deleted.", "Stop it first.")

    file = QFile(
        str(path)
    )  # the object, not the static function: only it tells where the folder is now
    if file.moveToTrash() and file.fileName() != str(path):
        return Discarded(path, Path(file.fileName()))

    return Discarded(path, run.discard())


def restore(gone: Discarded) -> Path:
    """Puts a run back where it was. Raises UserError where that is not possible."""
    if gone.original.exists():
        raise UserError(
            f"There is a run called '{gone.original.name}' again.", "Rename it, then undo."
        )

    try:
        gone.original.parent.mkdir(parents=True, exist_ok=True)
        gone.now.rename(gone.original)

        note = gone.now.parent.parent / "info" / f"{gone.now.name}.trashinfo"
        if gone.now.parent.name == "files":
            note.unlink(
                missing_ok=True
            )  # the desktop's note on it, else it lists a file that is not there
    except OSError as error:
        raise files.disk_error(error, gone.now) from error

    return gone.original
