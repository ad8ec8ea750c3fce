"""What others want of a run between two steps: pause, stop, changes, and turns in a race."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.engine.runs.events import Paused, Resumed
from app.engine.runs.findings import Finding

if TYPE_CHECKING:
    from app.engine.training.loop import Training


class Interruptions:
    """Honours the requests in a run's `Control`, at step boundaries and while it is judged."""

    def __init__(self, training: Training) -> None:
        self._control = training.control
        self._progress = training.progress
        self._recorder = training.recorder
        self._saver = training.saver
        self._live_changes = training.live_changes
        self._reporter = training.reporter
        self._emit = training.emit

    def before_step(self) -> None:
        """Honours requests, makes changes and waits for its turn. Raises Stopped."""
        control = self._control
        live_changes = self._live_changes

        if control.stopping or control.pausing:
            self.check()
        if self._progress.step >= live_changes.next_step:
            live_changes.again()

        if control.asked:
            for text in live_changes.change(control.taken()):
                self._reporter.find(Finding("change", "warning", "Not changed", text))

        if waited := control.begin_step(self._progress.examples):
            self._recorder.leave_out(waited)
            if control.stopping or control.pausing:
                self.check()

    def check(self) -> None:
        """Pauses or stops where that was requested; between two steps, or two batches of a judging.

        Raises Stopped.
        """
        control = self._control
        if control.pausing and not control.stopping:
            self._saver.save()
            begun = time.perf_counter()
            self._emit(Paused(self._progress.step))
            control.wait_while_paused()
            self._recorder.leave_out_pause(time.perf_counter() - begun)

            if not control.stopping:
                self._emit(Resumed(self._progress.step))

            self._recorder.restart_clock()

        control.check()
