"""What a training will leave on the disk, said before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.runs.margins.margin_files import most_bytes
from app.engine.text import bytes_text, count_text
from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.resolve import ResolvedExperiment

STATE = ("weights", "first_moment", "second_moment", "other_state")
"""Rows of the memory ledger that make the state of an epoch."""


class DiskNote(Label):
    """Says how much is kept for looking back, and how much the states of all epochs take."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("learning.disk")
        self.setWordWrap(True)
        style(self, "secondary")
        self.hide()

    def show_settings(
        self, resolved: ResolvedExperiment, dataset: Dataset | None, predicted: dict[str, int]
    ) -> None:
        """Shows what these settings leave behind. predicted: the memory ledger in bytes."""
        self.setVisible(dataset is not None)
        if dataset is None:
            return

        most = bytes_text(most_bytes(dataset))
        text = f"For looking back at its epochs the run keeps at most {most} on the disk."
        each = sum(predicted.get(row, 0) for row in STATE)
        if resolved.training.keep_epochs and each:
            epochs = resolved.training.epochs
            text += (
                f" The states of {count_text(epochs, 'epoch')} take {bytes_text(each * epochs)} "
                f"more, {bytes_text(each)} each."
            )

        self.setText(text)
