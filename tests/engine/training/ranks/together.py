"""Processes that share a training, for tests: forks of this one, so that nothing is loaded anew."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from app.engine.training.ranks import follower
from app.engine.training.ranks.lead import Lead
from app.engine.training.ranks.starting import Others
from app.engine.training.ranks.team import ALONE
from app.engine.training.ranks.world import LOOPBACK, World
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
        self._data = data
        self._before = before
        self._server: Any = None

    def start(self, log: Path) -> None:
        from torch import distributed

        self._server = distributed.TCPStore(
            LOOPBACK, 0, is_master=True, timeout=timedelta(seconds=60), wait_for_workers=False
        )
        self.world = World(0, self.size, 0, self.size, LOOPBACK, self._server.port)
        for rank in range(1, self.size):
            if child := os.fork():
                self.children.append(child)
                continue

            code = 1
            try:
                self._before()
                code = follower.follow(replace(self.world, rank=rank, local_rank=rank), self._data)
            finally:
                os._exit(code)

    def close(self) -> None:
        end = time.monotonic() + CEILING
        self.codes = []
        for child in self.children:
            while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
                if time.monotonic() > end:
                    os.kill(child, signal.SIGKILL)
                time.sleep(0.01)
            self.codes.append(os.waitstatus_to_exitcode(ended[1]))

        self.children = []


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


def later(action: Callable[[], object]) -> threading.Thread:
    """Does something on a thread of its own."""
    thread = threading.Thread(target=action)
    thread.start()
    return thread
