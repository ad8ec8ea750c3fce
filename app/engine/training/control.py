"""Requests to a run. They are noted here by any thread and honoured by the run at a step boundary."""

from __future__ import annotations

import threading


class Stopped(Exception):
    """Raised inside the run where a stop is honoured outside the loop (while reading pictures, say)."""


class Control:
    """The requests to one run: pause, resume, stop. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._at_once = threading.Event()
        self._go = threading.Event()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self, at_once: bool = False) -> None:
        """Stop at the next boundary. A paused run wakes up to stop.

        What was learned is kept and judged. Asked a second time, or with `at_once`, the judging is left out: the run
        ends within a batch, and can be resumed.
        """
        if at_once or self.stopping:
            self._at_once.set()
        self._stop.set()
        self._go.set()

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
