"""A whole file of examples, answered at once: the answers are saved beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from app.engine.data.nouns import counted, noun
from app.ui.style.theme import style

if TYPE_CHECKING:
    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.pages.tryit.asking import Asker, Ready
    from app.ui.state.background import Failure

ANY = "All that can be read (*.csv *.tsv *.txt *.parquet *.xlsx *.npz);;All files (*)"
OUT = "Table (*.csv)"


class ManyLine(QWidget):
    """said(sentence): it could not be done."""

    predictions = Signal(str)

    def __init__(self, parts: Parts, asker: Asker) -> None:
        super().__init__()
        self._parts = parts
        self._asker = asker
        self._ready: Ready | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.button = QPushButton("Answer a whole file")
        self.button.setObjectName("tryit.many")
        self.button.setAccessibleName("Answer a whole file of examples")
        self.button.setToolTip(
            "Opens many examples at once and saves the answers beside them as a table."
        )
        self.button.clicked.connect(self.ask)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setObjectName("tryit.many.words")
        style(self.words, "secondary")
        row.addWidget(self.button)
        row.addWidget(self.words, 1)

    def show_run(self, ready: Ready) -> None:
        """What the run answers to.

        Texts that are gone on with, and what is restored, have no column of answers.
        """
        self._ready = ready
        self.setVisible(ready.task.answers in ("values", "pair"))
        self.words.setText(
            f"A file of many {noun(ready.description.kind)}: a table with the answers is saved."
        )

    def ask(self) -> None:
        if self._ready is None:
            return

        source, _ = QFileDialog.getOpenFileName(self, "Answer a whole file", "", ANY)
        if not source:
            return

        begin = str(Path(source).with_name(f"{Path(source).stem} answers.csv"))
        target, _ = QFileDialog.getSaveFileName(self, "Save the answers", begin, OUT)
        if target:
            self.answer(Path(source), Path(target))

    def answer(self, source: Path, target: Path) -> None:
        """Reads, answers and saves in the background."""
        ready = self._ready
        path = self._ready.choice.path if self._ready else None
        if ready is None or path is None:
            return

        self.button.setEnabled(False)
        self.words.setText(f"Answering '{source.name}' …")

        def work(control: Control) -> int:
            from app.engine.results.answers import answer_file, write_answers

            answered = answer_file(self._asker.predictor(path), source, control.check)
            write_answers([answered], target)
            return len(answered.answers)

        def done(count: int) -> None:
            self.button.setEnabled(True)
            self.words.setText(
                f"{counted(ready.description.kind, count)} answered, saved as '{target.name}'."
            )

        def failed(failure: Failure) -> None:
            self.button.setEnabled(True)
            self.words.setText("")
            self.predictions.emit(failure.message)

        self._parts.background.run(work, done, failed, key="tryit.many")
