"""The revision that is being made: what it changes, a training with it, and what that brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS
from app.engine.runs.run import Run, list_runs
from app.engine.suspects.effect import Effect, base_of, effect_of, has_effect
from app.engine.text import number_text, percent_text
from app.ui.pages import run_actions
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.text.run_names import label_of
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.learning.task import Task
    from app.ui.pages.parts import Parts
    from app.ui.state.revisions.draft import RevisionDraft

NONE = "Nothing is changed yet. The files of your data stay as they are, whatever you do here."
BUSY = "A training is under way; stop it first."
TRAIN = "Trains once more with the same settings and the same seed, on the changed data."
SEEDS = "Repeats both trainings with other seeds, to tell what the changes brought from chance."


class RevisionCard(Card):
    """Shows the draft of a run, and trains with it.

    told(sentence): something went wrong.
    """

    told = Signal(str)

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__("Your changes")
        self.setObjectName("results.suspects.revision")
        self._parts = parts
        self._draft = draft
        self._run: Path | None = None
        self._base: Path | None = None
        self.words = Label(NONE)
        self.words.setObjectName("results.suspects.changes")
        self.words.setWordWrap(True)
        style(self.words, "row")
        self.effect = Label()
        self.effect.setObjectName("results.suspects.effect")
        self.effect.setWordWrap(True)
        style(self.effect, "row")
        self.effect.hide()
        self.undo = _button("Undo", "undo", "Takes back the last change (Ctrl+Z in the list).")
        self.redo = _button("Redo", "redo", "Makes it again (Ctrl+Y in the list).")
        self.train = _button("Train again with them", "train", TRAIN)
        self.seeds = _button("With more seeds…", "seeds", SEEDS)
        style(self.train, "primary")
        self.seeds.hide()
        self.undo.clicked.connect(draft.undo)
        self.redo.clicked.connect(draft.redo)
        self.train.clicked.connect(self._train)
        self.seeds.clicked.connect(self._repeat)
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.undo, self.redo):
            style(button, "small")
            row.addWidget(button)

        style(self.seeds, "small")
        row.addStretch(1)
        row.addWidget(self.train)
        self.body.addWidget(self.words)
        self.body.addWidget(self.effect)
        self.body.addWidget(self.seeds, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addLayout(row)
        draft.changed.connect(self.refresh)
        parts.session.state_changed.connect(self.refresh)
        self.refresh()

    def show_run(self, run: Path, task: Task | None) -> None:
        """Shows what the revision of a run brought, if it has one."""
        if run == self._run:
            return

        self._run = run
        self._base = None
        self.effect.hide()
        self.seeds.hide()
        if task is None or not has_effect(task):
            return

        folder = self._parts.runs_folder

        def compare(_: object) -> Effect | None:
            own = Run(run)
            base = base_of(own, [*list_runs(run.parent), *list_runs(folder)])
            return effect_of(own, base, task) if base is not None else None

        self._parts.background.run(
            compare, lambda effect: self._show_effect(run, effect), key="results.effect"
        )

    def _show_effect(self, run: Path, effect: Effect | None) -> None:
        if run != self._run or effect is None:
            return

        self._base = effect.base
        self.effect.setText(effect_words(effect))
        self.effect.show()
        self.seeds.show()

    def refresh(self, *_: object) -> None:
        """Says what the draft changes, and whether a training can be started with it."""
        revision = self._draft.revision
        path = self._draft.path
        where = f" They are in '{path.name}', beside the run." if path is not None else ""
        text = f"{revision.summary().capitalize()}.{where}" if revision.changes else NONE
        self.words.setText(text)
        self.undo.setEnabled(self._draft.can_undo)
        self.redo.setEnabled(self._draft.can_redo)
        counts = revision.counts()
        changes = counts["relabel"] + counts["exclude"]
        why_not = BUSY if self._parts.session.active else ""
        why_not = why_not or ("" if changes else "Change a label first, or leave something out.")
        self.train.setEnabled(not why_not)
        self.train.setToolTip(tooltip(why_not or TRAIN))

    def _train(self) -> None:
        """Trains the settings of the run with the changes, in a new run."""
        if self._run is None or self._parts.session.active:
            return

        try:
            path = self._draft.hand_over()
            experiment = Run(self._run).experiment()
        except UserError as error:
            self.told.emit(error.message)
            return

        revised = experiment.replace(data=experiment.data.replace(revision=str(path)))
        self._parts.document.path = None
        self._parts.document.set(revised)
        self._parts.session.start(revised, self._parts.runs_folder)
        self._parts.go("training")

    def _repeat(self) -> None:
        if self._run is not None and self._base is not None:
            run_actions.study(self._parts, "repeat", [self._base, self._run], self.window())


def effect_words(effect: Effect) -> str:
    """Returns in a sentence or two what a revision brought, with its interval."""
    name = METRICS["mae" if effect.is_error else "accuracy"].label.lower()

    def value(figure: float) -> str:
        return number_text(figure) if effect.is_error else percent_text(figure)

    def signed(figure: float) -> str:
        sign = "+" if figure >= 0 else "−"
        size = abs(figure)
        return f"{sign}{number_text(size) if effect.is_error else number_text(100 * size, 2)}"

    unit = "" if effect.is_error else " points"
    text = (
        f"With these changes the {name} on {effect.count:,} test examples went from "
        f"{value(effect.before)} ('{label_of(effect.base)}', without them) to "
        f"{value(effect.after)}: {signed(effect.difference)}{unit}"
    )
    if effect.interval is None:
        text += ". There are too few examples for an interval."
    else:
        low, high = effect.interval
        verdict = "" if effect.is_shown else ", so it may be chance"
        text += f", 95 % interval {signed(low)} to {signed(high)}{verdict}."
    if effect.relabelled:
        text += f" {effect.relabelled:,} test examples with a changed label are left out."

    return text


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(f"results.suspects.{name}")
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    return button
