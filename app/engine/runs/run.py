"""A run: the folder with all that came of training an experiment. No torch here."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import psutil

from app.engine import files, folders
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs.summary import Status

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.summary import Summary

RunStatus = Literal["running", "interrupted", "completed", "stopped", "failed", "diverged"]

TRASH = ".trash"
LOCK = "running.json"
SILENCE = 300.0
"""Seconds after which a run of another computer that wrote nothing counts as dead."""


class Run:
    """One run folder. It is cheap to construct: every question is answered from the disk."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    # --- creating

    @classmethod
    def create(cls, parent: Path, experiment: Experiment, path: Path | None = None) -> Run:
        """Makes a new folder below `parent`, named after the day and the experiment.

        path: the folder to make instead. Raises UserError where the folder cannot be made, or where
        `path` holds something already.
        """
        experiment = _named(experiment)
        if path is None:
            folder = _new_folder(
                Path(parent), _file_name(f"{datetime.now():%Y-%m-%d} {experiment.name}")
            )
        else:
            folder = Path(path)
            try:
                if folder.exists() and any(folder.iterdir()):
                    raise UserError(
                        f"The folder '{folder}' is not empty.", "Name a new folder for the run."
                    )
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise files.disk_error(error, folder) from error

        files.write_atomically(folder / "experiment.toml", toml_file.dumps(experiment).encode())
        return cls(folder)

    # --- what it holds

    @property
    def name(self) -> str:
        return self.path.name

    def experiment(self) -> Experiment:
        """Returns the experiment exactly as it was requested, seed included. Raises UserError."""
        return toml_file.read(self.path / "experiment.toml")

    def summary(self) -> Summary:
        """Returns how it ended and the figures; {} if it has not ended."""
        return cast("Summary", self.read_json("summary.json"))

    def environment(self) -> dict[str, Any]:
        """Returns versions, device, threads, and what was known before the first step.

        {} if the run did not come so far.
        """
        return self.read_json("environment.json")

    def dataset(self) -> dict[str, Any]:
        """Returns the description of its data as plain data, see Description.from_plain.

        {} if the run did not come so far.
        """
        return self.read_json("dataset.json")

    @property
    def best_folder(self) -> Path | None:
        """The folder of the best epoch's weights with all that is needed to use them, or None."""
        # The second is there only if a kill fell between two renames.
        for name in ("best", "best-before"):
            folder = self.path / "checkpoints" / name
            if (folder / "manifest.json").is_file():
                return folder

        return None

    @property
    def started(self) -> datetime:
        """When it was started, in local time."""
        text = self.environment().get("started")
        try:
            return datetime.fromisoformat(text) if text else self._created()
        except ValueError:
            return self._created()

    def _created(self) -> datetime:
        try:
            return datetime.fromtimestamp((self.path / "experiment.toml").stat().st_mtime)
        except OSError:
            return datetime.fromtimestamp(0)

    @property
    def status(self) -> RunStatus:
        """How the run stands; "interrupted" if it says it is running while no process runs it."""
        if (self.path / LOCK).exists():
            return "running" if self._alive() else "interrupted"

        status = self.summary().get("status")
        if status in get_args(Status):
            return cast("Status", status)

        return "interrupted"

    def read_json(self, name: str) -> dict[str, Any]:
        """Returns a JSON file of the folder; {} where it is missing or damaged."""
        try:
            data = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

        return data if isinstance(data, dict) else {}

    # --- what a person changes

    @property
    def note(self) -> str:
        try:
            return (self.path / "note.txt").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    @note.setter
    def note(self, text: str) -> None:
        files.write_atomically(self.path / "note.txt", text.encode())

    def rename(self, name: str) -> None:
        """Gives the folder another name.

        Raises UserError where that is taken, or while it is running.
        """
        self._must_rest("renamed")
        target = self.path.with_name(_file_name(name))
        if target == self.path:
            return
        if target.exists():
            raise UserError(
                f"There is already a run called '{target.name}'.", "Choose another name."
            )

        try:
            self.path.rename(target)
        except OSError as error:
            raise files.disk_error(error, self.path) from error

        self.path = target

    def discard(self) -> Path:
        """Moves the folder into `.trash` beside the runs and returns where it is now (see restore).

        For platforms without a trash of their own. Raises UserError while it is running.
        """
        self._must_rest("deleted")
        trash = self.path.parent / TRASH
        try:
            trash.mkdir(exist_ok=True)
            target = _free_name(trash, self.path.name)
            self.path.rename(target)
        except OSError as error:
            raise files.disk_error(error, self.path) from error

        return target

    @classmethod
    def restore(cls, path: Path) -> Run:
        """Takes a folder back out of `.trash`. Raises UserError."""
        target = _free_name(path.parent.parent, path.name)
        try:
            path.rename(target)
        except OSError as error:
            raise files.disk_error(error, path) from error

        return cls(target)

    def _must_rest(self, what: str) -> None:
        if self.status == "running":
            raise UserError(
                f"The run '{self.name}' is running and cannot be {what}.", "Stop it first."
            )

    # --- for the trainer

    def claim(self) -> None:
        """Claims the run for this process.

        Raises UserError where another process runs it, or the folder is not writable.
        """
        lock = self.path / LOCK
        for _ in range(2):
            try:
                handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                if self._alive():
                    raise UserError(
                        f"The run '{self.name}' is being trained already.",
                        "Stop it there, or wait until it ends.",
                    ) from None

                lock.unlink(missing_ok=True)
                continue
            except OSError as error:
                raise files.disk_error(error, self.path) from error

            owner = {
                "process": os.getpid(),
                "begun": _start_time(os.getpid()),
                "computer": socket.gethostname(),
            }
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(owner, file)

            return

        raise UserError(f"The run '{self.name}' is being trained already.", "Wait until it ends.")

    def write_summary(self, summary: Summary) -> None:
        """Writes summary.json. Raises UserError where the disk refuses."""
        files.write_json(self.path / "summary.json", summary)

    def sweep(self) -> None:
        """Removes what a kill in the middle of a write left behind."""
        for path in list(self.path.rglob("*.tmp")):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def touch(self) -> None:
        """Shows other computers that see the folder that the run is alive."""
        # The disk may be full or gone; the save that follows reports it.
        with contextlib.suppress(OSError):
            os.utime(self.path / LOCK)

    def release(self) -> None:
        # A lock that stays behind is recognised as stale by the number of its process.
        with contextlib.suppress(OSError):
            (self.path / LOCK).unlink(missing_ok=True)

    def _alive(self) -> bool:
        """Returns whether the process named in the lock still runs.

        Its start time must match too, since numbers of processes are used again.
        """
        lock = self.read_json(LOCK)
        if lock.get("computer") != socket.gethostname():
            try:
                return time.time() - (self.path / LOCK).stat().st_mtime < SILENCE
            except OSError:
                return False

        started = _start_time(lock.get("process"))
        return started is not None and abs(started - float(lock.get("begun") or 0.0)) < 2.0

    def log(self, text: str) -> None:
        """Writes one line to log.txt. A disk that refuses it is not worth ending a run."""
        with (
            contextlib.suppress(OSError),
            (self.path / "log.txt").open("a", encoding="utf-8") as file,
        ):
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text.rstrip()}\n")


