"""Runs in processes of their own, for tests: started, followed, and waited for."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.engine.detached import control_file, starting
from app.engine.detached.follower import Follower
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.engine.detached.starting import Started
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs import events

CEILING = 120.0
"""Seconds; not a measure: a process loads torch first, on a busy computer."""


def wait_for(condition: Callable[[], object], what: str = "it") -> None:
    """Returns once the condition holds."""
    end = time.monotonic() + CEILING
    while not condition():
        assert time.monotonic() < end, f"{what} does not come"
        time.sleep(0.02)


@contextmanager
def detached(run: Run, go_on: bool = False, epochs: int | None = None) -> Iterator[Started]:
    """Starts a process for a run, and leaves none behind."""
    started = starting.start(run, go_on, epochs)
    try:
        yield started
    finally:
        if started.wait(0) is None and run.path.exists():
            control_file.send(run.path, "stop at once")
        assert started.wait(CEILING) is not None


class Following:
    """A follower, with what it told so far."""

    def __init__(self, path: Path) -> None:
        self.follower = Follower(path)
        self.told: list[events.Event] = []

    def poll(self) -> list[events.Event]:
        new = self.follower.poll()
        self.told += new
        return new

    def until(self, kind: type[events.Event]) -> None:
        """Polls until an event of this kind was told."""
        wait_for(lambda: any(isinstance(event, kind) for event in self.poll()), kind.__name__)

    def to_the_end(self) -> None:
        def ended() -> bool:
            self.poll()
            return self.follower.ended

        wait_for(ended, "the end")

    def of(self, kind: type[events.Event]) -> list:
        return [event for event in self.told if isinstance(event, kind)]


def trained_here(experiment: Experiment, folder: Path) -> Run:
    """Trains on this thread, as a reference."""
    run = Run.create(folder, experiment)
    end = trainer.train(experiment, run, lambda event: None, Control())
    assert end.status == "completed", end.reason
    return run
