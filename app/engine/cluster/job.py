"""A run, or one of the workers of a search, as a job: what submitit calls on the cluster.

Shortly before a job's time is over, or where another one takes its place, submitit asks it for a
checkpoint, on the main thread: the training then saves and ends, and the same job, put into the
queue again, goes on from there.
"""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import files

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

THREADS = ("training", "search")
"""The names of the threads that do the work."""


@dataclass(frozen=True)
class TrainJob:
    """Trains the run in a folder that all computers of the cluster see; returns the exit code.

    processes: so many share each batch. go_on: from its newest checkpoint.
    """

    folder: str
    processes: int = 1
    go_on: bool = False

    def __call__(self) -> int:
        from app.engine.detached import process  # noqa: PLC0415 - on the cluster
        from app.engine.runs.run import Run  # noqa: PLC0415 - on the cluster

        run = Run(Path(self.folder))
        # A job that was killed before it could be asked begins again as it was submitted.
        begun = any((run.path / "checkpoints").glob("state-*"))
        order = {
            "run": self.folder,
            "go_on": self.go_on or begun,
            "epochs": None,
            "processes": self.processes,
        }
        return process.main(files.json_line(order, ascii_only=True).decode())

    def checkpoint(self) -> DelayedSubmission:
        """Returns the job that goes on, once the state is saved."""
        _end_work()
        return _again(replace(self, go_on=True))


@dataclass(frozen=True)
class SearchJob:
    """Works on the search in a folder, as one of several; returns the exit code."""

    folder: str

    def __call__(self) -> int:
        from app.engine.search import worker_process  # noqa: PLC0415 - on the cluster

        order = {"search": self.folder}
        return worker_process.main(files.json_line(order, ascii_only=True).decode())

    def checkpoint(self) -> DelayedSubmission:
        """Returns the job that goes on; the trial that was cut off is made again."""
        _end_work()
        return _again(self)


def _end_work() -> None:
    """Stops the work as a shut-down does, and waits until what it has is saved."""
    signal.raise_signal(signal.SIGTERM)
    for thread in threading.enumerate():
        if thread.name in THREADS:
            thread.join()


def _again(job: TrainJob | SearchJob) -> DelayedSubmission:
    from submitit.helpers import DelayedSubmission  # noqa: PLC0415 - an extra, loads a second

    return DelayedSubmission(job)
