"""A run: the folder with all that came of training an experiment. No torch here."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from app.engine import files, folders
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs.storage import manifest, own_names, shape
from app.engine.runs.storage.checkpoint_folder import MOST_JSON
from app.engine.runs.storage.log_file import LogFile
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.storage.run_lock import OWNER, RunLock, is_held
from app.engine.runs.summary import Status, Summary

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment

RunStatus = Literal[
    "running", "interrupted", "completed", "stopped", "failed", "diverged", "damaged"
]

TRASH = ".trash"
BEST = "best"
BEST_BEFORE = "best-before"
BEST_NEXT = "best-next"
"""The names of the best epoch in `checkpoints`, see checkpoint."""


class Run:
    """One run folder. It is cheap to construct: every question is answered from the disk."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._lock: RunLock | None = None
        self._log = LogFile()

    # --- creating

    @classmethod
    def create(cls, parent: Path, experiment: Experiment, path: Path | None = None) -> Run:
        """Makes a new folder below `parent`, named after the day and the experiment.

        path: the folder to make instead. Raises UserError where the folder cannot be made, or where
        `path` holds something already.
        """
        experiment = _named(experiment)
        if path is None:
            folder = new_folder(parent, experiment)
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

        manifest.write(folder, "experiment.toml", toml_file.dumps(experiment).encode())
        return cls(folder)

    # --- what it holds

    @property
    def name(self) -> str:
        return self.path.name

    def experiment(self) -> Experiment:
        """Returns the experiment exactly as it was requested, seed included. Raises UserError."""
        content = manifest.read(self.path, "experiment.toml")
        if content is None:
            raise manifest.missing(self.path, "experiment.toml")

        return toml_file.parse(content, self.path / "experiment.toml")

    def summary(self) -> Summary:
        """Returns how it ended and the figures; {} if it has not ended.

        Raises RunFileError where the file is damaged.
        """
        summary = shape.read_object(self.path, "summary.json")
        if not shape.is_of(summary, Summary):
            raise manifest.damaged(self.path, "summary.json", "it holds values of another kind")

        return summary

    def environment(self) -> dict[str, Any]:
        """Returns versions, device, threads, and what was known before the first step.

        {} if the run did not come so far. Raises RunFileError where the file is damaged.
        """
        return shape.read_object(self.path, "environment.json")

    def dataset(self) -> dict[str, Any]:
        """Returns the description of its data as plain data, see Description.from_plain.

        {} if the run did not come so far. Raises RunFileError where the file is damaged.
        """
        return shape.read_object(self.path, "dataset.json")

    @property
    def best_folder(self) -> Path | None:
        """The folder of the best epoch's weights with all that is needed to use them, or None."""
        checkpoints = self.path / "checkpoints"
        steps = {
            name: _step_of(checkpoints / name)
            for name in (BEST, BEST_NEXT)
            if (checkpoints / name).is_dir()
        }
        if steps:
            # The next one is there after a kill between two renames, and is later than the best.
            return checkpoints / max(steps, key=lambda name: steps[name])

        before = checkpoints / BEST_BEFORE
        return before if before.is_dir() else None

    @property
    def started(self) -> datetime:
        """When it was started, in local time; where that cannot be read, when it was made."""
        try:
            return datetime.fromisoformat(self.environment()["started"]).replace(tzinfo=None)
        except (RunFileError, KeyError, TypeError, ValueError):
            return self._created()

    def _created(self) -> datetime:
        try:
            return datetime.fromtimestamp((self.path / "experiment.toml").stat().st_mtime)
        except (OSError, OverflowError, ValueError):
            return datetime.fromtimestamp(0)

    @property
    def status(self) -> RunStatus:
        """How the run stands.

        "interrupted" if it says it is running while no process runs it; "damaged" if its summary or
        its folder cannot be read.
        """
        try:
            return self.read_status()
        except (RunFileError, OSError):
            return "damaged"

    def read_status(self) -> RunStatus:
        """Returns how the run stands. Raises RunFileError, or OSError where the disk refuses."""
        if (self.path / OWNER).exists():
            return "running" if is_held(self.path) else "interrupted"

        status = self.summary().get("status")
        return cast("Status", status) if status in get_args(Status) else "interrupted"

    def problems(self) -> list[str]:
        """Returns a sentence for each file of the folder that is missing or damaged."""
        texts = []
        for read in (self.experiment, self.summary, self.environment, self.dataset):
            try:
                read()
            except RunFileError as error:
                texts.append(error.message)
            except UserError:
                pass  # it is whole, and of another version

        return list(dict.fromkeys(texts))

    # --- what a person changes

    @property
    def note(self) -> str:
        try:
            return files.read_regular(self.path / "note.txt", MOST_JSON).decode("utf-8", "replace")
        except OSError:
            return ""

    @note.setter
    def note(self, text: str) -> None:
        files.write_atomically(self.path / "note.txt", text.encode())

    def rename(self, name: str) -> None:
        """Gives the folder another name.

        Raises UserError where that is taken, or while it is running.
        """
        self.must_rest("renamed")
        target = self.path.with_name(file_name(name))
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
        self.must_rest("deleted")
        trash = self.path.parent / TRASH
        try:
            trash.mkdir(exist_ok=True)
            target = free_name(trash, self.path.name)
            self.path.rename(target)
        except OSError as error:
            raise files.disk_error(error, self.path) from error

        return target

    @classmethod
    def restore(cls, path: Path) -> Run:
        """Takes a folder back out of `.trash`. Raises UserError."""
        target = free_name(path.parent.parent, path.name)
        try:
            path.rename(target)
        except OSError as error:
            raise files.disk_error(error, path) from error

        return cls(target)

    def must_rest(self, what: str) -> None:
        """Raises UserError while it is running. what: the participle of what cannot be done."""
        if self.status == "running":
            raise UserError(
                f"The run '{self.name}' is running and cannot be {what}.", "Stop it first."
            )

    # --- for the trainer

    def claim(self) -> None:
        """Claims the run for this process, and removes what a kill left half written.

        Raises UserError where another process runs it, where the folder is not writable or where it
        holds a link.
        """
        try:
            own_names.refuse_others(self.path)
            lock = RunLock(self.path)
            if not lock.acquire():
                raise UserError(
                    f"The run '{self.name}' is being trained already.",
                    "Stop it there, or wait until it ends.",
                )

            self._lock = lock
            own_names.sweep(self.path)
        except OSError as error:
            raise files.disk_error(error, self.path) from error

    def write_summary(self, summary: Summary) -> None:
        """Writes summary.json. Raises UserError where the disk refuses."""
        self.write_json("summary.json", summary)

    def write_json(self, name: str, data: Any) -> None:
        """Writes a JSON file of the folder. Raises UserError where the disk refuses."""
        manifest.write(self.path, name, files.json_bytes(data))

    def touch(self) -> None:
        """Shows other computers that see the folder that the run is alive."""
        if self._lock is not None:
            self._lock.touch()

    def follow(self, place: Path) -> None:
        """Goes on in another place: the folder was moved while it is claimed."""
        self.path = place
        if self._lock is not None:
            self._lock.folder = place

    def release(self) -> bool:
        """Gives the run back, for other processes to claim.

        Returns False where the run is shown as interrupted from now on, see RunLock.release.
        """
        lock = self._lock
        self._lock = None
        return lock is None or lock.release()

    def log(self, text: str, may_wait: bool = False) -> None:
        """Writes a line to log.txt; one that may wait is written with the next one."""
        self._log.add(self.path / "log.txt", text, may_wait)


