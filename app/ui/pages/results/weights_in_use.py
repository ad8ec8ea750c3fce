"""Which weights of the run are used, in a sentence, and the button that takes the other ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.engine.experiment.plain import plain_section
from app.engine.learning.metrics import METRICS, metric_text
from app.engine.results import choose_weights
from app.engine.runs import weights_in_use
from app.engine.runs.run import Run
from app.engine.text import number_text
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.events import EpochDone
    from app.engine.runs.weights_in_use import Which
    from app.ui.pages.results.outcome import Outcome
    from app.ui.state.background import Background, Failure
    from app.ui.state.record import Record


class WeightsInUseLine(QWidget):
    """Says which weights are used and offers others: show_run(record, outcome, live).

    chosen(path): other weights of that run are used now.
    """

    chosen = Signal(object)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._path: Path | None = None
        self._evaluating: Path | None = None
        self._trouble: tuple[Path, str] | None = None
        self.words = Label()
        self.state = Label()
        self.words.setObjectName("results.best")
        self.state.setObjectName("results.use.state")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)

        for label in (self.words, self.state):
            label.setWordWrap(True)

        style(self.words, "secondary")
        self.use_last = self._button(
            "Use the last epoch instead",
            "results.use_last",
            "last",
            "Judges the weights of the last step; figures, Try it and predictions then use them.",
        )
        self.use_best = self._button(
            "Use the best epoch",
            "results.use_best",
            "best",
            "Figures, Try it and predictions use the best validation epoch again.",
        )
        column.addWidget(self.words)

        for button in (self.use_last, self.use_best):
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

        column.addWidget(self.state)

    def _button(self, text: str, name: str, which: Which, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tooltip(tip))
        style(button, "link")
        button.clicked.connect(lambda: self._use(which))

        return button

    def show_run(self, record: Record, outcome: Outcome | None, live: bool) -> None:
        """Shows a run. live: it goes on, so its last epoch is not there to choose."""
        self._path = record.path
        last = outcome.last if outcome is not None and not live else None
        used = outcome.weights.use if outcome is not None and not live else "best"
        text = words(record, outcome, live)
        self.words.setText(text)
        self.words.setVisible(bool(text))
        self.use_last.setText(
            f"Use the last {'step' if last and last.partial else 'epoch'} instead"
        )
        self.use_last.setVisible(last is not None and used == "best")
        self.use_best.setVisible(used == "last")
        self._show_state()

    def _show_state(self) -> None:
        evaluating = self._path is not None and self._evaluating == self._path
        trouble = self._trouble[1] if self._trouble and self._trouble[0] == self._path else ""

        for button in (self.use_last, self.use_best):
            button.setEnabled(self._evaluating is None)

        self.state.setText("Judging the last weights." if evaluating else trouble)
        self.state.setVisible(bool(self.state.text()))
        style(self.state, "secondary" if evaluating else "problem")

    def _use(self, which: Which) -> None:
        path = self._path
        if path is None:
            return

        def done(_: None) -> None:
            self._evaluating = None
            self._show_state()
            self.chosen.emit(path)

        def failed(failure: Failure) -> None:
            self._evaluating = None
            self._trouble = (path, failure.message)
            self._show_state()

        self._evaluating = path
        self._trouble = None
        self._show_state()
        self._background.run(
            lambda control: choose_weights.use(Run(path), which, control.check),
            done,
            failed,
            "results.use",
        )


def words(record: Record, outcome: Outcome | None, live: bool) -> str:
    """Returns "Best: epoch 3 of 10 (validation loss 0.41)." and what that means here.

    "" without a best epoch.
    """
    best = record.best
    weights = outcome.weights if outcome is not None else weights_in_use.BEST

    if live or weights.use == "best":
        if best is None:
            return ""

        planned = record.prepared.epochs if record.prepared else 0
        total = max(planned if live else 0, len(record.epochs))

        text = f"Best: epoch {best.epoch} of {total} ({_by(record, best)})."
        if live:
            return (
                f"{text} Live: validation after each epoch; the test split is judged once, at the "
                "end."
            )
        if outcome is not None and outcome.last:
            return text

        return f"{text} These are the weights that are kept and used."

    if weights.partial:
        using = f"Using the last step (in epoch {weights.epoch})."
    else:
        using = (
            f"Using the last epoch ({weights.epoch} of {max(weights.epoch, len(record.epochs))})."
        )

    if best is None:
        return using

    return f"{using} The best is epoch {best.epoch} ({_by(record, best)})."


def _by(record: Record, best: EpochDone) -> str:
    """Returns the figure that made an epoch the best: its loss, or the metric the run goes by."""
    training = plain_section(record.prepared.resolved, "training") if record.prepared else {}
    name = next((name for name in best.metrics if name in METRICS), None)
    if training.get("best_by") == "metric" and name is not None:
        return f"validation {METRICS[name].label} {metric_text(name, best.metrics[name], '')}"

    return f"validation loss {number_text(best.validation_loss)}"
