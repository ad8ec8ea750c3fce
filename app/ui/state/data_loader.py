"""Opens the data that the document names, in the background, whenever that changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from app.engine.runs.events import RunPrepared
from app.ui.state.background import Background, Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.control import Control
    from app.engine.runs.events import Event
    from app.ui.state.document import Document

DEBOUNCE_MS = 250
PROGRESS_MS = 100


class DataLoader(QObject):
    """Follows `document.experiment.data`.

    A change while the data are read stops that reading and begins a new one. The data of before
    stay on screen while the same source is read in another way.
    """

    def __init__(self, document: Document, background: Background) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self._control: Control | None = None
        self._progress: tuple[str, int, int] = ("", 0, 0)
        self._source = ""
        self._offered: tuple[DataSettings, Dataset] | None = None
        self.begun = 0.0
        """Start of the current reading, as time.monotonic()."""
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.timeout.connect(self.open)
        self._watch = QTimer(self)
        self._watch.setInterval(PROGRESS_MS)
        self._watch.timeout.connect(self._show_progress)
        document.changed.connect(self._changed)

        if document.experiment.data.source:
            self.open()

    def offer(self, data: DataSettings, dataset: Dataset) -> None:
        """Takes data that were read beforehand, for when the document names them next."""
        self._offered = (data, dataset)

    def open(self) -> None:
        """Reads the data now."""
        self._wait.stop()
        self._stop()
        document = self._document
        offered, self._offered = self._offered, None

        data = self._document.experiment.data
        if not data.source:
            document.set_data("none")
            return

        if offered is not None and offered[0] == data:
            self._source = data.source
            document.set_data("ready", offered[1])
            return

        shown = document.dataset if data.source == self._source else None
        self._source = data.source
        self.begun = time.monotonic()
        self._progress = ("Opening the data", 0, 0)
        document.progress = self._progress
        document.set_data("reading", shown)
        self._control = self._background.run(
            lambda control: self._read(data, control), self._take, self._fail, key="data"
        )
        self._watch.start()

    def complete(self, received: Sequence[Event]) -> None:
        """Reads the data again where only a sample is open, once a training has read all of them.

        They are in the cache then. received: events of a run.
        """
        dataset = self._document.dataset
        is_sample = dataset is not None and dataset.is_sample
        prepared = any(isinstance(event, RunPrepared) for event in received)
        if prepared and is_sample and self._document.data_state == "ready":
            self.open()

    def cancel(self) -> None:
        """Gives up the reading under way; it can be begun again with `open`."""
        if self._document.data_state == "reading":
            self._stop()
            failure = Failure(
                "Reading the data was cancelled.", "Press Open again, or choose other data.", ""
            )
            self._document.set_data("failed", None, failure)

    def close(self) -> None:
        self._wait.stop()
        self._stop()

    def _read(self, data: DataSettings, control: Control) -> Dataset:
        """Opens the data; on the background thread."""
        from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - with the first data

        def report(text: str, done: int, total: int) -> None:
            # One assignment, because the timer reads it on the window's thread.
            self._progress = (text, done, total)

        return open_dataset(data, report, control.check, sample=True)

    def _stop(self) -> None:
        self._watch.stop()
        if self._control is not None:
            self._control.stop()
            self._control = None

    def _changed(self, old: Experiment, new: Experiment) -> None:
        if old.data == new.data:
            return
        if old.data.source != new.data.source:
            self.open()
        else:
            self._stop()
            self._wait.start(DEBOUNCE_MS)

    def _show_progress(self) -> None:
        if self._progress != self._document.progress:
            self._document.set_progress(*self._progress)

    def _take(self, dataset: Any) -> None:
        self._watch.stop()
        self._control = None
        self._document.set_data("ready", dataset)

    def _fail(self, failure: Failure) -> None:
        self._watch.stop()
        self._control = None
        self._document.set_data("failed", None, failure)
