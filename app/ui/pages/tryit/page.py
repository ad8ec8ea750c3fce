"""Try it: give the network an example, see what it sees, and what it answers.

Also while a training goes on.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.engine.data.nouns import noun
from app.engine.runs import events
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.tryit.answer_panel import AnswerPanel
from app.ui.pages.tryit.below import CardsBelow
from app.ui.pages.tryit.drops import TryItDrops
from app.ui.pages.tryit.guide import guide_cards
from app.ui.pages.tryit.header import TryItHeader
from app.ui.pages.tryit.input_cards import InputCard, input_card_for
from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.pages.tryit.text_writer import TextWriter
from app.ui.pages.tryit.usable_runs import LoadedRun, UsableRun, usable_runs
from app.ui.state.run_identity import why_not_trained
from app.ui.style.theme import style
from app.ui.widgets.drops import DropOverlay, take_copy
from app.ui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.ui.state.background import Failure

DEBOUNCE_MS = 60
"""A drawing is asked about at most so often."""

PATIENCE_MS = 500
"""After which it is said that the network is still at it."""

NARROW = 500
"""Width at 100 % below which the halves of the page stand below one another."""

NOTHING = (
    "Train a network first. Once its first epoch is judged and saved you can try it here, also "
    "while it goes on training."
)


class TryItPage(Page):
    """Asks the network of a run, on the background thread and the CPU, with weights of its own.

    They are those of the best epoch, if no others were chosen on the Results page.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._predictor = LoadedPredictor()
        self._runs: list[UsableRun] = []
        self._path: Path | None = None
        self._picked = False
        self._loaded: LoadedRun | None = None
        self._input: TryItInput | None = None
        self._result: TryItResult | None = None
        self._input_cards: dict[str, InputCard] = {}
        self._random = random.Random()

        self._soon = QTimer(self, interval=DEBOUNCE_MS, singleShot=True)
        self._soon.timeout.connect(self._predict)
        self._patience = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(lambda: self.answer.wait())

        style(self, "page")
        self.setAcceptDrops(True)
        self._build()

        parts.session.events_received.connect(self._handle_events)
        parts.session.shown.connect(self._other_run_shown)
        parts.document.data_changed.connect(self._offer_random)
        parts.theme.changed.connect(self._arrange)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self.paste)

    # --- what it looks like

    def _build(self) -> None:
        theme = self._parts.theme
        self.input_stack = QStackedLayout()
        self.left = QWidget()
        self.left.setLayout(self.input_stack)
        self.input_card = self._bring_input_card("image")
        self.answer = AnswerPanel(theme, self.input_card.hint)
        self.text_writer = TextWriter(self._parts.background, self._predictor)
        self.answer.card_made.connect(self.text_writer.attend)

        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)
        self.row.addWidget(self.left, 10)
        self.row.addWidget(self.answer, 9)

        for half in (self.left, self.answer):  # a longer name must not push the other half about
            half.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

        self.below = CardsBelow(self._parts, self._predictor, self.answer, self._dataset)
        self.explanation = self.below.explanation
        self.many = self.below.many

        content = QWidget()
        style(content, "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 0, 16, 16)
        column.setSpacing(12)
        column.addLayout(self.row, 1)
        column.addWidget(self.below)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroller.setWidget(content)

        self.header = TryItHeader(self._parts)
        self.header.picked.connect(self._pick)
        full = QWidget()
        whole = QVBoxLayout(full)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.header)
        whole.addWidget(self.scroller, 1)

        self.empty = EmptyState(
            theme,
            "draw",
            "Nothing to try yet",
            NOTHING,
            "Go to Training",
            lambda: self._parts.go("training"),
            "tryit.begin",
        )
        self.drops = TryItDrops(self.answer, self.many)
        self.overlay = DropOverlay(theme, self)
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.width() >= self._parts.theme.px(NARROW)
        self.row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        self.header.set_wide(wide)
        self.below.inside.arrange(wide)

    def _bring_input_card(self, kind: str) -> InputCard:
        """Brings the card for this kind of example to the front and returns it."""
        if kind not in self._input_cards:
            input_card = input_card_for(kind)(self._parts.theme)
            input_card.input_changed.connect(self._take_input)
            input_card.random_wanted.connect(self.take_random)
            input_card.refused.connect(lambda text: self.answer.say(text))
            self._input_cards[kind] = input_card
            self.input_stack.addWidget(input_card)

        self.input_stack.setCurrentWidget(self._input_cards[kind])
        return self._input_cards[kind]

    # --- which run

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Looks which runs have weights, in the background."""
        folder = self._parts.runs_folder
        current = self._parts.session.record.path
        self._parts.background.run(
            lambda control: usable_runs(folder, current, control.check),
            self._take_runs,
            key="tryit.runs",
        )

    def _handle_events(self, batch: list[events.Event]) -> None:
        """Takes new best weights of a run that goes on, and answers again."""
        better = any(isinstance(event, events.EpochDone) and event.best for event in batch)
        saved = any(isinstance(event, events.CheckpointSaved) and event.best for event in batch)
        ended = any(isinstance(event, events.RunFinished) for event in batch)

        if self.isVisible() and (better or saved or ended):
            self.refresh()

    def _other_run_shown(self) -> None:
        """Tries the run that is shown elsewhere, also where another one was picked here before."""
        self._picked = False
        if self.isVisible():
            self.refresh()

    def _take_runs(self, runs: list[UsableRun]) -> None:
        self._runs = runs
        paths = [run.path for run in runs]

        current = self._parts.session.record.path
        if not self._picked or self._path not in paths:
            self._path = current if current in paths else next(iter(paths), None)

        self.header.show_runs(paths, self._path)
        self.stack.setCurrentIndex(1 if runs else 0)
        self.guide_changed.emit()

        chosen = next((run for run in runs if run.path == self._path), None)
        if chosen is not None and (self._loaded is None or self._loaded.run != chosen):
            self._load(chosen.path)

    def _pick(self, path: Path) -> None:
        self._path = path
        self._picked = True
        self._load(path)

    def _load(self, path: Path) -> None:
        self.header.epoch.setText("loading")
        self._parts.background.run(
            lambda _: self._predictor.load(path), self._take_loaded, self._fail, key="tryit.load"
        )

    def _take_loaded(self, loaded: LoadedRun) -> None:
        if loaded.run.path != self._path:
            return

        self._loaded = loaded
        self.header.chip.show_run(loaded.identity)
        live = self.below.trains(loaded.run.path)
        which = loaded.weights.use
        self.header.epoch.setText(f"epoch {loaded.epoch}, the {which}{' so far' if live else ''}")
        self.answer.set_why(f"from the {which} epoch")

        description = loaded.description
        input_card = self._bring_input_card(description.kind)
        fits = self._input_fits()
        input_card.forget_other_data(description.fingerprint)

        if input_card is not self.input_card or not fits:  # then it is an example of other data
            self.input_card = input_card
            self._input = None
            self._result = None

        self.answer.set_view(loaded.task.view, description.kind == "image", input_card.hint)
        self.text_writer.path = loaded.run.path
        self.below.show_run(loaded)
        self.input_card.prepare_for(description.preparation)
        self._offer_random()
        self.guide_changed.emit()

        if self._input is None:
            self.input_card.give_again()

        self._predict()

    def _input_fits(self) -> bool:
        """Returns whether the input could be given to the network that is chosen now.

        An example of its own data could, and what came from elsewhere.
        """
        if self._input is None or self._loaded is None:
            return True

        return self._input.data in ("", self._loaded.description.fingerprint)

    # --- which example

    def _take_input(self, tryit_input: TryItInput | None) -> None:
        self._input = tryit_input
        if tryit_input is None:
            self._result = None
            self.answer.show_result(None)
        elif not self._soon.isActive():
            self._soon.start()

    def paste(self) -> None:
        """Takes what is in the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not self.input_card.take_mime(data):
            kind = self._loaded.description.kind if self._loaded is not None else "image"
            self.answer.say(f"There is no {noun(kind, 1)} in the clipboard.")

    def _dataset(self) -> Dataset | None:
        """Returns the open data if they are those of the run."""
        dataset = self._parts.document.dataset
        if dataset is None or self._loaded is None:
            return None

        same = dataset.description.fingerprint == self._loaded.description.fingerprint
        return dataset if same else None

    def _offer_random(self) -> None:
        is_open = self._dataset() is not None
        self.input_card.random_button.setEnabled(is_open)
        self.input_card.random_button.setToolTip(
            "Takes one of the examples kept apart for the test."
            if is_open
            else "Open the data of this run on the Data page to take one of its test examples."
        )

    def take_random(self) -> None:
        """Gives an example of the test split, else of validation, and what it is in truth."""
        dataset = self._dataset()
        if dataset is None:
            return

        example = TryItInput.at_random(dataset, self._random)
        if example is None:
            self.answer.say("These data have no examples kept apart.")
        else:
            self.input_card.take(example)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if words := self.drops.announcement(event.mimeData(), self.stack.currentIndex() == 1):
            take_copy(event)
            self.overlay.announce(*words)
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        take_copy(event)
        self.drops.take(event.mimeData(), self.input_card)

    # --- the answer

    def _predict(self) -> None:
        path = self._path
        tryit_input = self._input
        dataset = self._dataset()

        if path is None or tryit_input is None or self._loaded is None:
            self.answer.show_result(self._result)
            return

        self._parts.background.run(
            lambda control: self._predictor.predict(path, tryit_input, dataset, control.check),
            self._take_result,
            self._fail,
            key="tryit.ask",
        )
        self._patience.start()

    def _take_result(self, answered: tuple[LoadedRun, TryItResult]) -> None:
        loaded, result = answered
        if result.input is not self._input or loaded.run.path != self._path:
            return

        if self._loaded is None or loaded.run != self._loaded.run:
            self._take_loaded(loaded)
            return

        self._patience.stop()
        self._result = result
        self.input_card.show_result(result)
        self.answer.show_result(result)

    def _fail(self, failure: Failure) -> None:
        self._patience.stop()
        self._result = None
        self.input_card.say_unreadable()
        self.answer.say(failure.message)

    # --- the Guide and the rail

    def ready(self) -> tuple[bool, str]:
        record = self._parts.session.record
        why_not = why_not_trained(record, self._parts.document)
        if not record.has_weights:
            why_not = why_not or "The weights of the first epoch are not saved yet."
        return not why_not, why_not

    def guide(self) -> list[GuideCard]:
        return guide_cards(self._loaded)
