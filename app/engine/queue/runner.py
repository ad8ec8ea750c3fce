"""The process that trains the queue: one run after the other, each in a process of its own.

It may be killed at any moment. What it was about is in the item's file: it takes up a run that
still trains, resumes one that was interrupted, and never begins one twice.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from filelock import FileLock, Timeout

from app.engine import files, own_process
from app.engine.detached import process, starting
from app.engine.detached.event_file import end_of, was_shut_down
from app.engine.errors import UserError
from app.engine.queue import searches
from app.engine.queue.items import Item, Queue, State
from app.engine.queue.one_at_a_time import trains_beside
from app.engine.runs.run import Run, default_folder, new_folder
from app.engine.runs.storage import manifest
from app.engine.runs.storage.run_lock import is_held
from app.engine.runs.summary import Status
from app.engine.search.search_folder import SearchFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.detached.starting import Started

MODULE = "app.engine.queue.runner"
LOOK_EVERY = 0.2
"""Seconds between two looks at a run."""

WAIT_EVERY = 1.0
"""Seconds between two looks whether another training still has the computer."""

MOST_DEATHS = 3
"""Times that the process of a run may die before the next run has its turn."""

ENDS: dict[int | None, State] = {process.COMPLETED: "completed", process.STOPPED: "stopped"}
"""What the exit code of a process says, where its folder is gone."""

MOVED = "Its folder was moved or removed while it trained."
DIED = f"Its process died {MOST_DEATHS} times; log.txt in its folder may say why."


def start(queue: Queue) -> int | None:
    """Starts the runner and returns the number of its process; None where one is at work.

    Raises UserError where the system starts no process.
    """
    queue.pause(False)
    try:
        child = own_process.start_detached(MODULE, str(queue.folder), queue.folder / "log.txt")
    except OSError as error:
        raise UserError(
            f"The queue could not be started: {error.strerror or error}.", "Close other programs."
        ) from error

    assert child.stdout is not None
    with child.stdout as answers:
        answer = answers.read(64) or b""

    starting.Started(child.pid, child).let_go()
    return int(answer) if answer.strip().isdigit() else None


def working(queue: Queue) -> bool:
    """Returns whether a runner is at work."""
    lock = FileLock(queue.folder / "runner.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False

    lock.release()
    return False


def main(folder: str) -> int:
    """Trains the queue in this folder until nothing waits; at once 0 where another does."""
    queue = Queue(Path(folder))
    lock = FileLock(queue.folder / "runner.lock")
    try:
        lock.acquire(timeout=1)  # somebody who asks whether it is held holds it for a moment
    except Timeout:
        return 0

    with contextlib.suppress(OSError):
        os.write(1, f"{os.getpid()}\n".encode())
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        while (item := _next(queue)) is not None:
            work(queue, item)
    finally:
        lock.release()

    return 0


def _next(queue: Queue) -> Item | None:
    """Returns what is to be trained now; waits while another training has the computer.

    None where nothing waits, or where the queue is paused.
    """
    told = None
    while _may_begin(queue) and (other := trains_beside(queue)) is not None:
        if other != told:
            print(
                f"The queue waits until the run '{other.name}' ends.", file=sys.stderr, flush=True
            )
            told = other

        time.sleep(WAIT_EVERY)

    return queue.take(_new_folder(queue))


def _may_begin(queue: Queue) -> bool:
    """Returns whether the next item is one that nothing trains yet."""
    items = queue.items()
    running = next((item for item in items if item.state == "running"), None)
    if running is not None:
        return not is_held(Path(running.run))

    return not queue.paused and any(item.state == "waiting" for item in items)


def work(queue: Queue, item: Item) -> None:
    """Trains one item to its end, and notes what became of it."""
    try:
        item, state, why = _to_the_end(queue, item)
    except UserError as error:
        state, why = "failed", error.message

    queue.update(replace(item, state=state, why="" if state == "completed" else why))


def _to_the_end(queue: Queue, item: Item) -> tuple[Item, State, str]:
    """Trains an item until it has ended, also where its process dies; returns how and why."""
    if item.search:
        return item, *searches.to_the_end(SearchFolder(Path(item.search)))

    end = _end_of(Path(item.run))
    while end is None:
        end = _train(queue, item)
        if end is None:
            item = replace(item, deaths=item.deaths + 1)
            queue.update(item)

    return item, *end


def _train(queue: Queue, item: Item) -> tuple[State, str] | None:
    """Trains the run of an item, or waits for it where it trains; returns how it ended, and why.

    None where its process died: it can go on.
    """
    path = Path(item.run)
    if not path.exists():
        return "failed", MOVED
    if item.deaths >= MOST_DEATHS:
        return "failed", DIED

    code = _wait(path, None if is_held(path) else _begin(queue, item))
    return _end_of(path) if path.exists() else (ENDS.get(code, "failed"), MOVED)


def _begin(queue: Queue, item: Item) -> Started:
    """Starts a process for the run of an item: from its first step, or where it was interrupted."""
    run = Run(Path(item.run))
    if (run.path / "experiment.toml").exists():
        return starting.start(run, go_on=True)

    # A kill came before the run was whole.
    files.remove(run.path / manifest.MANIFEST)
    return starting.start(Run.create(run.path.parent, queue.experiment(item), run.path))


def _wait(path: Path, started: Started | None) -> int | None:
    """Waits for the end of the process of a run; returns its exit code, where it is known."""
    if started is not None:
        while (code := started.wait(LOOK_EVERY)) is None:
            pass

        return code

    while is_held(path):
        time.sleep(LOOK_EVERY)

    return None


def _end_of(path: Path) -> tuple[State, str] | None:
    """Returns how a run ended, and why; None where it goes on, or was interrupted.

    One that was stopped because the computer was shut down is interrupted, too.
    """
    if is_held(path) or was_shut_down(path):
        return None

    run = Run(path)
    end = end_of(path)
    status = end.status if end is not None else run.status
    reason = end.reason if end is not None else ""
    if end is None and status in get_args(Status):
        reason = str(run.summary().get("reason", ""))
    if status == "diverged":
        status = "failed"

    return (status, reason) if status in ("completed", "stopped", "failed") else None


def _new_folder(queue: Queue) -> Callable[[Item], Path]:
    """Returns what makes the folder of an item's run."""

    def make(item: Item) -> Path:
        if item.search:
            return Path(item.search)

        return new_folder(default_folder(), queue.experiment(item))

    return make


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
