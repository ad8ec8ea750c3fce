"""The epochs of the run so far, to look back at while it trains."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.pages.results.epochs.looking_back import LookingBack
from app.ui.pages.results.outcome import Outcome, read_outcome
from app.ui.pages.results.selection import Selection, ViewContent
from app.ui.state.insight.run_looks import READING
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.ui.pages.parts import Parts
    from app.ui.state.background import Failure
    from app.ui.state.record import Record

NO_EPOCH = "After the first epoch: how the network came to what it says, epoch by epoch."

NOT_OPEN = "The data of this run are not open; open them to see the examples."

NO_ANSWERS = "What this run answered after its epochs was not kept."

KEY = "training.epochs"


class EpochsView(QWidget):
    """Shows the epochs of the run that is shown: show_record(...) while it is in front."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._dataset: Dataset | None = None
        self._outcome: Outcome | None = None
        self._read_at: tuple[object, ...] = ()
        self._shown: tuple[object, ...] = ()
        self.note = Label(NO_EPOCH)
        self.note.setObjectName("training.epochs.note")
        self.back = LookingBack(parts, "training.back", with_view=True)
        self.back.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.note)
        column.addWidget(self.back, 1)

    def show_record(self, record: Record, dataset: Dataset | None) -> None:
        """Shows a record; it costs little where nothing has come since the last call."""
        self._dataset = dataset
        if not record.epochs or record.path is None:
            self._parts.background.forget(KEY)
            self._read_at = self._shown = ()
            self.back.forget()
            self._say(NO_EPOCH)
            return

        self._read(record.path, record)
        running = self._parts.session.live
        outcome = self._outcome
        shown = (record, record.epochs[-1], dataset, outcome, running)
        if self._shown and all(map(is_, shown, self._shown)):
            return

        self._shown = shown
        selection = Selection(record, outcome, running, "validation", None, dataset)
        epochs = selection.known_epochs
        report = selection.at(epochs[-1]) if epochs else None
        missing = "" if dataset is not None else NOT_OPEN
        if report is None:
            why_not = missing if epochs and missing else NO_ANSWERS
            self._say(why_not if outcome is not None else READING)
            return

        content = ViewContent(
            report, selection.description, dataset, missing, False, running, True, record.path
        )
        self.note.hide()
        self.back.show_run(selection, content)
        self.back.show()

    def _say(self, text: str) -> None:
        """Says why there is nothing to look back at."""
        self.note.setText(text)
        self.note.show()
        self.back.hide()

    def _read(self, path: Path, record: Record) -> None:
        """Reads what the folder says of the data and the task, once, and again at the end."""
        read_at = (path, record.finished)
        if read_at == self._read_at:
            return

        self._read_at = read_at
        if self._outcome is not None and self._outcome.path != path:
            self._outcome = None

        self._parts.background.run(
            lambda _: read_outcome(path),
            lambda outcome: self._take(record, outcome),
            self._fail,
            key=KEY,
        )

    def _take(self, record: Record, outcome: Outcome) -> None:
        """Shows what was read: of a run that is over nothing comes later that would."""
        self._outcome = outcome
        if self.isVisible():
            self.show_record(record, self._dataset)

    def _fail(self, failure: Failure) -> None:
        if self._outcome is None:
            self._say(failure.message)
