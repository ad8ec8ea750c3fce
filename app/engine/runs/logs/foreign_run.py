"""A run of another tool, read from its log, to stand beside runs of this program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import disk_error
from app.engine.foreign import foreign_reader
from app.engine.runs.logs.csv_log import read_csv_log
from app.engine.runs.logs.curves import Curve, Curves, history_of
from app.engine.runs.logs.settings_beside import settings_beside
from app.engine.runs.logs.tensorboard import MARK, read_events
from app.engine.runs.logs.trainer_state import STATE, read_trainer_state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.engine.runs.history import History
    from app.engine.runs.logs.curves import Names, Settings

CSV = (".csv", ".tsv")

SPLITS = {"train": "train", "training": "train", "validation": "val", "val": "val", "eval": "val"}
"""Folders in which Keras writes a log for each split, and what stands before their names then."""

OF_TOOLS = ("trainer_state", "metrics", "log", "training", "history", "progress")
"""Names that tools give their logs, which say nothing of a run."""

OF_EPOCHS = "epoch_"
"""How Keras begins the names of curves whose steps are epochs."""


@dataclass(frozen=True)
class ForeignRun:
    """A run that another tool has logged.

    history: as that of a run of this program. names: which of its curves became what. curves: all
    of them. notes: sentences on what could not be read. steps_are_epochs: whether its steps are
    counted in epochs. settings: what is known of how it was trained, by section and name.
    """

    name: str
    path: Path
    history: History
    names: Names
    curves: Mapping[str, Curve] = field(repr=False)
    notes: tuple[str, ...] = ()
    steps_are_epochs: bool = False
    settings: Settings = field(default_factory=dict, repr=False)


def is_log(path: Path) -> bool:
    """Returns whether a file or folder looks like a log of another tool, by names alone."""
    try:
        if path.is_dir():
            return bool(_event_files(path)) or any(_event_files(path / name) for name in SPLITS)
        return MARK in path.name or path.suffix.lower() in CSV or path.name == STATE
    except OSError:
        return False


def log_files(path: Path) -> list[Path]:
    """Returns the files of which a log consists, [] where there is none. Raises OSError."""
    if not path.is_dir():
        return [path] if path.exists() else []

    return _event_files(path) or [file for name in SPLITS for file in _event_files(path / name)]


def read_log(path: Path) -> ForeignRun:
    """Reads a log: an event file of TensorBoard, a folder of such, CSV, or trainer_state.json.

    Raises UserError where it cannot be read, is of another version, or has no loss.
    """

    def damaged(text: str) -> UserError:
        why = text.rstrip(".") or "it is damaged"
        return UserError(f"'{path.name}' cannot be read as a log: {why}.", "Choose another file.")

    try:
        # What a foreign file holds may be anything: a step that no number has room for, no text.
        with foreign_reader(damaged):
            curves = _curves(path)
            history, names = history_of(curves)
            settings = {**settings_beside(path), **curves.settings}
    except OSError as error:
        raise disk_error(error, path) from error

    return ForeignRun(
        _name(path),
        path,
        history,
        names,
        curves.by_name,
        curves.notes,
        curves.steps_are_epochs,
        settings,
    )


def _curves(path: Path) -> Curves:
    if path.is_dir():
        return _of_folder(path)
    if path.suffix.lower() in CSV:
        return read_csv_log(path)
    if path.name == STATE:
        return read_trainer_state(path)

    return read_events([path])


def _of_folder(path: Path) -> Curves:
    files = _event_files(path)
    if files:
        return read_events(files)

    by_name: dict[str, Curve] = {}
    notes: list[str] = []
    for folder, split in SPLITS.items():
        if found := _event_files(path / folder):
            curves = read_events(found)
            by_name |= {f"{split}/{name}": curve for name, curve in curves.by_name.items()}
            notes += curves.notes

    if not by_name:
        raise UserError(
            f"'{readable(path)}' holds no log of TensorBoard.",
            "Choose the folder with the file whose name has 'tfevents' in it, or a CSV file.",
        )

    in_epochs = all(name.partition("/")[2].startswith(OF_EPOCHS) for name in by_name)
    return Curves(by_name, tuple(notes), in_epochs)


def _event_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []

    return sorted(path for path in folder.iterdir() if MARK in path.name and path.is_file())


def _name(path: Path) -> str:
    """Returns what a log is called: its folder where the file has a name of its tool."""
    if path.is_dir():
        return path.name
    if MARK in path.name or path.stem in OF_TOOLS:
        return path.absolute().parent.name

    return path.stem
