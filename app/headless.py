"""Training without a window: shown on the terminal, stopped by Ctrl+C; and the demo."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from app.engine import garbage
from app.engine.errors import UserError, with_remedy
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import CHOICES, Experiment
from app.engine.experiment.resolve import resolve
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.results.curve_image import write_curves
from app.engine.results.report import load_report
from app.engine.runs.control import Control
from app.engine.runs.events import Event, RunFinished
from app.engine.runs.history import read_history
from app.engine.runs.run import Run, default_folder
from app.engine.sources.opening import open_dataset
from app.engine.training.ranks import world as worlds
from app.output import complain, say, say_json
from app.terminal import Display, display_for, ending

if TYPE_CHECKING:
    from app.engine.runs.summary import Summary
    from app.engine.training.ranks.world import World

DEMO = "sample:digits"
DEMO_EPOCHS = 16
"""99 of 100 digits are right after some ten; a third of what the template would take."""

STOPPING = "Stopping at the next step; the best epoch is kept. Once more ends at once."

FAILED = 1
INTERRUPTED = 130

Work = Callable[[Callable[[Event], None], Control], RunFinished]
"""A training, given the listener of its events and the requests to it."""


def data_kinds(experiment: Experiment, json_: bool) -> dict[str, str]:
    """Reads the data of an experiment; returns which kinds of choices they get, section -> kind.

    Raises UserError where they cannot be read, or the experiment does not fit them.
    """
    with display_for(json_) as display:
        description = open_dataset(experiment.data, display.stage, sample=True).description

    resolved = resolve(experiment, description)
    return {section: getattr(resolved, section).kind for section in CHOICES}


def train(
    requested: Experiment, run: Run, json_: bool, processes: int = 1, world: World | None = None
) -> int:
    """Trains an experiment in a new run folder and returns the exit code.

    processes: of this computer that share the batches. world: of those that torchrun has started.
    """

    def work(emit: Callable[[Event], None], control: Control) -> RunFinished:
        # Torch takes seconds to load; the display says so meanwhile.
        from app.engine.training import trainer  # noqa: PLC0415 - loaded under the display
        from app.engine.training.ranks import lead  # noqa: PLC0415 - beside it

        team = lead.several(processes) if world is None else lead.of_torchrun(world)
        return trainer.train(requested, run, emit, control, team=team)

    return _attend(work, run, json_)


def resume(
    run: Run,
    epochs: int | None,
    json_: bool,
    processes: int = 1,
    world: World | None = None,
) -> int:
    """Goes on with a run, to `epochs` in all if given, and returns the exit code.

    processes, world: see `train`.
    """

    def work(emit: Callable[[Event], None], control: Control) -> RunFinished:
        from app.engine.training import trainer  # noqa: PLC0415 - loaded under the display
        from app.engine.training.ranks import lead  # noqa: PLC0415 - beside it

        team = lead.several(processes) if world is None else lead.of_torchrun(world)
        return trainer.resume(run, emit, control, epochs, team=team)

    return _attend(work, run, json_)


def _attend(work: Work, run: Run, json_: bool) -> int:
    """Runs a training on this thread with a display and returns the exit code."""
    garbage.only_train()
    control = Control()
    with display_for(json_) as display:
        display.stage("Loading engine")
        with interrupts(control, display):
            finished = work(display, control)

    return conclude(finished, run, json_)


def conclude(finished: RunFinished, run: Run, json_: bool) -> int:
    """Prints how a run ended and what it reached, and returns the exit code."""
    report = None
    no_report = ""
    if finished.status in ("completed", "stopped"):
        try:
            report = load_report(run)
        except UserError as error:
            no_report = str(error)

    for line in ending(finished, report):
        say(line, error=json_)

    if json_:
        say_json(without_details(finished.summary))
    if finished.status == "completed":
        if no_report:  # the run is whole all the same
            complain(no_report)

        return 0
    # A run that was stopped in its first epoch has no report; its reason says so.
    if finished.status == "stopped":
        return INTERRUPTED

    # The details are in log.txt.
    what, remedy, _ = finished.failure or (finished.reason, "", "")
    complain(with_remedy(what, remedy))
    return FAILED


def without_details(summary: Summary) -> dict[str, Any]:
    """Returns the summary with what went wrong and what to try; the traceback is in log.txt."""
    plain = dict(summary)
    if "failure" in summary:
        plain["failure"] = list(summary["failure"][:2])

    return plain


@contextmanager
def interrupts(control: Control, display: Display) -> Iterator[None]:
    """Makes the first Ctrl+C (or SIGTERM) stop the run, and the second end the process.

    A run that is stopped keeps its best epoch.
    """
    came: set[int] = set()
    by_torchrun = worlds.by_torchrun()

    def interrupt(number: int, _frame: Any) -> None:
        # torchrun answers to Ctrl+C, which every process gets, with a SIGTERM to each.
        if control.stopping and (number in came or not by_torchrun):
            with suppress(RuntimeError, OSError):  # it came amid a write, or the terminal is gone
                display.close()
            os._exit(128 + number)

        came.add(number)
        if control.stopping:
            return

        control.stop()
        # It may have come amid a write of this thread, which Python refuses to enter again.
        threading.Thread(target=display.line, args=(STOPPING,), name="line of a stop").start()

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, interrupt) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def demo() -> int:
    """Trains the built-in digits and draws the curves into the run folder."""
    requested = Experiment(
        name="digits demo",
        data=DataSettings(source=DEMO),
        training=TrainingSettings(epochs=DEMO_EPOCHS),
    )
    run = Run.create(default_folder(), requested)
    code = train(requested, run, json_=False)

    history = read_history(run.path)
    if len(history.steps):
        picture = write_curves(
            history, f"{run.name}: learning to read handwritten digits", run.path / "curves.png"
        )
        say(f"The curves: {picture}")

    return code
