"""Trials of experiments seen from the window: a thread of its own makes some real steps of one after the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.training.control import Control, Stopped
from app.engine.training.weighing import Predictions
from app.ui.background import Failure
from app.ui.document import Document
from app.ui.session import Session

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment import Experiment
    from app.engine.training.trial import Trial

BUSY = "A training is under way. Let it end or stop it, then measure."
NO_DATA = "There are no data to measure with. Choose data first."


class Trials(QObject):
    """One series at a time. under_way: the key of the trial that runs, "" if none does.

    begun(key); measured(key): it is in `times` now; ended(): the series, whatever the reason. times: what was measured
    on the data that are open. predictions: those that the planner made (see weighing.Scales).
    """

    begun = Signal(str)
    measured = Signal(str)
    ended = Signal()
    _came = Signal(int, str, object)

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self.times: dict[str, Trial | Failure] = {}
        self.predictions: Predictions = {}
        self.under_way = ""
        self.running = False
        self._dataset = document.dataset
        self.threads = 0
        """With how many threads the last trial was computed; the next ones are too."""
        self._number = 0
        self._control = Control()
        self._thread: threading.Thread | None = None
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        session.admit(self)
        document.data_changed.connect(self._data_changed)

    def obstacle(self) -> str:
        """Why nothing can be measured now, in a sentence; "" if it can."""
        if self._session.active:
            return BUSY
        if self._document.data_state != "ready" or self._document.dataset is None:
            return NO_DATA
        return ""

    def start(self, series: Sequence[tuple[str, Experiment]]) -> None:
        """Measure these (key, experiment as asked) in turn. Not while a training runs."""
        if self.running or self.obstacle() or not series:
            return
        self.wait()
        self._control, self.running = Control(), True
        self._number += 1
        work = (self._number, tuple(series), self._document.dataset, self._control, self.threads)
        self._thread = threading.Thread(target=self._work, args=work, name="trials")
        self._thread.start()

    def stop(self) -> None:
        """End at the next step. What comes of it meanwhile is not heard."""
        self._control.stop()
        if self.running:
            self._end()

    def give_way(self) -> None:
        """A training begins, or the program ends."""
        self.stop()

    def wait(self) -> None:
        """Returns when the thread has ended."""
        if self._thread is not None:
            self._thread.join()

    # --- the thread

    def _work(
        self, number: int, series: Sequence[tuple[str, Experiment]], dataset: Dataset, control: Control, threads: int
    ) -> None:
        for key, experiment in series:
            self._came.emit(number, key, None)
            result: Trial | Failure
            try:
                from app.engine.training.trial import measure

                result = measure(experiment, dataset, control, threads)
                threads = result.threads or threads
            except Stopped:
                return
            except BaseException as error:
                result = Failure.of(error)
            self._came.emit(number, key, result)
        self._came.emit(number, "", None)

    @Slot(int, str, object)
    def _take(self, number: int, key: str, result: Any) -> None:
        if number != self._number or not self.running:
            return
        if result is not None:
            self.threads = getattr(result, "threads", 0) or self.threads
            self.times[key] = result
            self.measured.emit(key)
        elif key:
            self.under_way = key
            self.begun.emit(key)
        else:
            self._end()

    def _data_changed(self) -> None:
        """Of other data nothing is measured yet."""
        if self._document.dataset is not self._dataset:
            self._dataset = self._document.dataset
            self.stop()
            self.times.clear()

    def _end(self) -> None:
        self.under_way, self.running = "", False
        self.ended.emit()
