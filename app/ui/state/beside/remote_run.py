"""A run beside the window: a process of its own trains it, and the session's thread follows it.

Whether the thread trains or follows, the session gives it a Control and receives its events.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.detached import control_file, register, starting
from app.engine.detached.follower import Follower
from app.engine.errors import UserError
from app.engine.remote import place as places
from app.engine.remote import starting as elsewhere
from app.engine.runs import events
from app.engine.runs.control import Control
from app.ui.state.trainings import created

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.detached.control_file import RequestName
    from app.engine.detached.starting import Started
    from app.engine.experiment.experiment import Experiment
    from app.engine.remote.place import Place
    from app.engine.runs.promises.promise import Promise
    from app.engine.runs.run import Run
    from app.ui.state.beside.training_place import TrainingPlace
    from app.ui.state.trainings import Emit, Train

MakeRun = Callable[["Emit"], "Run"]
"""Makes or finds a run; it may tell what it is about."""

LOOK_EVERY = 0.1
"""Seconds between two looks at the folder of the run."""

WHERE_EVERY = 1.0
"""Seconds between two looks whether another computer can be reached."""

PATIENCE = 10.0
"""Seconds that a process gets to end after it told its end."""

BESIDE = "beside the window"
DIED = "The process that trained it has ended without saying how. It can be resumed."
MOVED = "The folder of the run was moved or removed. A run that trains goes on where it is now."


@dataclass(frozen=True)
class RunInterrupted(events.RunFinished):
    """The process of a run died, or its folder is gone: what was told before is all there is."""


class RemoteControl(Control):
    """Requests to a run in a process of its own: the thread that follows it passes them on."""

    def __init__(self) -> None:
        super().__init__()
        self._requests: queue.SimpleQueue[tuple[RequestName, dict[str, float | None]]] = (
            queue.SimpleQueue()
        )
        self._left = threading.Event()
        self.where = BESIDE
        """Where it trains, in words; the thread that follows it says so."""

    def pause(self) -> None:
        super().pause()
        self._requests.put(("pause", {}))

    def resume(self) -> None:
        super().resume()
        self._requests.put(("resume", {}))

    def stop(self, at_once: bool = False) -> None:
        super().stop(at_once)
        self._requests.put(("stop at once" if at_once else "stop", {}))

    def change(self, /, **values: float | None) -> None:
        named = {name.replace("__", "."): value for name, value in values.items()}
        self._requests.put(("change", named))

    def leave(self) -> None:
        """Lets the run go on without the window."""
        self._left.set()

    @property
    def left(self) -> bool:
        return self._left.is_set()

    def pass_on(self, folder: Path) -> None:
        """Sends what was requested since the last call. Raises UserError where that is refused."""
        while not self._requests.empty():
            request, values = self._requests.get()
            control_file.send(folder, request, values)

    def wait(self) -> None:
        """Waits until it is time to look at the run again, or to leave."""
        self._left.wait(LOOK_EVERY)


def trained_beside(
    make: MakeRun,
    processes: int = 1,
    go_on: bool = False,
    epochs: int | None = None,
) -> Train:
    """Returns what starts a process for a run, and follows it.

    make: makes or finds the run. processes: that share each batch. go_on: from its last checkpoint.
    epochs: a new total.
    """

    def train(emit: Emit, control: Control) -> None:
        run = make(emit)
        emit(events.StageChanged("Starting a process"))
        started = starting.start(run, go_on, epochs, processes)
        try:
            _follow(run.path, emit, control, known=go_on)
            started.wait(0 if _left(control) else PATIENCE)
        finally:
            _let_go(started)

    return train


def new_beside(
    place: TrainingPlace, experiment: Experiment, folder: Path, promise: Promise | None
) -> Train:
    """Returns what trains an experiment beside the window, in a new run below `folder`.

    promise: what was promised of it, which holds for one process of this computer.
    """
    if place.host:
        return _trained_elsewhere(experiment, folder, place.host)

    kept = promise if place.processes == 1 else None
    return trained_beside(lambda _: created(experiment, folder, kept), place.processes)


def _trained_elsewhere(experiment: Experiment, folder: Path, host: str) -> Train:
    """Returns what starts a new run on another computer, and follows it in `folder` here."""

    def train(emit: Emit, control: Control) -> None:
        def tell(text: str, done: int, total: int) -> None:
            emit(events.StageChanged(text, done, total))

        run = elsewhere.start(experiment, host, None, tell, control.check, folder)
        _follow(run.path, emit, control, known=False)

    return train


def followed(path: Path) -> Train:
    """Returns what follows a run that trains already."""

    def train(emit: Emit, control: Control) -> None:
        _follow(path, emit, control, known=False)

    return train


def training_beside() -> Path | None:
    """Returns the newest run that trains in a process of its own on this computer, or None."""
    for run in register.runs():
        if run.status == "running" and control_file.listens(run.path):
            return run.path

    for run in register.runs():
        # Of one on another computer, the process that followed it may have ended with this one.
        place = _place(run.path)
        if place is not None and place["state"] != "fetched" and run.status != "running":
            with contextlib.suppress(UserError):
                elsewhere.follow(run)
                return run.path

    return None


def _place(path: Path) -> Place | None:
    try:
        return places.read(path)
    except UserError:  # it is told where the run is opened
        return None


def _where(path: Path) -> str:
    """Returns where a run trains, in words."""
    place = _place(path)
    if place is not None:
        host = place["host"]
        lost = place["state"] == "lost"
        return f"{host} cannot be reached, trying again" if lost else f"on {host}"

    return BESIDE


def _follow(path: Path, emit: Emit, control: Control, known: bool) -> None:
    """Tells the events of a run until it ends or the window leaves it."""
    assert isinstance(control, RemoteControl)
    follower = Follower(path, known=known)
    steps = known
    look_next = 0.0
    while not follower.ended and not control.left:
        if (now := time.monotonic()) >= look_next:
            look_next = now + WHERE_EVERY
            control.where = _where(path)

        try:
            control.pass_on(path)
        except UserError as error:
            if path.exists() and control_file.listens(path):
                emit(events.StageChanged(error.message))

        for event in follower.poll():
            steps = steps or isinstance(event, events.StepsDone)
            emit(event)

        if not follower.ended:
            control.wait()

    if control.left:
        emit(RunInterrupted(str(path), "stopped", "It goes on without the window.", {}))
    elif follower.died:
        reason = DIED if path.exists() else MOVED
        if steps or not path.exists():
            emit(RunInterrupted(str(path), "stopped", reason, {}))
        else:
            raise UserError(
                "The process of the run ended before its first step.",
                f"'{path / 'log.txt'}' says more.",
            )


def _left(control: Control) -> bool:
    return isinstance(control, RemoteControl) and control.left


def _let_go(started: Started) -> None:
    if started.wait(0) is None:
        started.let_go()
