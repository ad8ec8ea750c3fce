"""A training without a window: attended on the terminal, stopped by Ctrl+C, its ending told; and
the demo.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.results.curve_image import write_curves
from app.engine.results.report import load_report
from app.engine.runs.control import Control
from app.engine.runs.events import Event, RunFinished
from app.engine.runs.history import read_history
from app.engine.runs.run import Run, default_folder
from app.speaking import complain, say, tell
from app.terminal import Display, display_for, ending

DEMO = "sample:digits"
FAILED = 1
INTERRUPTED = 130

Work = Callable[[Callable[[Event], None], Control], RunFinished]


def train(asked: Experiment, run: Run, json_: bool) -> int:
    """Trains an experiment in a new run folder; returns the exit code."""

    def work(emit: Callable[[Event], None], control: Control) -> RunFinished:
        from app.engine.training import trainer  # loads torch, under the display

        return trainer.train(asked, run, emit, control)

    return _attend(work, run, json_)


def resume(run: Run, epochs: int | None, json_: bool) -> int:
    """Goes on with a run, to `epochs` in all if given; returns the exit code."""

    def work(emit: Callable[[Event], None], control: Control) -> RunFinished:
        from app.engine.training import trainer

        return trainer.resume(run, emit, control, epochs)

    return _attend(work, run, json_)


def _attend(work: Work, run: Run, json_: bool) -> int:
    """Runs a training on this thread with a display; the exit code says how it ended."""
    control = Control()
    with display_for(json_) as display:
        display.stage("Loading engine")
        with _interrupts(control, display):
            finished = work(display, control)

    report = None
    if finished.status in ("completed", "stopped"):
        with suppress(UserError):  # stopped before the first epoch was judged: the reason says so
            report = load_report(run)

    for line in ending(finished, report):
        say(line, error=json_)

    if json_:
        tell(finished.summary)
    if finished.status == "completed":
        return 0
    if finished.status == "stopped":
        return INTERRUPTED

    what, remedy, _ = finished.failure or (finished.reason, "", "")
    complain(f"{what} {remedy}".strip())
    return FAILED


@contextmanager
def _interrupts(control: Control, display: Display) -> Iterator[None]:
    """The first Ctrl+C (or SIGTERM) asks the run to stop and keep its best; the second ends the
    process.
    """

    def asked(number: int, frame: Any) -> None:
        if control.stopping:
            display.close()
            os._exit(128 + number)

        control.stop()
        display.line("Stopping at the next step; the best epoch is kept. Once more ends at once.")

    kinds = [signal.SIGINT, signal.SIGTERM]
    before = [signal.signal(kind, asked) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def demo() -> int:
    """The built-in digits, trained here; the curves as a picture in the run folder."""
    asked = Experiment(name="digits demo", data=DataSettings(source=DEMO))
    run = Run.create(default_folder(), asked)
    code = train(asked, run, json_=False)

    history = read_history(run.path)
    if len(history.steps):
        picture = write_curves(
            history, f"{run.name}: learning to read handwritten digits", run.path / "curves.png"
        )
        say(f"The curves: {picture}")

    return code
