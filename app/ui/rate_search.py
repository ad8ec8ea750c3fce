"""The search for a learning rate, seen from the window: a thread of its own tries rates on a copy of the network."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.errors import UserError
from app.engine.training.control import Control, Stopped
from app.engine.training.events import StageChanged
from app.engine.training.rate_curve import RateCurve, Tried
from app.ui.background import Failure
from app.ui.document import Document
from app.ui.session import Session

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment import Experiment

BUSY = "A training is under way. Let it end or stop it, then try again."
NO_DATA = "There are no data to try learning rates on. Choose data first, then try again."


class RateSearch(QObject):
    """One search at a time. `changed` tells of every new state.

    searching: it is under way. stage: what it does, for a person. tried: the curve so far. curve: what was found.
    trouble: in a sentence why there is nothing, "" if there is.
    """

    changed = Signal()
    _came = Signal(int, object)

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self.searching = False
        self.stage = self.trouble = ""
        self.tried: Tried | None = None
        self.curve: RateCurve | None = None
        self._asked: tuple[Any, Any] | None = None
        self._number = 0
        self._control = Control()
        self._thread: threading.Thread | None = None
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        session.admit(self)

    # --- requests

    def start(self) -> None:
        """Search with the settings of the document; where that cannot be, `trouble` says why."""
        if self.searching:
            return
        self.wait()
        self.tried = self.curve = None
        self.stage, self.trouble = "", self.obstacle()
        if not self.trouble:
            document = self._document
            self._asked = (_relevant(document), document.dataset)
            self._control, self.searching = Control(), True
            self._number += 1
            work = (self._number, document.experiment, document.dataset, self._control)
            self._thread = threading.Thread(target=self._work, args=work, name="learning rates")
            self._thread.start()
        self.changed.emit()

    def obstacle(self) -> str:
        """Why no search can begin now, in a sentence; "" if one can."""
        if self._session.active:
            return BUSY
        if self._document.data_state != "ready" or self._document.dataset is None:
            return NO_DATA
        trouble = self._document.trouble()
        return "" if trouble is None else f"{trouble.what} {trouble.remedy}".strip()

    def stop(self) -> None:
        """End it at the next step. What comes of it meanwhile is not heard."""
        self._control.stop()
        if self.searching:
            self._end("Stopped; no value was looked for to the end.")

    def give_way(self) -> None:
        """A training begins, or the program ends."""
        self._control.stop()
        if self.searching:
            self._end("Stopped, because a training began.")

    def wait(self) -> None:
        """Returns when the thread has ended."""
        thread = self._thread
        if thread is not None:
            thread.join()

    @property
    def outdated(self) -> bool:
        """Whether the settings or the data are no longer those of the search; its own outcome, the schedule and the
        epochs do not count."""
        if self._asked is None:
            return False
        experiment, dataset = self._asked
        return dataset is not self._document.dataset or experiment != _relevant(self._document)

    # --- the thread

    def _work(self, number: int, experiment: Experiment, dataset: Dataset, control: Control) -> None:
        result: RateCurve | Failure | None = None
        try:
            from app.engine.training.rate_finder import find

            result = find(experiment, dataset, lambda told: self._came.emit(number, told), control)
        except Stopped:
            return
        except BaseException as error:
            result = Failure.of(error)
        self._came.emit(number, result)

    @Slot(int, object)
    def _take(self, number: int, result: StageChanged | Tried | RateCurve | Failure) -> None:
        if number != self._number or not self.searching:
            return  # of a search that was stopped
        if isinstance(result, StageChanged):
            self.stage = result.text
        elif isinstance(result, Failure):
            self._end(f"{result.what} {result.remedy}".strip())
            return
        elif isinstance(result, RateCurve):
            self.curve, self.searching, self.stage = result, False, ""
        else:
            self.tried, self.stage = result, "Trying learning rates"
        self.changed.emit()

    def _end(self, why: str) -> None:
        self.searching, self.stage, self.trouble = False, "", why
        self.changed.emit()


def _relevant(document: Document) -> Experiment | None:
    """What the outcome of a search depends upon, with everything else set alike; None where it cannot be settled."""
    try:
        experiment = document.effective()
    except UserError:
        return None
    assert experiment.optimizer is not None
    return experiment.replace(
        name="", schedule=None, optimizer=experiment.optimizer.replace(learning_rate=None),
        training=experiment.training.replace(epochs=None),
    )