def default_folder() -> Path:
    """Returns the folder of runs that is used where none is chosen."""
    return folders.runs()


def list_runs(folder: Path) -> tuple[Run, ...]:
    """Returns the runs in a folder, newest first; () where there is none."""
    try:
        runs = [Run(path) for path in folder.iterdir() if path.name != TRASH and _is_run(path)]
    except OSError:
        return ()

    return tuple(sorted(runs, key=lambda run: (run.started, run.name), reverse=True))


def _is_run(path: Path) -> bool:
    try:
        return (path / "experiment.toml").is_file() or manifest.exists(path)
    except OSError:  # one folder that may not be entered does not take the others away
        return False


def _step_of(best: Path) -> int:
    """Returns the step of a best epoch; -1 where it does not say: reading it tells why."""
    try:
        content = json.loads(files.read_regular(best / "state.json", MOST_JSON))
        step = content["step"]
        return step if isinstance(step, int) else -1
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return -1


def _named(experiment: Experiment) -> Experiment:
    """Returns the experiment with a name, and with absolute paths of its data and revision."""
    source = experiment.data.source
    if source and not source.startswith("sample:"):
        source = str(Path(source).expanduser().absolute())
        experiment = experiment.replace(data=experiment.data.replace(source=source))
    if experiment.data.revision:
        revision = str(Path(experiment.data.revision).expanduser().absolute())
        experiment = experiment.replace(data=experiment.data.replace(revision=revision))

    if not experiment.name:
        subject = (
            source.removeprefix("sample:") if source.startswith("sample:") else Path(source).stem
        )
        words = [subject or "experiment", experiment.model.kind if experiment.model else ""]
        experiment = experiment.replace(name=" ".join(word for word in words if word))

    return experiment


def file_name(text: str) -> str:
    """Returns a text as a folder name that every system takes. Raises UserError."""
    name = "".join("-" if char in '<>:"/\\|?*' or not char.isprintable() else char for char in text)
    name = name.encode("utf-8")[:120].decode("utf-8", errors="ignore").strip(" .")
    if not name:
        raise UserError(
            f"'{text}' cannot be the name of a folder.", "Choose a name with letters or digits."
        )

    return name


def new_folder(parent: Path, experiment: Experiment) -> Path:
    """Makes an empty folder below `parent`, named after the day and the experiment.

    Raises UserError.
    """
    name = file_name(f"{datetime.now():%Y-%m-%d} {_named(experiment).name}")
    for number in range(1, 100_000):
        folder = Path(parent) / (name if number == 1 else f"{name} {number}")
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


def free_name(folder: Path, name: str) -> Path:
    """Returns a path in a folder that is not taken: the name, or with a number behind it."""
    number = 1
    path = folder / name
    while path.exists():
        number += 1
        path = folder / f"{name} {number}"

    return path
