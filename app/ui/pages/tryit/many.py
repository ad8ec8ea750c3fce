"""Many examples at once: the line on Try it that opens the dialog for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.engine.data.nouns import noun
from app.ui.pages import run_actions
from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.pages.parts import Parts
    from app.ui.pages.tryit.usable_runs import LoadedRun
    from app.ui.widgets.predicting.dialog import PredictDialog


class ManyLine(QWidget):
    """Offers to answer a folder, some files or a table with the run that is tried."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._run: LoadedRun | None = None

        self.button = QPushButton("Predict many…")
        self.button.setObjectName("tryit.many")
        self.button.setAccessibleName("Predict many examples")
        self.button.setToolTip(
            "Answers a folder, some files or a table, and saves the answers beside them."
        )
        self.button.clicked.connect(lambda: self.open_dialog())
        self.words = Label()
        self.words.setWordWrap(True)
        self.words.setObjectName("tryit.many.words")
        style(self.words, "secondary")

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.button)
        row.addWidget(self.words, 1)

    def show_run(self, run: LoadedRun) -> None:
        """Offers it for a run that answers with values.

        Texts that are gone on with, and what is restored, have no column of answers.
        """
        self._run = run
        kind = run.description.kind
        self.setVisible(run.task.answers in ("values", "pair"))
        what = "A table" if kind in ("row", "pair") else f"A folder of {noun(kind)}, or a table"
        self.words.setText(f"{what}: an answer for each, saved beside it.")

    def open_dialog(self, names: tuple[Path, ...] = ()) -> PredictDialog | None:
        """Opens the dialog, which predicts these files at once; None without a run."""
        if self._run is None:
            return None

        dialog = run_actions.predict_many(self._parts, self._run.run.path, self.window())
        if names:
            dialog.predict([str(name) for name in names])

        return dialog
