"""What others want of a run between two steps: pause, stop, changes, and turns in a race."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.engine.runs.events import Paused, Resumed
from app.engine.runs.findings import Finding

if TYPE_CHECKING:
    from app.engine.data.verification import Verification
    from app.engine.runs.progress import Progress
    from app.engine.training.execution import RunContext
    from app.engine.training.live_changes_applied import LiveChanges
    from app.engine.training.recorder import Recorder
    from app.engine.training.reporter import Reporter
    from app.engine.training.saver import Saver


LOOK_EVERY = 1.0
"""Seconds between two looks whether the folder is still there."""


class Interruptions:
    """Honours the requests in a run's `Control`, at step boundaries and while it is judged."""

    def __init__(
        self,
        context: RunContext,
        progress: Progress,
        recorder: Recorder,
        saver: Saver,
        live_changes: LiveChanges,
        reporter: Reporter,
        verification: Verification,
    ) -> None:
        self._context = context
        self._look_next = 0.0
        self._control = context.control
        self._emit = context.emit
        self._progress = progress
        self._recorder = recorder
        self._saver = saver
        self._live_changes = live_changes
        self._reporter = reporter
        self._verification = verification

    def before_step(self) -> None:
        """Honours requests, makes changes and waits for the run's turn. Raises Stopped."""
        control = self._control
        live_changes = self._live_changes

        self._look_for_folder()
        if control.stopping or control.pausing:
            self.check()
        if self._progress.step >= live_changes.next_step:
            live_changes.repeat()

        if control.has_changes:
            for text in live_changes.change(control.take_changes()):
                self._reporter.find(Finding("change", "warning", "Not changed", text))

        if waited := control.begin_step(self._progress.examples):
            self._recorder.leave_out(waited)
            if control.stopping or control.pausing:
                self.check()

    def check(self) -> None:
        """Pauses or stops where that was requested: between two steps, or two judged batches.

        Raises Stopped, or UserError where the data it learned from are damaged.
        """
        self._look_for_folder()
        control = self._control
        if control.pausing and not control.stopping:
            # Nothing is kept of what may have been learned from damaged data.
            self._verification.require(control.check)
            self._saver.save()
            begun = time.perf_counter()
            self._emit(Paused(self._progress.step))
            control.wait_while_paused()
            self._recorder.leave_out_pause(time.perf_counter() - begun)

            if not control.stopping:
                self._emit(Resumed(self._progress.step))

            self._recorder.restart_clock()

        control.check()

    def _look_for_folder(self) -> None:
        """Goes on where the folder is now, or asks for a stop, where it is time to look."""
        if (now := time.monotonic()) >= self._look_next:
            self._look_next = now + LOOK_EVERY
            self._context.follow_folder()
