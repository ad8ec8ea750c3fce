"""What a process of its own does: it trains one run, and listens to its control file.

The training is on a thread, as in the window, where it gives way to other programs; the main thread
listens.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files, garbage
from app.engine.detached import control_file
from app.engine.detached.awake import Awake
from app.engine.detached.control_file import ControlReader
from app.engine.detached.event_file import EventFile
from app.engine.errors import UserError
from app.engine.runs.control import Control
from app.engine.runs.events import RunFinished
from app.engine.runs.run import Run
from app.engine.runs.storage.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.runs.events import Event
    from app.engine.runs.run import RunStatus

LISTEN_EVERY = 0.1
"""Seconds between two looks at the control file."""

COMPLETED = 0
FAILED = 1
STOPPED = 130
SHUT_DOWN = 143
"""How the process ends: the last is after a polite kill, as when the computer is shut down."""


class ClaimedRun(Run):
    """A run that is claimed before torch is loaded: from then on it is running."""

    def claim(self) -> None:
        if self._lock is None:
            super().claim()


class StayAwake:
    """Keeps the computer awake while the run trains; a paused one lets it sleep."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._awake = Awake()
        self._pausing = False
        self._awake.hold()

    def check(self) -> None:
        """Looks whether the run was paused or goes on."""
        if self._control.pausing == self._pausing:
            return

        self._pausing = self._control.pausing
        if self._pausing:
            self._awake.release()
        else:
            self._awake.hold()

    def close(self) -> None:
        self._awake.release()


def main(argument: str) -> int:
    """Trains the run that the argument names and returns the exit code. argument: see `starting`.

    Prints one line of JSON on standard output as soon as the run is claimed, or why it is not.
    """
    garbage.only_train()
    order = json.loads(argument)
    run = ClaimedRun(Path(order["run"]))
    status = run.status if order["go_on"] else None
    try:
        run.claim()
        told = EventFile(run.path)
        control_file.create(run.path)
    except (UserError, OSError) as error:
        run.release()
        refusal = files.as_user_error(error, run.path)
        _answer({"what": refusal.what, "remedy": refusal.remedy})
        return FAILED

    _answer({"process": os.getpid()})
    control = Control()
    shut_down = _stop_on_signals(control, told)
    ends: list[RunFinished] = []

    def work() -> None:
        ends.append(_train(run, order, status, told, control))

    thread = threading.Thread(target=work, name="training")
    thread.start()
    reader = ControlReader(run, control)
    place = Place(run, control)
    awake = StayAwake(control)
    while thread.is_alive():
        place.check()
        awake.check()
        reader.poll()
        thread.join(LISTEN_EVERY)

    awake.close()
    place.close()
    told.close()
    ended = ends[0].status if ends else "failed"
    if ended == "stopped":
        return SHUT_DOWN if shut_down else STOPPED

    return COMPLETED if ended == "completed" else FAILED


def _train(
    run: Run,
    order: dict[str, Any],
    status: RunStatus | None,
    emit: Callable[[Event], None],
    control: Control,
) -> RunFinished:
    """Trains, or goes on where `status` says how the run stood; tells the end in any case."""
    try:
        from app.engine.training import trainer  # noqa: PLC0415 - torch takes seconds to load
        from app.engine.training.ranks.lead import several  # noqa: PLC0415 - beside it

        team = several(order.get("processes", 1))
        if status is None:
            return trainer.train(run.experiment(), run, emit, control, team=team)

        return trainer.resume(run, emit, control, order["epochs"], status_before=status, team=team)
    except BaseException as error:  # the trainer tells its own failures
        details = "".join(traceback.format_exception(error))
        run.log(details)
        run.release()
        what = f"The training could not start: {error or type(error).__name__}."
        failure = what, "Change what the message names, then train it again.", details
        finished = RunFinished(str(run.path), "failed", what, {}, failure)
        emit(finished)
        return finished


def _answer(data: dict[str, Any]) -> None:
    """Answers whoever started the process, who may be gone; prints in the log from then on."""
    sys.stdout.flush()
    with contextlib.suppress(OSError):
        os.write(1, files.json_line(data, ascii_only=True))

    os.dup2(2, 1)


def _stop_on_signals(control: Control, told: EventFile) -> list[int]:
    """Lets a polite kill stop the run at once, with its state saved; returns those that came."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        told.shut_down()
        control.stop(at_once=True)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    return came


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