def default_folder() -> Path:
    """Returns the folder of runs that is used where none is chosen."""
    return folders.runs()


def list_runs(folder: Path) -> tuple[Run, ...]:
    """Returns the runs in a folder, newest first; () where there is none."""
    try:
        runs = [
            Run(path)
            for path in folder.iterdir()
            if path.name != TRASH and (path / "experiment.toml").is_file()
        ]
    except OSError:
        return ()

    return tuple(sorted(runs, key=lambda run: (run.started, run.name), reverse=True))


def remove(folder: Path) -> None:
    """Deletes a folder for good.

    It is renamed first, so that a kill in between leaves no half of it under its name.
    """
    if not folder.exists():
        return

    hidden = _free_name(folder.parent, folder.name + ".gone.tmp")
    folder.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def _start_time(process: Any) -> float | None:
    """Returns when a process of this computer started, in seconds since 1970; None if unknown."""
    try:
        return float(psutil.Process(int(process)).create_time())
    except (psutil.Error, TypeError, ValueError, OverflowError):
        return None


def _named(experiment: Experiment) -> Experiment:
    """Returns the experiment with a name, and with an absolute path as its source."""
    source = experiment.data.source
    if source and not source.startswith("sample:"):
        source = str(Path(source).expanduser().absolute())
        experiment = experiment.replace(data=experiment.data.replace(source=source))

    if not experiment.name:
        subject = (
            source.removeprefix("sample:") if source.startswith("sample:") else Path(source).stem
        )
        words = [subject or "experiment", experiment.model.kind if experiment.model else ""]
        experiment = experiment.replace(name=" ".join(word for word in words if word))

    return experiment


def _file_name(text: str) -> str:
    """Returns a text as a folder name that every system takes. Raises UserError."""
    name = "".join("-" if char in '<>:"/\\|?*' or not char.isprintable() else char for char in text)
    name = name.encode("utf-8")[:120].decode("utf-8", errors="ignore").strip(" .")
    if not name:
        raise UserError(
            f"'{text}' is no name for a folder.", "Choose a name with letters or digits."
        )

    return name


def _new_folder(parent: Path, name: str) -> Path:
    for number in range(1, 100_000):
        folder = parent / (name if number == 1 else f"{name} {number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise files.disk_error(error, folder) from error

        return folder
    raise UserError(
        f"There are too many runs called '{name}'.", "Give the experiment another name."
    )


def _free_name(folder: Path, name: str) -> Path:
    number = 1
    path = folder / name
    while path.exists():
        number += 1
        path = folder / f"{name} {number}"

    return path
