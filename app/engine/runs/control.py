"""Requests to a run, noted here by any thread and honoured by the run at a step boundary."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.compute.outputs.values import OutputsRequest


class Stopped(Exception):
    """A stop is honoured outside the training loop, for example while pictures are read."""


class Control:
    """The requests to one run: pause, resume, stop. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._at_once = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._changes: queue.SimpleQueue[dict[str, float | None]] = queue.SimpleQueue()

        self.watching = False
        """Whether somebody watches the optimizer: then it is measured, see OptimizerMeasured."""

        self.outputs: OutputsRequest | None = None
        """The example that somebody sees go through the network, see OutputsSeen; None for none."""

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self, at_once: bool = False) -> None:
        """Requests a stop at the next boundary. A paused run wakes up to stop.

        What was learned is saved and evaluated. Requested a second time, or with `at_once`, the
        evaluation is left out: the run ends within a batch, and can be resumed.
        """
        if at_once or self.stopping:
            self._at_once.set()

        self._stop.set()
        self._go.set()

    def change(self, /, **values: float | None) -> None:
        """Requests other values of live settings, see live_changes.live_settings.

        A dot in a name is written as two underscores: `change(optimizer__weight_decay=0.1)`. For
        what cannot be changed in this run there is a finding that says so.
        """
        self._changes.put({name.replace("__", "."): value for name, value in values.items()})

    @property
    def has_changes(self) -> bool:
        """Whether changes wait to be made."""
        return not self._changes.empty()

    def take_changes(self) -> dict[str, float | None]:
        """Returns the changes requested since the last call, the latest of each setting."""
        changes: dict[str, float | None] = {}
        while not self._changes.empty():
            changes |= self._changes.get()

        return changes

    def begin_step(self, examples: int) -> float:  # noqa: ARG002 - a race member waits here
        """Begins a step of the run, which has seen so many training examples so far.

        Returns the seconds that it was made to wait for others, which are not its own time (see
        turns.RaceMember).
        """
        return 0.0

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def stopping_at_once(self) -> bool:
        """Whether the evaluation that follows a stop is to be left out."""
        return self._at_once.is_set()

    @property
    def pausing(self) -> bool:
        return not self._go.is_set()

    def wait_while_paused(self) -> None:
        """Returns when the run is resumed or stopped."""
        self._go.wait()

    def check(self) -> None:
        """Raises Stopped when a stop was requested; for work outside the training loop."""
        if self.stopping:
            raise Stopped
