"""Requests to a run.

They are noted here by any thread and honoured by the run at a step boundary.
"""

from __future__ import annotations

import queue
import threading


class Stopped(Exception):
    """Raised inside the run where a stop is honoured outside the loop (while reading pictures,
    say).
    """


class Control:
    """The requests to one run: pause, resume, stop. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._at_once = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._asked: queue.SimpleQueue[dict[str, float | None]] = queue.SimpleQueue()
        self.watching = False
        """Whether somebody looks at what the optimizer holds: then it is told, see
        events.InsideMeasured.
        """

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self, at_once: bool = False) -> None:
        """Stop at the next boundary. A paused run wakes up to stop.

        What was learned is kept and judged. Asked a second time, or with `at_once`, the judging is
        left out: the run ends within a batch, and can be resumed.
        """
        if at_once or self.stopping:
            self._at_once.set()

        self._stop.set()
        self._go.set()

    def change(self, **values: float | None) -> None:
        """Ask for other values while it trains, see changes.LIVE; a dot in a name is written as two
        underscores: `change(optimizer__weight_decay=0.1)`. What cannot be changed in this run is
        told as a finding.
        """
        self._asked.put({name.replace("__", "."): value for name, value in values.items()})

    @property
    def asked(self) -> bool:
        """Whether changes wait to be made."""
        return not self._asked.empty()

    def taken(self) -> dict[str, float | None]:
        """The changes that were asked for since the last time, the latest of each."""
        found: dict[str, float | None] = {}
        while not self._asked.empty():
            found |= self._asked.get()

        return found

    def begin_step(self, examples: int) -> float:
        """Called by the run before each step, with the training examples it has seen so far.

        Returns the seconds that it was made to wait for others, which are none of its own time (see
        race.RaceMember).
        """
        return 0.0

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def hurried(self) -> bool:
        """Whether the judging that follows a stop is to be left out."""
        return self._at_once.is_set()

    @property
    def pausing(self) -> bool:
        return not self._go.is_set()

    def wait_while_paused(self) -> None:
        """Returns when the run is resumed or stopped."""
        self._go.wait()

    def check(self) -> None:
        """For work outside the loop: raises Stopped when a stop was asked for."""
        if self.stopping:
            raise Stopped
