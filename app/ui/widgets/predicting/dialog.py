"""The dialog that predicts many examples with the network of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.nouns import noun
from app.engine.text import count_text, duration_text
from app.ui.state.exports.predictions import PredictionOrder, Predictions
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.file_dialogs import ask_for_folder, ask_to_open_many, ask_to_save, with_ending
from app.ui.widgets.predicting.layout import PredictLayout
from app.ui.widgets.predicting.run_kind import read_run_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from app.ui.state.background import Background, Failure
    from app.ui.style.theme import Theme
    from app.ui.widgets.predicting.run_kind import RunKind

ENDINGS = {
    "CSV table (*.csv)": ".csv",
    "Parquet (*.parquet)": ".parquet",
    "JSON Lines (*.jsonl)": ".jsonl",
    "Tab-separated (*.tsv)": ".tsv",
}
"""Forms in which answers are saved, as a file dialog wants them."""

BUSY = "Wait until all is answered, or press Cancel."
NOTHING = "Choose what to predict first."


class PredictDialog(PredictLayout):
    """Asks for files or a folder, shows the answers as they come, and saves them.

    When it is closed, what is under way is given up.
    """

    def __init__(
        self,
        path: Path,
        predictions: Predictions,
        background: Background,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(theme, parent)
        self.path = path
        self.kind: RunKind | None = None
        self._predictions = predictions
        self._background = background
        self._saved = ""
        self._trouble = ""
        self._waiting: tuple[str, ...] = ()
        self._closed = False
        self.folder.clicked.connect(self.ask_folder)
        self.files.clicked.connect(self.ask_files)
        self.cancel.clicked.connect(predictions.cancel)
        self.only_told.toggled.connect(lambda _: self._show())
        self.save.clicked.connect(self.ask_where)
        self.closing.clicked.connect(self.accept)
        predictions.drop()
        predictions.changed.connect(self._show)
        self._clock.timeout.connect(self._show_progress)
        background.run(
            lambda _: read_run_kind(path), self._take_kind, self._fail, key="predict.run"
        )
        self._show()

    def _take_kind(self, kind: RunKind) -> None:
        if self._closed:
            return

        self.kind = kind
        self.run_title.setText(kind.title)
        self.about.setText(_about(kind.kind))
        self._show()
        if self._waiting:
            self.predict(self._waiting)

    def _fail(self, failure: Failure) -> None:
        if not self._closed:
            self._trouble = failure.message
            self._show()

    # --- what is predicted

    def ask_folder(self) -> None:
        """Asks for a folder and predicts all that it holds."""
        chosen = ask_for_folder(self, "example", "Predict a folder")
        if chosen is not None:
            self.predict((str(chosen),))

    def ask_files(self) -> None:
        """Asks for files and predicts them."""
        if self.kind is None:
            return

        chosen = ask_to_open_many(self, "example", "Predict files", self.kind.filters)
        if chosen:
            self.predict([str(path) for path in chosen])

    def predict(self, names: Sequence[str]) -> None:
        """Predicts files and folders, as soon as the run is read."""
        if self.kind is None or self._predictions.busy:
            self._waiting = tuple(names)
            return

        self._waiting = ()
        self._saved = ""
        self._trouble = ""
        self.only_told.setChecked(False)
        self._predictions.start(PredictionOrder(self.path, tuple(names)))

    # --- saving

    def ask_where(self) -> None:
        """Asks where the answers are to be saved, and saves them."""
        order = self._predictions.order
        if order is None or not self.save.isEnabled():
            return

        first = Path(order.names[0])
        proposal = str(first.with_name(f"{first.stem} answers.csv"))
        chosen = ask_to_save(self, "answers", "Save the answers", proposal, ";;".join(ENDINGS))
        if chosen is not None:
            known = chosen.suffix.lower() in ENDINGS.values()
            self.save_to(chosen if known else with_ending(chosen, ".csv"))

    def save_to(self, path: Path) -> None:
        """Saves the answers, in the form that the ending asks for."""

        def saved(path: Path) -> None:
            self._saved = path.name
            self._show()

        def failed(failure: Failure) -> None:
            self._trouble = failure.message
            self._show()

        self._trouble = ""
        self._predictions.save(path, saved, failed)

    # --- what is shown

    def _show(self) -> None:
        if self._closed:
            return

        predictions = self._predictions
        stage = predictions.stage
        if self._waiting and self.kind is not None and not predictions.busy:
            self.predict(self._waiting)
            return

        store = stage.store
        self.stack.setCurrentIndex(0 if store is None or not store.rows else 1)
        self.only_told.setVisible(store is not None and store.told > 0)
        if store is not None:
            self.only_told.setText(f"Only the {count_text(store.told, 'row')} with a problem")
        only_told = self.only_told.isChecked() and bool(store and store.told)
        names = predictions.order.names if predictions.order is not None else ()
        self.table.show_store(store, only_told, names[0] if len(names) == 1 else "")
        self._show_progress()
        self._show_end()
        self._allow()

    def _show_progress(self) -> None:
        """Shows how far it is, also between two reports."""
        predictions = self._predictions
        stage = predictions.stage
        busy = predictions.busy
        self.progress.setVisible(busy)
        if busy != self._clock.isActive():
            self._clock.start() if busy else self._clock.stop()

        self.bar.setMaximum(max(0, stage.total))
        self.bar.setValue(stage.done)
        if not stage.total:
            text = "Reading"
        else:
            text = f"{stage.done:,} of {stage.total:,} {self._noun(stage.total)} answered"

        self.stage.setText(f"{text}, {duration_text(predictions.seconds)}")

    def _show_end(self) -> None:
        """Says how it ended, what could not be read, and where the answers are."""
        predictions = self._predictions
        stage = predictions.stage
        store = stage.store
        parts: list[str] = []
        role = "secondary"
        if not predictions.busy and store is not None:
            count = store.rows - store.unanswered
            gave_up = ", then it was cancelled" if predictions.cancelled else ""
            parts.append(
                f"{count:,} {self._noun(count)} answered in "
                f"{duration_text(predictions.seconds)}{gave_up}."
            )
            if store.unanswered:
                role = "warning"
                parts.append(f"{store.unanswered:,} could not be read.")
            if stage.left_out:
                are = "is" if stage.left_out == 1 else "are"
                parts.append(f"{stage.left_out:,} more {are} no {self._noun(stage.left_out)}.")
        elif predictions.cancelled:
            parts.append("It was cancelled.")

        troubles = [*stage.failures, *filter(None, [self._trouble])]
        if predictions.failure is not None:
            troubles.append(predictions.failure.message)
        if troubles:
            role = "problem"
            parts += troubles[:2]
        if self._saved:
            parts.append(f"Saved as '{self._saved}'.")

        self.notice.setText(" ".join(parts))
        self.notice.setVisible(bool(parts))
        style(self.notice, role)

    def _noun(self, count: int) -> str:
        return noun(self.kind.kind if self.kind is not None else "", count)

    def _allow(self) -> None:
        """Disables what cannot be done now, and says why."""
        predictions = self._predictions
        store = predictions.stage.store
        ready = self.kind is not None and not predictions.busy
        why_not = BUSY if predictions.busy else ""
        for button, tip in ((self.folder, self.folder_tip), (self.files, self.files_tip)):
            button.setEnabled(ready)
            button.setToolTip(tooltip(why_not or tip))

        if not why_not and (store is None or not store.rows):
            why_not = NOTHING
        self.save.setEnabled(not why_not)
        self.save.setToolTip(tooltip(why_not or self.save_tip))

    def done(self, result: int) -> None:
        """Gives up what is under way, then closes."""
        self._closed = True
        self._clock.stop()
        self._predictions.changed.disconnect(self._show)
        self.table.show_store(None)
        self._predictions.drop()
        super().done(result)


def _about(kind: str) -> str:
    examples = noun(kind)
    if kind in ("row", "pair"):
        what = "A table of any size, or a folder of tables"
    else:
        what = f"A folder of {examples}, some files, or a table or array of many"

    return (
        f"{what}: the network answers each of the {examples}, prepared as in training. What cannot "
        "be read is told beside it, and the others go on."
    )
