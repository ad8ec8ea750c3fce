"""Which job of a cluster trains a run: cluster.json in the run's folder."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Literal

import psutil
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.storage.own_names import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.runs.run import Run

MOST_BYTES = 1 << 16

LOOK_EVERY = 2.0
"""Seconds between two looks at the queue; Slurm asks not to be asked more often."""

OVER = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "BOOT_FAIL")
"""How Slurm says that a job has ended."""


class Submitted(TypedDict):
    """cluster: which kind. job: its number there. logs: the folder of what it writes."""

    cluster: Literal["slurm", "local"]
    job: str
    logs: str


_SUBMITTED = TypeAdapter(Submitted)


def read(folder: Path) -> Submitted | None:
    """Returns the job of a run; None where it is none of a cluster, or where that is damaged."""
    try:
        content = files.read_regular(folder / CLUSTER, MOST_BYTES)
        return _SUBMITTED.validate_python(json.loads(content), strict=True)
    except (OSError, ValueError, ValidationError, RecursionError):
        return None


def write(folder: Path, submitted: Submitted) -> None:
    """Writes which job trains a run. Raises OSError where the disk refuses."""
    files.write_atomically(folder / CLUSTER, files.json_line(submitted))


def wait_for_begin(run: Run, submitted: Submitted, tell: Callable[[str], object]) -> None:
    """Waits until the job of a run has begun; a run that has begun before is not waited for.

    tell: given how the job stands, whenever that changes. Raises UserError where it has ended.
    """
    told = ""
    while run.status == "interrupted" and not run.environment():
        state = _state(submitted)
        if state.split(" ")[0] in OVER:
            raise UserError(
                f"The job {submitted['job']} has ended before the run began: {state}.",
                f"What it wrote is in '{submitted['logs']}'.",
            )
        if state != told:
            told = state
            tell(f"Job {submitted['job']}: {state.lower()}")

        time.sleep(LOOK_EVERY)


def _state(submitted: Submitted) -> str:
    """Returns how the job stands, as Slurm says it; "UNKNOWN" where nobody answers."""
    if submitted["cluster"] == "local":
        return "RUNNING" if psutil.pid_exists(int(submitted["job"])) else "FAILED"

    from submitit import SlurmJob  # noqa: PLC0415 - an extra, loads a second

    return str(SlurmJob(submitted["logs"], submitted["job"]).state)
