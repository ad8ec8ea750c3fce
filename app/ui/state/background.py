"""Runs short work on a thread of its own and hands results back to the window's thread."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine import garbage
from app.engine.errors import UserError, with_remedy
from app.engine.runs.control import Control, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

GIVE_BACK_EVERY = 30.0
"""Seconds between two times that freed memory goes back to the system, while jobs come."""

GIVE_BACK_AFTER = 2.0
"""Seconds without a job after which it goes back in any case."""


@dataclass(frozen=True)
class Failure:
    """A failed piece of work as a person reads it.

    details: the traceback. setting: the one at fault, "section.field", "" where there is none.
    """

    what: str
    remedy: str
    details: str
    setting: str = ""

    @property
    def message(self) -> str:
        """What went wrong and what to do about it, in one line."""
        return with_remedy(self.what, self.remedy)

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        details = "".join(traceback.format_exception(error))
        if isinstance(error, UserError):
            return cls(error.what, error.remedy, details, error.setting or "")

        return cls(
            f"Something unexpected happened: {error or type(error).__name__}.",
            "Try again, or copy the details.",
            details,
        )


class Background(QObject):
    """One worker thread that takes one job after another.

    A job with a `key` replaces a waiting or running one of the same key: its result is thrown away,
    and a running one is asked to stop through its control. Results arrive on the window's thread.
    """

    failed = Signal(object)
    """Carries a Failure that no job's `otherwise` handles."""

    _done = Signal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._latest: dict[str, _Job] = {}
        self._closed = False
        self._given_back = time.monotonic()
        self._freed = False
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="background")
        self._thread.start()

    def run(
        self,
        work: Callable[[Control], Any],
        then: Callable[[Any], None],
        otherwise: Callable[[Failure], None] | None = None,
        key: str = "",
    ) -> Control:
        """Does `work(control)` on the worker, then `then(result)` or `otherwise(failure)` here.

        key: a later job of the same key replaces this one. Returns the control of the job.
        """
        job = _Job(work, then, otherwise, key, Control())
        if key:
            if (old := self._latest.get(key)) is not None:
                old.control.stop()
            self._latest[key] = job

        self._queue.put(job)
        return job.control

    def forget(self, key: str) -> None:
        """Stops the job of this key, and delivers nothing of it: what it was asked for is gone."""
        if (job := self._latest.pop(key, None)) is not None:
            job.control.stop()

    def close(self) -> None:
        """Stops what runs, drops what waits, and waits for the thread.

        Nothing is delivered any more.
        """
        self._closed = True
        for job in self._latest.values():
            job.control.stop()

        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if job.control.stopping:
                continue

            try:
                result = job.work(job.control)
                failure = None
            except Stopped:
                continue
            except BaseException as error:
                result = None
                failure = Failure.of(error)

            self._done.emit(job, result, failure)
            del job, result
            self._freed = True
            if time.monotonic() - self._given_back > GIVE_BACK_EVERY:
                self._give_back()

    def _next(self) -> _Job | None:
        """Waits for the next job; what the last ones freed is given back when none comes."""
        if self._freed:
            try:
                return self._queue.get(timeout=GIVE_BACK_AFTER)
            except queue.Empty:
                self._give_back()

        return self._queue.get()

    def _give_back(self) -> None:
        """Gives back what the last jobs freed; seldom, for it takes 20 ms."""
        garbage.give_back()
        self._given_back = time.monotonic()
        self._freed = False

    @Slot(object, object, object)
    def _deliver(self, job: _Job, result: Any, failure: Failure | None) -> None:
        if self._closed or (job.key and self._latest.get(job.key) is not job):
            return

        self._latest.pop(job.key, None)
        if failure is None:
            job.then(result)
        elif job.otherwise is not None:
            job.otherwise(failure)
        else:
            self.failed.emit(failure)


@dataclass(frozen=True, eq=False)
class _Job:
    work: Callable[[Control], Any]
    then: Callable[[Any], None]
    otherwise: Callable[[Failure], None] | None
    key: str
    control: Control
