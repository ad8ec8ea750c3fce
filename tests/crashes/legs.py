"""One leg of a run, from a start or resume to its end or a kill, in a forked child.

The child writes down what it does, by system calls, so that a kill takes nothing of it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.compute.randomness import Randomness
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.training import trainer
from tests.engine.training.small import at_step
from tests.faults import run_with_fault

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run

_write = os.write
"""Not the one that may be told to fail."""


@dataclass(frozen=True)
class Kill:
    """When the process is killed.

    kind: "time" (`at` seconds after the start), "step" (in the middle of step number `at`, 0-based)
    or "call" (at file-system call number `at` within the run's folder; half of a write is done).
    """

    kind: str
    at: float

    def __str__(self) -> str:
        return f"{self.kind} {self.at:.3g}"


@dataclass
class Leg:
    """What a child did until its end.

    killed: whether it was. status: of RunFinished, or the error that left the training. reason: of
    RunFinished, with the last line of its traceback, if it has one. steps: (number, time) of every
    step that began, 0-based. saved: (steps done, time) of every state that it told as saved.
    findings: keys and texts. started, finished: how many RunStarted and RunFinished it told.
    """

    killed: bool = False
    status: str = ""
    reason: str = ""
    seconds: float = 0.0
    steps: list[tuple[int, float]] = field(default_factory=list)
    saved: list[tuple[int, float]] = field(default_factory=list)
    findings: list[tuple[str, str]] = field(default_factory=list)
    started: int = 0
    finished: int = 0


def run_leg(work: Callable[[Path], str], run: Run, kill: Kill | None) -> Leg:
    """Does the work in a child that is killed as planned, and returns what it did.

    work: is given the file that it writes down what it does in; see `train` and `resume`.
    """
    notes = run.path.parent / f"{run.path.name}.notes"
    notes.unlink(missing_ok=True)
    begun = time.monotonic()
    if kill is not None and kill.kind == "call":
        outcome = run_with_fault(work, (notes,), int(kill.at), "kill", within=run.path)
        killed = outcome.signal == signal.SIGKILL
        status = outcome.value or outcome.error or ("hangs" if outcome.hung else "")
    else:
        killed, status = _forked(functools.partial(work, notes), kill)

    leg = read_notes(notes)
    leg.killed = killed
    leg.status = status or leg.status
    leg.seconds = time.monotonic() - begun

    return leg


def _forked(work: Callable[[], str], kill: Kill | None) -> tuple[bool, str]:
    """Returns whether the child was killed, and what it said where it was not."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            in_step = kill is not None and kill.kind == "step"
            with at_step(int(kill.at), _die) if in_step else contextlib.nullcontext():
                status = work()
        except BaseException as error:
            status = f"{type(error).__name__}: {error}"
        finally:
            _write(writing, status.encode()[:4096])
            os._exit(0)

    os.close(writing)
    if kill is not None and kill.kind == "time":
        time.sleep(kill.at)
        os.kill(child, signal.SIGKILL)

    with os.fdopen(reading, "rb") as pipe:
        status = pipe.read().decode()

    _, how = os.waitpid(child, 0)
    return os.WIFSIGNALED(how), status


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# --- what is done


Note = dict[str, Any]


def train(experiment: Experiment, run: Run, notes: Path | list[Note]) -> str:
    """Trains a run from its start; returns how it ended.

    notes: the file in which a child writes down what it does, or a list for it.
    """
    with _noted(notes) as listener:
        return trainer.train(experiment, run, listener, Control()).status


def resume(run: Run, epochs: int, notes: Path | list[Note]) -> str:
    """Lets a run go on, `epochs` long if that is not 0; see `train`."""
    with _noted(notes) as listener:
        return trainer.resume(run, listener, Control(), epochs or None).status


@contextmanager
def _noted(notes: Path | list[Note]) -> Iterator[Callable[[events.Event], None]]:
    """Yields a listener; writes down its events and the steps that begin."""
    handle = -1
    if not isinstance(notes, list):
        handle = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(**values: Any) -> None:
        values["time"] = time.monotonic()
        if isinstance(notes, list):
            notes.append(values)
        else:
            _write(handle, json.dumps(values).encode() + b"\n")

    real = Randomness.begin_step

    def begin_step(self: Randomness, epoch: int, now: int) -> None:
        if epoch:
            note(step=now)
        real(self, epoch, now)

    def listener(event: events.Event) -> None:
        if isinstance(event, events.RunStarted):
            note(started=1)
        elif isinstance(event, events.CheckpointSaved) and not event.best:
            note(saved=event.step)
        elif isinstance(event, events.NewFinding):
            note(finding=[event.finding.key, event.finding.text])
        elif isinstance(event, events.RunFinished):
            trace = event.failure[2].strip().splitlines()[-1:] if event.failure else []
            note(finished=event.status, reason=" | ".join([event.reason, *trace]))

    Randomness.begin_step = begin_step  # type: ignore[method-assign]
    yield listener


def read_notes(notes: Path) -> Leg:
    """Returns what a child wrote down, and removes the file."""
    if not notes.exists():
        return Leg()

    lines = notes.read_bytes().splitlines()
    notes.unlink()
    return leg_of([json.loads(line) for line in lines])


def leg_of(notes: list[Note]) -> Leg:
    """Returns what was done by what was written down."""
    leg = Leg()
    for note in notes:
        leg.started += note.get("started", 0)
        leg.finished += "finished" in note
        leg.status = note.get("finished", leg.status)
        leg.reason = note.get("reason", leg.reason)
        if "step" in note:
            leg.steps.append((note["step"], note["time"]))
        if "saved" in note:
            leg.saved.append((note["saved"], note["time"]))
        if "finding" in note:
            leg.findings.append(tuple(note["finding"]))

    return leg


# --- plans


def random_kill(rng: random.Random, seconds: float, steps: int, calls: int) -> Kill:
    """Draws when a run is killed that takes so many seconds, steps and file-system calls."""
    kind = rng.choice(("time", "time", "call", "call", "call", "step"))
    if kind == "time":
        return Kill(kind, rng.uniform(0.0, seconds))

    return Kill(kind, rng.randrange(steps if kind == "step" else calls))
