"""Processes that share a training, for tests: forks of this one, so that nothing is loaded anew."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from app.engine.training.ranks import follower
from app.engine.training.ranks.lead import Lead
from app.engine.training.ranks.starting import Others, how_it_ended
from app.engine.training.ranks.team import ALONE
from app.engine.training.ranks.world import LOOPBACK, World, name_of, open_store
from tests.engine.training.small import Listener

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.events import Event, RunFinished
    from app.engine.training.ranks.team import Team

needs_forks = pytest.mark.skipif(sys.platform != "linux", reason="needs processes that fork")

CEILING = 60.0
"""Seconds; not a measure."""


PORT_BYTES = 2
"""A read takes so many at once from the pipe, so each process has the port whole."""


class Forks(Others):
    """Other processes as forks of this one, in place of new ones that load torch for seconds."""

    def __init__(
        self,
        size: int,
        data: DataSettings | None = None,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        """data: as the others have them. before: what each of them does first."""
        self.size = size
        self.children: list[int] = []
        self._codes: dict[int, int] = {}
        self._data = data
        self._before = before
        self._server: Any = None

    def start(self, log: Path) -> None:
        # All forks come first: the store's thread may hold a lock that a fork would wait for.
        asked, told = os.pipe()
        for rank in range(1, self.size):
            if child := os.fork():
                self.children.append(child)
                continue

            code = 1
            try:
                port = int.from_bytes(os.read(asked, PORT_BYTES))
                world = World(rank, self.size, rank, self.size, LOOPBACK, port)
                self._before()
                code = follower.follow(world, self._data)
            finally:
                os._exit(code)

        self._server = open_store(LOOPBACK, 0, hosts=True)
        self.world = World(0, self.size, 0, self.size, LOOPBACK, self._server.port)
        os.write(told, self._server.port.to_bytes(PORT_BYTES) * len(self.children))
        os.close(asked)
        os.close(told)

    def _code(self, child: int) -> int | None:
        """Returns the exit code of a child, None while it goes on."""
        if child not in self._codes:
            ended, status = os.waitpid(child, os.WNOHANG)
            if not ended:
                return None
            self._codes[child] = os.waitstatus_to_exitcode(status)

        return self._codes[child]

    @property
    def codes(self) -> list[int | None]:
        """The exit code of each child, once they were closed."""
        return [self._code(child) for child in self.children]

    def gone(self) -> str:
        for rank, code in enumerate(self.codes, 1):
            if code is not None and code < 0:
                return f"{name_of(rank, self.size)} {how_it_ended(code)}."

        return ""

    def close(self) -> None:
        end = time.monotonic() + CEILING
        while None in self.codes:
            if time.monotonic() > end:
                for child, code in zip(self.children, self.codes, strict=True):
                    if code is None:
                        os.kill(child, signal.SIGKILL)
                pytest.fail("a process does not end")
            time.sleep(0.01)


class Trained:
    """A training, with its end, its run and what it told."""

    def __init__(self, run: Run, finished: RunFinished, told: Listener) -> None:
        self.run = run
        self.finished = finished
        self.told = told


def trained(
    experiment: Experiment,
    folder: Path,
    others: Others | None = None,
    control: Control | None = None,
    listener: Callable[[Event], None] = lambda _: None,
) -> Trained:
    """Trains on this thread, with other processes or alone."""
    run = Run.create(folder, experiment)
    told = Listener()

    def listen(event: Event) -> None:
        told(event)
        listener(event)

    team: Team = Lead(others) if others is not None else ALONE
    finished = trainer.train(experiment, run, listen, control or Control(), team=team)
    return Trained(run, finished, told)


def only_here(action: Callable[[], object]) -> Callable[[], None]:
    """Returns what does something in this process, and nothing in its forks."""
    here = os.getpid()

    def act() -> None:
        if os.getpid() == here:
            action()

    return act
