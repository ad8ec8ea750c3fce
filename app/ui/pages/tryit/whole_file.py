"""A whole file of examples, answered at once: the answers are saved beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.engine.data.nouns import counted, noun
from app.ui.style.theme import style
from app.ui.widgets.file_dialogs import ask_to_open, ask_to_save
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.control import Control
    from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
    from app.ui.pages.tryit.usable_runs import LoadedRun
    from app.ui.state.background import Background, Failure

SOURCES = (
    "All that can be read (*.csv *.tsv *.txt *.parquet *.xlsx *.jsonl *.arff *.gz *.npz *.npy);;"
    "All files (*)"
)
TARGETS = "Table (*.csv)"


class WholeFileLine(QWidget):
    """Offers to answer a whole file. failed(sentence): it could not be done."""

    failed = Signal(str)

    def __init__(self, background: Background, predictor: LoadedPredictor) -> None:
        super().__init__()
        self._background = background
        self._predictor = predictor
        self._run: LoadedRun | None = None

        self.button = QPushButton("Predict a whole file")
        self.button.setObjectName("tryit.many")
        self.button.setAccessibleName("Predict a whole file of examples")
        self.button.setToolTip(
            "Opens many examples at once and saves the answers beside them as a table."
        )
        self.button.clicked.connect(self.choose_files)
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
        self.setVisible(run.task.answers in ("values", "pair"))
        self.words.setText(
            f"A file of many {noun(run.description.kind)}: a table with the answers is saved."
        )

    def choose_files(self) -> None:
        """Asks for the file of examples and for the file of answers, then answers."""
        if self._run is None:
            return

        source = ask_to_open(self, "example", "Predict a whole file", SOURCES)
        if source is not None:
            self.ask_target(source)

    def ask_target(self, source: Path) -> None:
        """Asks where the answers to a file of examples are saved, then answers."""
        proposal = str(source.with_name(f"{source.stem} answers.csv"))
        target = ask_to_save(self, "answers", "Save the answers", proposal, TARGETS)
        if target is not None:
            self.answer(source, target)

    def answer(self, source: Path, target: Path) -> None:
        """Reads, answers and saves in the background."""
        run = self._run
        if run is None:
            return

        self.button.setEnabled(False)
        self.words.setText(f"Answering '{source.name}' …")

        def work(control: Control) -> int:
            from app.engine.results.answers import (  # noqa: PLC0415 - imports torch
                answer_file,
                write_answers,
            )

            answers = answer_file(self._predictor.predictor(run.run.path), source, control.check)
            write_answers([answers], target)
            return len(answers.answers)

        def done(count: int) -> None:
            self.button.setEnabled(True)
            self.words.setText(
                f"{counted(run.description.kind, count)} answered, saved as '{target.name}'."
            )

        def failed(failure: Failure) -> None:
            self.button.setEnabled(True)
            self.words.setText("")
            self.failed.emit(failure.message)

        self._background.run(work, done, failed, key="tryit.many")
