"""What can be done with a run that is there: use its settings, run it again, branch, export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.detached.control_file import listens
from app.engine.experiment import toml_file
from app.engine.runs.run import Run
from app.ui.pages.remedies import LONGER
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.state.record import read_record
from app.ui.widgets.export.dialog import ExportDialog

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.engine.experiment.plain import PlainExperiment
    from app.ui.pages.parts import Parts
    from app.ui.state.record import Record

BUSY = "A training is under way; stop it first."


def use_settings(parts: Parts, requested: PlainExperiment) -> None:
    """Opens the settings of a run, as one step that can be undone.

    Raises UserError where they are of another version.
    """
    experiment = toml_file.from_plain(dict(requested))
    parts.document.path = None  # a file that is open keeps what was saved in it
    parts.document.set(experiment)


def run_again(parts: Parts, path: Path) -> None:
    """Trains a run again in a new one, with the changes that were made to it while it trained."""
    if not parts.session.active:
        parts.session.run_again(path, parts.runs_folder)
        parts.go("training")


def why_no_branch(path: Path) -> str:
    """Returns why nothing can go on from a run; "" where something can. It looks at the disk."""
    try:
        found = any(path.glob("checkpoints/*/manifest.json"))
    except OSError:
        found = False

    return "" if found else "There is no checkpoint to go on from."


def branch(parts: Parts, path: Path) -> None:
    """Goes on with a copy of a run: to its planned end, or, from there, for half as long again."""

    def begin(record: Record) -> None:
        if parts.session.active:
            return

        planned = record.prepared.epochs if record.prepared is not None else 0
        over = record.finished is not None and record.finished.status == "completed"
        epochs = planned + max(1, round(planned * LONGER)) if over and planned else None
        parts.session.branch(record, path, epochs)
        parts.go("training")

    parts.background.run(lambda _: read_record(path), begin, key="run.branch")


def follow(parts: Parts, path: Path) -> bool:
    """Shows a run that trains in a process of its own; returns False where it cannot be."""
    if parts.session.active or not listens(path):
        return False

    parts.session.follow(path)
    parts.go("training")
    return True


def why_no_export(path: Path) -> str:
    """Returns why a run cannot be exported; "" where it can. It looks at the disk."""
    try:
        found = Run(path).best_folder is not None
    except OSError:
        found = False

    return "" if found else NO_WEIGHTS


def export(parts: Parts, path: Path, window: QWidget) -> None:
    """Opens the dialog that exports the network of a run, in front of a window."""
    ExportDialog(path, parts.exporter, parts.background, parts.theme, window).open()
