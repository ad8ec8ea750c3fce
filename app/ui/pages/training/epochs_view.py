"""The epochs of the run so far, to look back at while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.pages.results.epochs.looking_back import LookingBack
from app.ui.pages.results.outcome import Outcome, read_outcome
from app.ui.pages.results.selection import Selection, ViewContent
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.ui.pages.parts import Parts
    from app.ui.state.record import Record

NO_EPOCH = "After the first epoch: how the network came to what it says, epoch by epoch."

NOT_OPEN = "The data of this run are not open; open them to see the examples."


class EpochsView(QWidget):
    """Shows the epochs of the run that is shown: show_record(...) while it is in front."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
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
        self.note.setVisible(not record.epochs)
        self.back.setVisible(bool(record.epochs))
        if not record.epochs or record.path is None:
            self.back.forget()
            return

        self._read(record.path, record)
        running = self._parts.session.live
        shown = (*map(id, (record, record.epochs[-1], dataset, self._outcome)), running)
        if shown == self._shown:
            return

        self._shown = shown
        outcome = self._outcome
        selection = Selection(record, outcome, running, "validation", None, dataset)
        epochs = selection.known_epochs
        report = selection.at(epochs[-1]) if epochs else None
        self.note.setVisible(report is None)
        if report is None:
            self.note.setText(NO_EPOCH)
            self.back.hide()
            return

        missing = "" if dataset is not None else NOT_OPEN
        content = ViewContent(
            report, selection.description, dataset, missing, False, running, True, record.path
        )
        self.back.show_run(selection, content)

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
            lambda outcome: self._take(read_at, outcome),
            lambda _failure: None,
            key="training.epochs",
        )

    def _take(self, read_at: tuple[object, ...], outcome: Outcome) -> None:
        if read_at == self._read_at:
            self._outcome = outcome
