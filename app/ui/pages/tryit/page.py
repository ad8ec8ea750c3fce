"""Try it: give the network a picture, see what it sees, and what it answers.

Also while a training goes on.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
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
    QComboBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.engine.data.nouns import noun
from app.engine.runs import events
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.tryit.answer_card import AnswerCard
from app.ui.pages.tryit.asking import Asker, Choice, Given, Ready, Reply, usable_runs
from app.ui.pages.tryit.guide import guide_cards
from app.ui.pages.tryit.input_cards import InputCard, input_card_for
from app.ui.pages.tryit.many import ManyLine
from app.ui.pages.tryit.writing import Writing
from app.ui.style.theme import style
from app.ui.text.run_names import labels_of
from app.ui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.pages.tryit.answer_cards import ReplyView
    from app.ui.state.background import Failure

DEBOUNCE_MS = 60
"""A drawing is asked about at most so often."""

PATIENCE_MS = 500
"""After which it is said that the network is still at it."""

NARROW = 500
NOTHING = "Train a network first. From its first epoch on you can try it here, also while it goes on training."


class TryItPage(Page):
    """Asks the network of a run, on the background thread, on the CPU, with weights of its own:
    those of the best epoch, if no others were chosen on the Results page.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._asker = Asker()
        self._choices: list[Choice] = []
        self._path: Path | None = None
        self._picked = False
        self._ready: Ready | None = None
        self._picture: Given | None = None
        self._answer: Reply | None = None
        self._input_cards: dict[str, InputCard] = {}
        self._random = random.Random()
        self._soon = QTimer(self, interval=DEBOUNCE_MS, singleShot=True)
        self._soon.timeout.connect(self._ask)
        self._patience = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(lambda: self.card.wait())
        style(self, "page")
        self.setAcceptDrops(True)
        self._build()
        parts.session.events_received.connect(self._told)
        parts.session.shown.connect(self._other)
        parts.document.data_changed.connect(self._show_random)
        parts.theme.changed.connect(self._arrange)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self.paste)

    # --- what it looks like

    def _build(self) -> None:
        theme = self._parts.theme
        self.giver_stack = QStackedLayout()
        self.left = QWidget()
        self.left.setLayout(self.giver_stack)
        self.giving = self._input_card("image")
        self.card = AnswerCard(theme)
        self.writing = Writing(self._parts.background, self._asker)
        self.card.made.connect(self._wire)
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)
        self.row.addWidget(self.left, 10)
        self.row.addWidget(self.card, 9)

        for card in (
            self.left,
            self.card,
        ):  # a longer name on one side must not push the other one about
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

        self.many = ManyLine(self._parts, self._asker)
        self.many.predictions.connect(self.card.say)
        content = QWidget()
        style(content, "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 0, 16, 16)
        column.setSpacing(12)
        column.addLayout(self.row, 1)
        column.addWidget(self.many)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroller.setWidget(content)
        full = QWidget()
        whole = QVBoxLayout(full)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self._head())
        whole.addWidget(self.scroller, 1)
        self.empty = EmptyState(
            theme, "draw", "Nothing to try yet", NOTHING, "Go to Training", lambda: self._parts.go("training"),
            "tryit.begin",
        )  # fmt: skip

        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)

    def _head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 12, 16, 0)
        row.setSpacing(8)
        heading = QLabel("Try it")
        using = QLabel("using")
        style(heading, "heading")
        style(using, "secondary")
        self.runs = QComboBox()
        self.runs.setObjectName("tryit.run")
        self.runs.setAccessibleName("Run whose network is used")
        self.runs.setToolTip("The run whose network answers.")
        self.runs.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.runs.setMinimumContentsLength(16)
        self.runs.activated.connect(self._pick)
        using.setBuddy(self.runs)
        self.epoch = QLabel()
        self.epoch.setObjectName("tryit.epoch")
        style(self.epoch, "secondary")
        row.addWidget(heading)
        row.addStretch(1)
        row.addWidget(using)
        row.addWidget(self.runs)
        row.addWidget(self.epoch)

        return head

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.width() >= self._parts.theme.px(NARROW)
        self.row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        self.runs.setMinimumContentsLength(16 if wide else 8)

    def _input_card(self, kind: str) -> InputCard:
        """The card for this sort of example, brought to the front."""
        if kind not in self._input_cards:
            input_card = self._input_cards[kind] = input_card_for(kind, self._parts.theme)
            input_card.given.connect(self._given)
            input_card.wanted_random.connect(self.take_random)
            input_card.refused.connect(lambda text: self.card.say(text))
            self.giver_stack.addWidget(input_card)

        self.giver_stack.setCurrentWidget(self._input_cards[kind])
        return self._input_cards[kind]

    def _wire(self, view: ReplyView) -> None:
        self.writing.attend(view)

    # --- which run

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Look which runs have weights, in the background."""
        folder = self._parts.runs_folder
        shown = self._parts.session.record.path
        self._parts.background.run(
            lambda control: usable_runs(folder, shown, control.check),
            self._take_choices,
            key="tryit.runs",
        )

    def _told(self, batch: list[events.Event]) -> None:
        """New best weights of a run that goes on: take them, and answer again."""
        better = any(isinstance(event, events.EpochDone) and event.best for event in batch)
        saved = any(isinstance(event, events.CheckpointSaved) and event.best for event in batch)

        ended = any(isinstance(event, events.RunFinished) for event in batch)
        if self.isVisible() and (better or saved or ended):
            self.refresh()

    def _other(self) -> None:
        """Another run is shown elsewhere: it is the one to try, unless one was picked here."""
        self._picked = False
        if self.isVisible():
            self.refresh()

    def _take_choices(self, choices: list[Choice]) -> None:
        self._choices = choices
        paths = [choice.path for choice in choices]

        shown = self._parts.session.record.path
        if not self._picked or self._path not in paths:
            self._path = shown if shown in paths else (paths[0] if paths else None)

        self.runs.blockSignals(True)
        self.runs.clear()
        self.runs.addItems(labels_of(paths))

        if self._path is not None:
            self.runs.setCurrentIndex(paths.index(self._path))

        self.runs.blockSignals(False)
        self.stack.setCurrentIndex(1 if choices else 0)
        self.guide_changed.emit()

        chosen = next((choice for choice in choices if choice.path == self._path), None)
        if chosen is not None and (self._ready is None or self._ready.choice != chosen):
            self._load(chosen.path)

    def _pick(self, row: int) -> None:
        self._path = self._choices[row].path
        self._picked = True
        self._load(self._path)

    def _load(self, path: Path) -> None:
        self.epoch.setText("loading")
        self._parts.background.run(
            lambda _: self._asker.load(path), self._take_ready, self._refused, key="tryit.load"
        )

    def _take_ready(self, ready: Ready) -> None:
        if ready.choice.path != self._path:
            return

        self._ready = ready
        live = self._parts.session.active and self._parts.session.live_record.path == self._path
        self.epoch.setText(f"epoch {ready.epoch}, the {ready.kept.use}{' so far' if live else ''}")
        self.card.set_why(f"from the {ready.kept.use} epoch")
        description, giving = ready.description, self._input_card(ready.description.kind)
        fits = self._fits()
        giving.let_go(description.fingerprint)

        if giving is not self.giving or not fits:
            self.giving = giving
            self._picture = None
            self._answer = None  # an example of other data

        self.card.set_view(ready.task.view, description.kind == "image", giving.hint)
        self.writing.path = ready.choice.path
        self.many.show_run(ready)
        self.giving.prepare_for(description.preparation)
        self._show_random()
        self.guide_changed.emit()

        if self._picture is None:
            self.giving.give_again()

        self._ask()

    def _fits(self) -> bool:
        """Whether what was given could be given to the network that is chosen now: an example of
        its own data, or what came from elsewhere.
        """
        given = self._picture
        ready = self._ready
        return given is None or ready is None or given.data in ("", ready.description.fingerprint)

    # --- which example

    def _given(self, picture: Given | None) -> None:
        self._picture = picture
        if picture is None:
            self._answer = None
            self.card.show_reply(self._answer)
        elif not self._soon.isActive():
            self._soon.start()

    def paste(self) -> None:
        """Take what is in the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not self.giving.take_mime(data):
            what = noun(self._ready.description.kind, 1) if self._ready is not None else "picture"
            self.card.say(f"There is no {what} in the clipboard.")

    def _dataset(self) -> Dataset | None:
        """The open data if they are those of the run."""
        dataset = self._parts.document.dataset
        if dataset is None or self._ready is None:
            return None

        return (
            dataset
            if dataset.description.fingerprint == self._ready.description.fingerprint
            else None
        )

    def _show_random(self) -> None:
        there = self._dataset() is not None
        self.giving.random_button.setEnabled(there)
        self.giving.random_button.setToolTip(
            "Takes one of the examples kept apart for the test." if there
            else "Open the data of this run on the Data page to take one of its test examples."
        )  # fmt: skip

    def take_random(self) -> None:
        """One of the test split (or of validation, where there is no test), and what it is in
        truth.
        """
        dataset = self._dataset()
        if dataset is None:
            return

        split = "test" if len(dataset.indices.get("test", ())) else "validation"
        rows = dataset.indices.get(split)
        if rows is None or not len(rows):
            self.card.say("These data have no examples kept apart.")
            return

        row = int(rows[self._random.randrange(len(rows))])
        name = dataset.names[row] if len(dataset.names) else f"#{row}"
        kept = tuple(np.array(array[row]) for array in dataset.arrays)
        what = noun(dataset.description.kind, 1)
        self.giving.take(
            Given(
                f"{split} {what}: {name}",
                kept=kept,
                true=np.array(dataset.targets[row]),
                data=dataset.description.fingerprint,
            )
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        local = any(url.isLocalFile() and Path(url.toLocalFile()).is_file() for url in data.urls())
        if self.stack.currentIndex() == 1 and (data.hasImage() or data.hasText() or local):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.giving.take_mime(event.mimeData()):
            event.acceptProposedAction()

    # --- the answer

    def _ask(self) -> None:
        path = self._path
        picture = self._picture
        dataset = self._dataset()

        if path is None or picture is None or self._ready is None:
            self.card.show_reply(self._answer)
            return

        self._parts.background.run(
            lambda control: self._asker.ask(path, picture, dataset, control.check),
            self._take_answer,
            self._refused,
            key="tryit.ask",
        )
        self._patience.start()

    def _take_answer(self, result: tuple[Ready, Reply]) -> None:
        ready, answer = result
        if answer.given is not self._picture or ready.choice.path != self._path:
            return

        if self._ready is None or ready.choice != self._ready.choice:
            self._take_ready(ready)
            return

        self._patience.stop()
        self._answer = answer
        self.giving.show_reply(answer)
        self.card.show_reply(self._answer)

    def _refused(self, failure: Failure) -> None:
        self._patience.stop()
        self._answer = None
        self.giving.say_unreadable()
        self.card.say(failure.message)

    # --- the Guide and the rail

    def ready(self) -> tuple[bool, str]:
        if self._choices or self._parts.session.record.epochs:
            return True, ""
        return False, "Train a network first."

    def guide(self) -> list[GuideCard]:
        return guide_cards(self._ready)
