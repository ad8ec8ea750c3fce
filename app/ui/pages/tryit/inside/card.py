"""The card that lets the example go through all blocks, and tries the network without parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton

from app.engine import files
from app.engine.learning.metrics import shared_unit
from app.ui.pages.tryit.inside.asking import InsideNetwork, Seen
from app.ui.pages.tryit.inside.what_if_bar import WhatIfBar
from app.ui.pages.tryit.inside.words import MEANING as WHAT_IF_MEANING
from app.ui.pages.tryit.inside.words import answer_text, effect_texts
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.file_dialogs import ask_to_save, with_ending
from app.ui.widgets.label import Label
from app.ui.widgets.outputs.blocks_view import MEANING, BlocksView
from app.ui.widgets.outputs.words import unit_noun

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.insight.part_change import Effect
    from app.engine.runs.control import Control
    from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
    from app.ui.pages.tryit.prediction import TryItResult
    from app.ui.pages.tryit.usable_runs import LoadedRun
    from app.ui.state.background import Background, Failure
    from app.ui.style.theme import Theme

KEY = "tryit.inside"
MEASURE = "tryit.inside.effect"

NAME = "changed.safetensors"
KIND = "Weights (*.safetensors)"
SAVE = (
    "Writes the weights with these changes in them as a file, from which a training can start "
    "(“Start from weights” on the Learning page). The run stays as it is."
)

NO_DATA = "Open the data of this run on the Data page to measure the effect of the changes."
JUDGING = "Judging the examples …"


class InsideCard(Card):
    """Shows the example in every block while its button is down; hidden else, the button beside."""

    def __init__(
        self,
        theme: Theme,
        background: Background,
        predictor: LoadedPredictor,
        dataset: Callable[[], Dataset | None],
        trains: Callable[[Path], bool],
    ) -> None:
        """dataset(): the run's own data, where they are open. trains(path): a run goes on."""
        super().__init__("Inside the network", "the example in every block, and what if")
        self._background = background
        self._inside = InsideNetwork(predictor)
        self._dataset = dataset
        self._trains = trains
        self._path: Path | None = None
        self._loaded: LoadedRun | None = None
        self._result: TryItResult | None = None
        self._seen: Seen | None = None
        self._opened = ""
        self.setObjectName("tryit.inside")
        self._build(theme)
        self._show_parts()

    def _build(self, theme: Theme) -> None:
        self.button = QPushButton("Look inside")
        self.button.setObjectName("tryit.inside.look")
        self.button.setCheckable(True)
        self.button.setEnabled(False)
        self.button.setToolTip(
            "Shows what every block makes of the example, and lets you mute parts. It stays on "
            "for the next examples."
        )
        self.button.toggled.connect(self._toggled)
        self.note = Label()
        self.note.setObjectName("tryit.inside.note")
        self.note.setWordWrap(True)
        self.blocks = BlocksView(theme, "tryit.inside")
        self.blocks.chosen.connect(self._open)
        self.what_if = WhatIfBar(theme)
        self.what_if.changed.connect(self._changes_made)
        self.blocks.large.picked.connect(self._pick)
        self.answer = Label()
        self.answer.setObjectName("tryit.inside.answer")
        self.measure = QPushButton("Measure the effect")
        self.measure.setObjectName("tryit.inside.measure")
        self.measure.clicked.connect(self._measure)
        style(self.measure, "small")
        self.effect = Label()
        self.effect.setObjectName("tryit.inside.effect")
        self.meaning = Label()
        style(self.meaning, "secondary")
        for label in (self.answer, self.effect, self.meaning):
            label.setWordWrap(True)

        self.save = QPushButton("Save as weights…")
        self.save.setObjectName("tryit.inside.save")
        self.save.setToolTip(tooltip(SAVE))
        self.save.clicked.connect(self._save)
        style(self.save, "small")
        self.tools.insertWidget(0, self.save)
        self.body.addWidget(self.note)
        self.body.addWidget(self.blocks, 1)
        self.body.addWidget(self.what_if)
        self.body.addWidget(self.answer)
        self.tools.insertWidget(0, self.measure)
        self.body.addWidget(self.effect)
        self.body.addWidget(self.meaning)

    # --- what it is about

    def show_run(self, run: LoadedRun) -> None:
        """Looks into the network of this run from now on."""
        if self._path != run.run.path:
            self._opened = ""
            self.what_if.forget()
        if self._loaded is None or run.run != self._loaded.run:
            self._say_effect("")  # it was that of other weights

        self._path = run.run.path
        self._loaded = run

    def show_result(self, result: TryItResult | None) -> None:
        """Lets this example go through it; None where there is none any more."""
        if result is self._result:
            return

        self._result = result
        self.button.setEnabled(result is not None and all(result.halves))
        self._ask()

    def arrange(self, wide: bool) -> None:
        """Puts table and block side by side where there is room."""
        self.blocks.arrange(wide)

    def _toggled(self, _on: bool) -> None:
        self._ask()

    def _open(self, block: str) -> None:
        self._opened = block
        self._ask()

    def _pick(self, subject: str, number: int) -> None:
        """Takes a map or a bar that was clicked as the part to change."""
        if subject in ("channels", "values"):
            self.what_if.pick("unit", number)
        elif subject == "attention":
            self.what_if.pick("head", number)

    def _changes_made(self) -> None:
        self._background.forget(MEASURE)
        self._say_effect("")
        self._ask()

    def _stop_measuring(self) -> None:
        """Measures no more; a figure that is known already stays."""
        self._background.forget(MEASURE)
        if self.effect.text() == JUDGING:
            self._say_effect("")

    # --- asking

    def _ask(self) -> None:
        path, result, changes, opened = self._path, self._result, self.what_if.changes, self._opened
        if path is None or result is None or not self.button.isChecked():
            self._background.forget(KEY)
            self._stop_measuring()
            self._seen = None
            self._show_parts()
            return

        self._background.run(
            lambda _: self._inside.look(path, result, opened, changes),
            self._take,
            self._fail,
            key=KEY,
        )

    def _take(self, seen: Seen) -> None:
        if seen.result is not self._result:
            return

        self._seen = seen
        self.note.setText("")
        self._show_parts()

    def _fail(self, failure: Failure) -> None:
        self._seen = None
        self._show_parts()
        self.note.setText(failure.message)
        style(self.note, "problem")
        self.note.show()
        self.show()

    def _show_parts(self) -> None:
        seen = self._seen
        self.setVisible(seen is not None)
        self.note.hide()
        shown = (self.blocks, self.answer, self.measure, self.save, self.effect, self.meaning)
        for widget in shown:
            widget.setVisible(seen is not None)
        if seen is None:
            self.what_if.hide()
            return

        output = seen.outputs.get(seen.opened)
        noun_of_unit = unit_noun(output) if output is not None else "channel"
        parts = seen.parts if output is not None else None
        self.what_if.show_block(seen.opened, parts, noun_of_unit)
        self.blocks.show_outputs(seen.outputs, seen.opened)
        text = answer_text(seen)
        self.answer.setText(text)
        self.answer.setVisible(bool(text))
        self.effect.setVisible(bool(self.effect.text()))
        self.measure.setVisible(bool(seen.changes))
        self.save.setVisible(bool(seen.changes))
        is_open = self._dataset() is not None
        self.measure.setEnabled(is_open)
        tip = "Judges the examples kept apart from training, without and with the changes."
        self.measure.setToolTip(tooltip(tip if is_open else NO_DATA))
        self.meaning.setText(WHAT_IF_MEANING if seen.changes else MEANING)

    def _save(self) -> None:
        """Writes the changed weights where a person wants them: only they are written."""
        path, result, changes = self._path, self._result, self.what_if.changes
        chosen = ask_to_save(self, "figures", "Save the weights", NAME, KIND)
        if path is None or result is None or chosen is None:
            return

        target = with_ending(chosen, Path(NAME).suffix)

        def work(_: Control) -> str:
            files.write_atomically(target, self._inside.weights(path, result, changes))
            return f"The changed weights are in '{target}'. A training can start from them."

        self._background.run(work, self._say_effect, self._fail_effect, key="tryit.inside.save")

    # --- the figure over many examples

    def _measure(self) -> None:
        path, dataset, changes = self._path, self._dataset(), self.what_if.changes
        if path is None or dataset is None:
            return

        # The test split is for the end: while a run trains it is not looked at.
        there = [name for name in ("validation", "test") if len(dataset.indices.get(name, ()))]
        splits = tuple(name for name in there if name != "test" or not self._trains(path))
        self._say_effect(JUDGING)

        def work(control: Control) -> list[Effect]:
            return self._inside.effect(path, dataset, splits, changes, control.check)

        self._background.run(work, self._take_effect, self._fail_effect, key=MEASURE)

    def _take_effect(self, effects: list[Effect]) -> None:
        if self._loaded is not None:
            description = self._loaded.description
            lines = effect_texts(effects, description.kind, shared_unit(description))
            self._say_effect("\n".join(lines))

    def _fail_effect(self, failure: Failure) -> None:
        self._say_effect(failure.message, "problem")

    def _say_effect(self, text: str, role: str = "why") -> None:
        self.effect.setText(text)
        style(self.effect, role)
        self.effect.setVisible(bool(text))
