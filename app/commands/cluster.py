"""The options with which a training or a search becomes jobs of a cluster."""

from __future__ import annotations

import functools
import shlex
from typing import TYPE_CHECKING, Any

import click

from app.output import say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.cluster.submitting import Wanted
    from app.engine.runs.run import Run

KINDS = ("slurm", "local")
MOST_MINUTES = 60 * 24 * 365

_OPTIONS = (
    click.option(
        "--cluster",
        is_flag=False,
        flag_value="slurm",
        type=click.Choice(KINDS),
        help="As a job of a cluster with Slurm; 'local' shows the same on this computer.",
    ),
    click.option("--partition", default="", metavar="P", help="Cluster: which computers."),
    click.option(
        "--minutes",
        type=click.IntRange(1, MOST_MINUTES),
        default=60,
        show_default=True,
        help="Cluster: after so many the job goes back into the queue, and on from there.",
    ),
    click.option("--cores", type=click.IntRange(1), help="Cluster: cores of a job."),
    click.option("--gpus", type=click.IntRange(1), help="Cluster: GPUs of a job."),
    click.option("--memory", type=click.IntRange(1), help="Cluster: GB of a job."),
)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options; the command gets `wanted`, None where it is to be no job."""

    @functools.wraps(command)
    def with_wanted(
        *,
        cluster: str | None,
        partition: str,
        minutes: int,
        cores: int | None,
        gpus: int | None,
        memory: int | None,
        **others: Any,
    ) -> Any:
        wanted = None
        if cluster is not None:
            from app.engine.cluster.submitting import Wanted  # noqa: PLC0415 - not for --help

            kind: Any = cluster
            wanted = Wanted(kind, partition, minutes, cores or 0, gpus or 0, memory or 0)
        elif partition or cores or gpus or memory:
            raise click.UsageError("--partition, --cores, --gpus and --memory need --cluster.")

        return command(wanted=wanted, **others)

    decorated: Callable[..., Any] = with_wanted
    for option in reversed(_OPTIONS):
        decorated = option(decorated)

    return decorated


def submit(run: Run, wanted: Wanted, processes: int, json_: bool) -> int:
    """Puts a run into the queue, says how to follow it, and returns the exit code."""
    from app.engine.cluster import submitting  # noqa: PLC0415 - not for --help

    job = submitting.submit_run(run, wanted, processes)
    if json_:
        say_json({"run": str(run.path), "name": run.name, "job": job})
        return 0

    say(f"The run is job {job} of the cluster, and goes on without this terminal.")
    say(f"  netwright watch {shlex.quote(str(run.path))}    follows it")
    say(f"  netwright stop {shlex.quote(str(run.path))}    stops it and keeps the best epoch")
    if wanted.kind == "slurm":
        say(f"  scancel {job}    takes it out of the queue")

    say(f"Run: {run.path}")
    return 0


def submit_search(folder: Any, wanted: Wanted, json_: bool) -> int:
    """Puts the workers of a search into the queue, and returns the exit code."""
    from app.engine.cluster import submitting  # noqa: PLC0415 - not for --help

    jobs = submitting.submit_search(folder, wanted)
    if json_:
        say_json({"search": str(folder.path), "jobs": jobs})
        return 0

    say(f"The search is {len(jobs)} jobs of the cluster: {', '.join(jobs)}.")
    say(f"The same command without --cluster, with --out {shlex.quote(str(folder.path))}, follows.")
    return 0
