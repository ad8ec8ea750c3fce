"""Puts a run, or the workers of a search, into the queue of a cluster."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.engine import own_process
from app.engine.cluster import submitted
from app.engine.cluster.job import SearchJob, TrainJob
from app.engine.detached import register
from app.engine.errors import UserError
from app.engine.extras import missing, not_installed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.runs.run import Run
    from app.engine.search.search_folder import SearchFolder

LOGS = ".cluster"
"""The folder of submitit, beside the runs: what jobs write, and what it keeps of them."""

Kind = Literal["slurm", "local"]


@dataclass(frozen=True)
class Wanted:
    """What a job asks the cluster for.

    kind: "slurm", or "local" for processes of this computer, which shows what the other would do.
    partition: "" for the usual one. minutes: after so many it is put into the queue again, and goes
    on; three times. cores, gpus, memory (GB): 0 for what is usual there.
    """

    kind: Kind = "slurm"
    partition: str = ""
    minutes: int = 60
    cores: int = 0
    gpus: int = 0
    memory: int = 0


def submit_run(run: Run, wanted: Wanted, processes: int = 1) -> str:
    """Puts a new run into the queue; returns the number of its job.

    Nothing of the run is left where that is refused. Raises UserError.
    """
    try:
        executor = _executor(run.path.parent / LOGS, wanted, run.name, processes)
        (job,) = _submit(executor, [TrainJob(str(run.path), processes)], wanted)
    except UserError:
        run.discard()
        raise

    submitted.write(
        run.path,
        {"cluster": wanted.kind, "job": job, "logs": str(run.path.parent / LOGS)},
    )
    register.add(run.path)
    return job


def submit_search(folder: SearchFolder, wanted: Wanted) -> list[str]:
    """Puts as many workers into the queue as the search makes trials at a time, as one array.

    Returns the numbers of their jobs. Raises UserError.
    """
    plan = folder.plan()
    folder.forget_requests()
    executor = _executor(folder.path / LOGS, wanted, folder.path.name, 1)
    count = max(1, min(plan.parallel, plan.trials))
    return _submit(executor, [SearchJob(str(folder.path))] * count, wanted)


def require_submitit() -> None:
    """Raises UserError, with the command to copy, where submitit is not installed."""
    if missing("submitit"):
        raise not_installed("Jobs of a cluster need submitit, which is not installed.", "cluster")


def _executor(logs: Path, wanted: Wanted, name: str, processes: int) -> Any:
    """Returns submitit's executor with what is wanted. Raises UserError where there is none."""
    require_submitit()
    import submitit  # noqa: PLC0415 - an extra, loads a second

    try:
        executor = submitit.AutoExecutor(logs, cluster=wanted.kind)
    except RuntimeError as error:
        raise UserError(
            "There is no Slurm on this computer: its programs 'srun' and 'sbatch' are missing.",
            "Log in on the cluster and start it there, or train here: leave out --cluster.",
        ) from error

    asked: dict[str, Any] = {
        "name": re.sub(r"[^A-Za-z0-9._-]", "-", name) or "netwright",
        "timeout_min": wanted.minutes,
        "cpus_per_task": wanted.cores or processes,
        "gpus_per_node": wanted.gpus,
        "mem_gb": wanted.memory,
        "slurm_partition": wanted.partition,
    }
    executor.update_parameters(**{name: value for name, value in asked.items() if value})
    return executor


def _submit(executor: Any, jobs: Sequence[TrainJob | SearchJob], wanted: Wanted) -> list[str]:
    """Puts jobs into the queue, several as an array. Raises UserError where that is refused."""
    from submitit.helpers import environment_variables  # noqa: PLC0415 - see above

    paths = [str(own_process.ROOT), os.environ.get("PYTHONPATH", "")]
    try:
        with environment_variables(PYTHONPATH=os.pathsep.join(filter(None, paths))):
            if len(jobs) == 1:
                return [str(executor.submit(jobs[0]).job_id)]

            return [str(job.job_id) for job in executor.submit_array(jobs)]
    except (RuntimeError, OSError) as error:
        raise refusal(str(error), wanted) from error


def refusal(said: str, wanted: Wanted) -> UserError:
    """Returns what is wrong, from what sbatch wrote to standard error."""
    if "invalid partition" in said.lower():
        return UserError(
            f"The cluster has no partition '{wanted.partition}'.",
            "Name one of those that this prints: sinfo --summarize",
        )
    if "time limit" in said.lower():
        return UserError(
            f"The partition allows no job of {wanted.minutes} minutes.",
            "Take fewer: the job is put into the queue again when they are over, and goes on.",
        )

    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = lines[-1].removeprefix("sbatch: error: ") if lines else "it did not say why"
    return UserError(f"The cluster refuses the job: {why.rstrip('.')}.")
