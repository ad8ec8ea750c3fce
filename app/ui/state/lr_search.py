"""The search for a learning rate, seen from the window."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.engine.errors import UserError
from app.engine.planning.lr_curve import LrCurve, SearchProgress
from app.engine.runs.control import Control, Stopped
from app.engine.runs.events import StageChanged
from app.ui.state.background import Failure
from app.ui.state.exclusive_task import ExclusiveTask, Tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.ui.state.document import Document
    from app.ui.state.session import Session

BUSY = "A training is under way. Let it end or stop it, then try again."
NO_DATA = "There are no data to try learning rates on. Choose data first, then try again."
GAVE_WAY = "Stopped, because a training or a measurement began."


class LrSearch(ExclusiveTask):
    """One search at a time, on a copy of the network. `changed` tells of every new state.

    busy: it is under way. stage: what it does, for a person. tried: the curve so far. curve: the
    finished curve. trouble: why there is none, in a sentence; "" if there is.
    """

    called = "learning rates"
    changed = Signal()

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__(session)
        self._document = document
        self.stage = self.trouble = ""
        self.tried: SearchProgress | None = None
        self.curve: LrCurve | None = None
        self._requested: Experiment | None = None
        # A weak reference, because the data may be large.
        self._data: Callable[[], Dataset | None] = lambda: None

    # --- requests

    def start(self) -> None:
        """Searches with the settings of the document; where that cannot be, `trouble` says why."""
        if self.busy:
            return

        self.tried = self.curve = None
        self.stage = ""
        self.trouble = self.obstacle()
        experiment = self._document.experiment

        dataset = self._document.dataset
        if not self.trouble and dataset is not None:
            self._requested = _relevant(self._document)
            self._data = weakref.ref(dataset)
            self._begin(lambda tell, control: _search(experiment, dataset, tell, control))

        self.changed.emit()

    def obstacle(self) -> str:
        """Returns in a sentence why no search can begin now; "" if one can."""
        if self._session.active:
            return BUSY
        if self._document.data_state != "ready" or self._document.dataset is None:
            return NO_DATA

        trouble = self._document.trouble()
        return "" if trouble is None else trouble.message

    def stop(self) -> None:
        """Ends the search at the next step; what it tells until then is dropped."""
        if self.busy:
            self._give_up("Stopped before a value was found.")

    @property
    def outdated(self) -> bool:
        """Whether settings or data have changed since the search.

        Its own outcome, the schedule and the epochs do not count.
        """
        if self._requested is None:
            return False

        return self._data() is not self._document.dataset or self._requested != _relevant(
            self._document
        )

    # --- messages

    def _gave_way(self) -> None:
        self._give_up(GAVE_WAY)

    def _take(self, message: StageChanged | SearchProgress | LrCurve | Failure) -> None:
        if isinstance(message, Failure):
            self._give_up(message.message)
            return

        if isinstance(message, StageChanged):
            self.stage = message.text
        elif isinstance(message, LrCurve):
            self.curve = message
            self.stage = ""
            self._end()
        else:
            self.tried = message
            self.stage = "Trying learning rates"

        self.changed.emit()

    def _give_up(self, why: str) -> None:
        self._end()
        self.stage = ""
        self.trouble = why
        self.changed.emit()


def _search(experiment: Experiment, dataset: Dataset, tell: Tell, control: Control) -> None:
    """Searches on the thread, and tells the curve or the failure at the end."""
    result: LrCurve | Failure
    try:
        from app.engine.planning.lr_finder import find  # noqa: PLC0415 - it loads torch

        result = find(experiment, dataset, tell, control)
    except Stopped:
        raise
    except BaseException as error:
        result = Failure.of(error)

    tell(result)


def _relevant(document: Document) -> Experiment | None:
    """Returns what the outcome of a search depends upon, with everything else set alike.

    None where the experiment cannot be resolved.
    """
    try:
        resolved = document.resolved()
    except UserError:
        return None

    return resolved.replace(
        name="",
        schedule="constant",
        optimizer=resolved.optimizer.replace(learning_rate=None),
        training=resolved.training.replace(epochs=1),
    )
