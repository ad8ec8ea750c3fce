"""Trials of experiments, seen from the window: some real steps of one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.engine.runs.control import Control, Stopped
from app.ui.state.background import Failure
from app.ui.state.exclusive_task import ExclusiveTask, Tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.planning.memory_estimate import LedgerCache
    from app.engine.planning.step_timing import StepTiming
    from app.ui.state.document import Document
    from app.ui.state.session import Session

BUSY = "A training is under way. Let it end or stop it, then measure."
NO_DATA = "There are no data to measure with. Choose data first."


class Trials(ExclusiveTask):
    """One series of trials at a time. under_way: the key of the one that runs, "" if none does.

    begun(key): this trial began. measured(key): its outcome is in `times` now. ended(): the series
    is over, whatever the reason.

    times: what was measured on the data that are open. predictions: those that the planner made
    (see planning.memory_estimate).
    """

    called = "trials"
    begun = Signal(str)
    measured = Signal(str)
    ended = Signal()

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__(session)
        self._document = document
        self.times: dict[str, StepTiming | Failure] = {}
        self.predictions: LedgerCache = {}
        self.under_way = ""
        self._dataset = document.dataset
        self.threads = 0
        """The number of threads of the last trial; the next ones use it too."""
        document.data_changed.connect(self._data_changed)

    def obstacle(self) -> str:
        """Returns in a sentence why nothing can be measured now; "" if it can."""
        if self._session.active:
            return BUSY
        if self._document.data_state != "ready" or self._document.dataset is None:
            return NO_DATA

        return ""

    def start(self, series: Sequence[tuple[str, Experiment]]) -> None:
        """Measures these (key, experiment as requested) in turn; not while a training runs."""
        dataset = self._document.dataset
        if self.busy or self.obstacle() or dataset is None or not series:
            return

        experiments = tuple(series)
        threads = self.threads
        self._begin(lambda tell, control: _measure(experiments, dataset, threads, tell, control))

    def stop(self) -> None:
        """Ends at the next step; what comes until then is dropped."""
        if self.busy:
            self._end()
            self._gave_way()

    def _gave_way(self) -> None:
        self.under_way = ""
        self.ended.emit()

    def _take(self, message: tuple[str, StepTiming | Failure | None]) -> None:
        key, result = message
        if result is not None:
            self.threads = getattr(result, "threads", 0) or self.threads
            self.times[key] = result
            self.measured.emit(key)
        elif key:
            self.under_way = key
            self.begun.emit(key)
        else:
            self.stop()

    def _data_changed(self) -> None:
        """Forgets what was measured on other data."""
        if self._document.dataset is not self._dataset:
            self._dataset = self._document.dataset
            self.stop()
            self.times.clear()


def _measure(
    series: Sequence[tuple[str, Experiment]],
    dataset: Dataset,
    threads: int,
    tell: Tell,
    control: Control,
) -> None:
    """Measures a series on the thread.

    It tells (key, None) before each, (key, outcome) after it, and ("", None) at the end.
    """
    for key, experiment in series:
        tell((key, None))
        result: StepTiming | Failure
        try:
            from app.engine.planning.step_timing import time_steps  # noqa: PLC0415 - it loads torch

            result = time_steps(experiment, dataset, control, threads)
            threads = result.threads or threads
        except Stopped:
            raise
        except BaseException as error:
            result = Failure.of(error)

        tell((key, result))

    tell(("", None))
