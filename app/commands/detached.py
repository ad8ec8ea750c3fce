"""`netwright watch`, `stop` and `runs`: runs that train in processes of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from app.command_options import as_json
from app.engine.errors import UserError
from app.find_run import find_run
from app.output import complain, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.detached.listing import Listed
    from app.engine.runs.events import Event, RunFinished
    from app.engine.runs.run import Run

LOOK_EVERY = 0.1
"""Seconds between two looks at the folder of a run."""

COMPLETED = 0
FAILED = 1


@click.command()
@click.argument("run")
@as_json
def watch(run: str, json_: bool) -> int:
    """Follow a run that trains elsewhere, until it ends.

    Ctrl+C ends the watching and leaves the run alone.
    """
    found = find_run(run)
    _connect_again(found)
    _wait_in_queue(found, json_)
    return follow_to_its_end(found, json_)


@click.command()
@click.argument("run")
@as_json
def stop(run: str, json_: bool) -> int:
    """Stop a run that trains elsewhere, and wait for its end. Its best epoch is kept."""
    from app.engine.detached import control_file  # noqa: PLC0415 - not for --help
    from app.headless import without_details  # noqa: PLC0415 - loads numpy and rich

    found = find_run(run)
    if found.status == "running":
        control_file.send(found.path, "stop")
        finished = _follow(found, lambda _: None)
        if finished is None:
            return _interrupted(found)

        say(finished.reason, error=json_)
    else:
        say(f"The run '{found.name}' is not running: {found.status}.", error=json_)

    if json_:
        say_json(without_details(found.summary()))

    return COMPLETED


@click.command()
@as_json
def runs(json_: bool) -> None:
    """List all runs: how far they are, and what they reached."""
    from app.engine.detached import register  # noqa: PLC0415 - not for --help
    from app.engine.detached.listing import listed  # noqa: PLC0415 - not for --help

    found = [listed(run) for run in register.runs()]
    if json_:
        say_json([_plain(entry) for entry in found])
        return
    if not found:
        say("There are no runs yet.")

    for entry in found:
        say(_line(entry))


def follow_to_its_end(run: Run, json_: bool) -> int:
    """Shows a run that trains elsewhere until it ends; returns the exit code."""
    from app.headless import conclude  # noqa: PLC0415 - loads numpy and rich
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    try:
        with display_for(json_) as display:
            finished = _follow(run, display)
    except KeyboardInterrupt:
        say(f"The run '{run.name}' goes on.", error=json_)
        return COMPLETED

    return _interrupted(run) if finished is None else conclude(finished, run, json_)


def _connect_again(run: Run) -> None:
    """Follows a run on another computer again, where the process that did so has ended."""
    from app.engine.remote import place, starting  # noqa: PLC0415 - not for --help

    found = place.read(run.path)
    if found is not None and found["state"] != "fetched" and run.status != "running":
        starting.follow(run)


def _wait_in_queue(run: Run, json_: bool) -> None:
    """Waits for a job of a cluster to begin, and says how it stands meanwhile."""
    from app.engine.cluster import submitted  # noqa: PLC0415 - not for --help

    job = submitted.read(run.path)
    if job is not None:
        submitted.wait_for_begin(run, job, lambda text: say(text, error=json_))


def _follow(run: Run, listener: Callable[[Event], None]) -> RunFinished | None:
    """Tells the events of a run to its end, and returns that; None where its process died."""
    from app.engine.detached.follower import Follower  # noqa: PLC0415 - not for --help
    from app.engine.runs.events import RunFinished  # noqa: PLC0415 - not for --help

    follower = Follower(run.path)
    while not follower.ended:
        for event in follower.poll():
            if isinstance(event, RunFinished):
                return event
            listener(event)

        if not follower.ended:
            time.sleep(LOOK_EVERY)

    return None


def _interrupted(run: Run) -> int:
    """Says that the process of a run died, and returns the exit code."""
    if not run.path.exists():
        raise UserError(
            f"The folder of the run '{run.name}' was moved or removed.",
            "A run that trains goes on where its folder is now: name it there.",
        )

    complain(f"The run '{run.name}' was interrupted. Resume it: netwright resume '{run.path}'.")
    return FAILED


def _plain(entry: Listed) -> dict[str, Any]:
    """Returns a run of the list as plain data."""
    return {
        "run": str(entry.run.path),
        "name": entry.run.name,
        "status": entry.status,
        "epoch": entry.epoch,
        "epochs": entry.epochs,
        "best_epoch": entry.best_epoch,
        "figure": entry.figure,
        "started": entry.started.isoformat(timespec="seconds"),
        "pid": entry.process,
    }


def _line(entry: Listed) -> str:
    """Returns a run of the list as a line."""
    from app.engine.learning.metrics import metrics_text  # noqa: PLC0415 - not for --help

    epochs = f" of {entry.epochs}" if entry.epochs else ""
    parts = [f"{entry.status:<12}{entry.run.name}", f"epoch {entry.epoch}{epochs}"]
    if entry.figure is not None:
        best = metrics_text({entry.metric.name: entry.figure})
        parts.append(f"best {best} in epoch {entry.best_epoch}")
    if entry.process is not None:
        parts.append(f"process {entry.process}")

    return " · ".join(parts)
