"""What can be done with a run that is there: its settings, again, branch, export, predict ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.engine.detached.control_file import listens
from app.engine.experiment import toml_file
from app.engine.runs.run import Run
from app.engine.text import names_text
from app.ui.pages.remedies import LONGER
from app.ui.state.beside.questions import Chance, WhatPartsBring
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.state.record import read_record
from app.ui.text.run_names import label_of
from app.ui.widgets.export.dialog import ExportDialog
from app.ui.widgets.file_dialogs import ask_to_save, with_ending
from app.ui.widgets.predicting.dialog import PredictDialog
from app.ui.widgets.studies.dialog import StudyDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.engine.experiment.plain import PlainExperiment
    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.state.beside.questions import Question
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


def branch(parts: Parts, path: Path, at: int | None = None) -> None:
    """Goes on with a copy of a run: to its planned end, or, from there, for half as long again.

    at: the epoch after which it goes on, where its state was kept; None for where the run stands.
    """

    def begin(record: Record) -> None:
        if parts.session.active:
            return

        planned = record.prepared.epochs if record.prepared is not None else 0
        over = record.finished is not None and record.finished.status == "completed"
        over = over and at in (None, record.epochs[-1].epoch if record.epochs else 0)
        epochs = planned + max(1, round(planned * LONGER)) if over and planned else None
        parts.session.branch(record, path, epochs, at)
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


def why_no_study(path: Path) -> str:
    """Returns why a run cannot be repeated; "" where it can. It looks at the disk."""
    found = (path / "dataset.json").is_file() and (path / "environment.json").is_file()
    return "" if found else "It never came to its first step."


def study(parts: Parts, what: str, paths: Sequence[Path], window: QWidget) -> None:
    """Opens the dialog of a study in front of a window.

    what: "repeat", runs with other seeds, or "parts", one run with a part left out at a time.
    """
    question: Question = Chance(paths) if what == "repeat" else WhatPartsBring(paths[0])
    title = names_text([label_of(path) for path in paths], quote="")
    StudyDialog(question, title, parts.queue, parts.background, parts.theme, window).open()


def report(
    parts: Parts,
    paths: Sequence[Path],
    window: QWidget,
    say: Callable[[str], None] | None = None,
    logs: Sequence[Path] = (),
) -> None:
    """Asks for a file, writes a report on these runs in the background, and opens it.

    say: tells where it is, in a sentence. logs: of runs of other tools, compared with these.
    """
    count = len(paths) + len(logs)
    name = label_of(paths[0]) if count == 1 else f"{count} runs compared"
    chosen = ask_to_save(window, "figures", "Save the report", f"{name}.html", "Page (*.html)")
    if chosen is None:
        return

    path = with_ending(chosen, ".html")

    def show(written: Path) -> None:
        if say is not None:
            say(f"The report is in '{written}'.")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(written)))

    def write(_: Control) -> Path:
        from app.engine.report.page import write_report  # noqa: PLC0415 - not for the start
        from app.engine.runs.logs.foreign_run import read_log  # noqa: PLC0415 - as above

        return write_report([*map(Run, paths), *map(read_log, logs)], path)

    parts.background.run(write, show, key="run.report")


def predict_many(parts: Parts, path: Path, window: QWidget) -> PredictDialog:
    """Opens the dialog that predicts many examples with a run, in front of a window."""
    dialog = PredictDialog(path, parts.predictions, parts.background, parts.theme, window)
    dialog.open()
    return dialog
