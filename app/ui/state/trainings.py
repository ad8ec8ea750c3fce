"""What the thread of a run does: a new run, one that goes on, the same again, or a branch."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.engine import garbage
from app.engine.runs import events
from app.engine.runs.control import Control, Stopped
from app.engine.runs.copies import branched, same_again
from app.engine.runs.promises.promise import keep
from app.engine.runs.run import Run
from app.ui.text.run_names import label_of

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.promises.promise import Promise
    from app.ui.state.record import Record

Emit = Callable[[events.Event], None]
Train = Callable[[Emit, Control], None]
"""Trains on the calling thread, and tells the events of the run; it loads torch."""


class GivesWay(Protocol):
    """Work on a thread of its own that has to be over before a run begins. busy: it goes on."""

    busy: bool

    def give_way(self) -> threading.Thread | None:
        """Asks the work to end at its next boundary, and returns the thread that will then end.

        It is called on the window's thread.
        """


class ExclusiveTasks:
    """Tasks that give way whenever a run or another task begins, and when the program ends."""

    def __init__(self) -> None:
        self._tasks: list[GivesWay] = []

    def add(self, task: GivesWay) -> None:
        self._tasks.append(task)

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return any(task.busy for task in self._tasks)

    def make_room(self) -> list[threading.Thread]:
        """Asks all of them to end; whoever begins next waits for these threads."""
        threads = (task.give_way() for task in self._tasks)
        return [thread for thread in threads if thread is not None]


@dataclass(frozen=True)
class RunRead(events.StageChanged):
    """What was known of a run before it goes on."""

    record: Record | None = None


def created(experiment: Experiment, folder: Path, promise: Promise | None) -> Run:
    """Makes a run below `folder`, which keeps what was promised of it. Raises UserError."""
    run = Run.create(folder, experiment)
    if promise is not None:
        keep(run, promise)

    return run


def new_run(experiment: Experiment, folder: Path, promise: Promise | None = None) -> Train:
    """Returns what trains an experiment in a new run below `folder`. promise: see `created`."""

    def train(emit: Emit, control: Control) -> None:
        from app.engine.training.trainer import train as train_run  # noqa: PLC0415 - loads torch

        train_run(experiment, created(experiment, folder, promise), emit, control)

    return train


def same_run(path: Path, folder: Path) -> Train:
    """Returns what trains a run again in a new one below `folder`, to the same bits."""

    def train(emit: Emit, control: Control) -> None:
        from app.engine.training.trainer import train as train_run  # noqa: PLC0415 - loads torch

        run = same_again(Run(path), folder)
        train_run(run.experiment(), run, emit, control)

    return train


def resumed(path: Path, epochs: int | None) -> Train:
    """Returns what goes on with a run. epochs: a new total, to train longer."""

    def train(emit: Emit, control: Control) -> None:
        from app.engine.training.trainer import resume  # noqa: PLC0415 - it loads torch

        resume(Run(path), emit, control, epochs)

    return train


def branch(path: Path, epochs: int | None, at: int | None = None) -> Train:
    """Returns what copies a run and goes on with the copy; the run itself stays as it is.

    at: see `branch_of`.
    """

    def train(emit: Emit, control: Control) -> None:
        from app.engine.training.trainer import resume  # noqa: PLC0415 - it loads torch

        resume(branch_of(path, emit, at), emit, control, epochs)

    return train


def branch_of(path: Path, emit: Emit, at: int | None = None) -> Run:
    """Returns a copy of a run, to go on with. Raises UserError.

    at: the epoch after which it goes on, where its state was kept; None for where the run stands.
    """
    emit(events.StageChanged("Copying the run"))
    name = f"{datetime.now():%Y-%m-%d} {label_of(path)} branch"
    if at is None:
        return branched(Run(path), name)

    from app.engine.runs.looks.kept_epochs import branch_at  # noqa: PLC0415 - it loads torch

    return branch_at(Run(path), at, f"{name} from epoch {at}")


def after_reading(path: Path, read: Callable[[Path], Record], train: Train) -> Train:
    """Returns what reads the record of a run, tells it, and then trains: a long run takes seconds.

    read: returns the record of a folder, and raises UserError where it holds no run.
    """

    def train_after(emit: Emit, control: Control) -> None:
        emit(events.StageChanged("Reading the run"))
        emit(RunRead("Starting", record=read(path)))
        train(emit, control)

    return train_after


def work(train: Train, emit: Callable[[events.Event], None], control: Control) -> None:
    """Does the work of a run's thread.

    Whatever happens, exactly one RunFinished is emitted, and it is the last event.
    """
    ends: list[events.RunFinished] = []

    def hold_back_end(event: events.Event) -> None:
        if isinstance(event, events.RunFinished):
            ends.append(event)
        else:
            emit(event)

    try:
        train(hold_back_end, control)
        if not ends:
            ends.append(_failed(RuntimeError("it ended without saying how")))
    except Stopped:
        ends = [
            events.RunFinished(
                "", "stopped", "Stopped before the first step; there is nothing to keep.", {}
            )
        ]
    except BaseException as error:
        # The trainer reports its own failures; this is for what surrounds it.
        ends = ends or [_failed(error)]

    emit(ends[0])
    garbage.give_back()  # a run frees much at once, and between its pieces nothing else finds room


def _failed(error: BaseException) -> events.RunFinished:
    what = (
        getattr(error, "what", "")
        or f"The training could not start: {error or type(error).__name__}."
    )
    remedy = getattr(error, "remedy", "") or (
        "Change what the message names, then press Train again."
    )
    details = "".join(traceback.format_exception(error))

    return events.RunFinished("", "failed", what, {}, (what, remedy, details))
