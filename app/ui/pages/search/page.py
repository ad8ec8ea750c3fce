"""The Search page: a search under way or over, and the settings that can be taken from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.engine.search.ranges import with_values
from app.engine.search.subject import kinds_with
from app.ui.pages import run_actions
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.runs.message import MessageBar
from app.ui.pages.runs.trash import discard, restore
from app.ui.pages.search.head import Head
from app.ui.pages.search.results import Results
from app.ui.pages.search.words import (
    columns_of,
    judged_text,
    state_text,
    values_text,
)
from app.ui.state.action import Action
from app.ui.state.record import read_record
from app.ui.style.theme import style
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent

    from app.engine.experiment.experiment import Experiment
    from app.engine.search.progress import UnderWay
    from app.engine.search.search_folder import Trial
    from app.ui.state.background import Failure
    from app.ui.state.record import Record
    from app.ui.state.searches.search_list import Listed

NOTHING = (
    "A search trains the same experiment many times with other settings, and shows which of them "
    "matter."
)
ABOUT = GuideCard(
    "Search",
    "Each run tries other values of the chosen settings and is judged on the validation examples. "
    "The test examples stay apart: they say at the very end whether the choice was good.",
)
LUCK = GuideCard(
    "The best of many is lucky, too",
    "Of many runs the best one is partly best by chance. Train it again with other seeds before "
    "you trust a small lead.",
)


class SearchPage(Page):
    """Shows one of the searches; the list is read in the background."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._searches = parts.searches
        self._gone: Any = None
        self._chosen_of: object = None
        style(self, "page")
        self._build()
        self._searches.changed.connect(self._show)
        self._searches.refused.connect(self._refuse)
        self._searches.removed.connect(self._removed)
        parts.document.changed.connect(self._show_actions)
        self._show()

    # --- what it looks like

    def _build(self) -> None:
        theme = self._parts.theme
        self.head = Head(theme)
        self.head.requested.connect(self._do)
        self.head.shown.connect(self._searches.show)
        self.state = Label()
        self.state.setObjectName("search.state")
        self.state.setWordWrap(True)
        style(self.state, "row")
        self.judged = Label()
        self.judged.setWordWrap(True)
        style(self.judged, "secondary")
        self.message = MessageBar(theme)
        self.message.text.setObjectName("search.message")
        self.message.undo.setObjectName("search.undo")
        self.message.undone.connect(self._bring_back)
        self.results = Results(theme)
        self.results.chosen.connect(lambda _: self._show_actions())
        self.results.opened.connect(lambda _: self.open_chosen())
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        content = QWidget()
        style(content, "page")
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.results)
        self.scroller.setWidget(content)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.head, self.state, self.judged):
            column.addWidget(widget)

        column.addWidget(self.scroller, 1)
        self.stack = QStackedLayout()
        self.stack.addWidget(shown)
        self.empty = EmptyState(
            theme,
            "chart",
            "No searches yet",
            NOTHING,
            "Set up a search",
            self.set_up,
            "search.first",
        )
        self.stack.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 16)
        outer.setSpacing(6)
        outer.addWidget(self.message)
        outer.addLayout(self.stack, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._searches.look()
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return

        current = self._searches.current
        self.stack.setCurrentIndex(0 if self._searches.searches else 1)
        there = self._parts.document.description is not None
        self.empty.button.setText("Set up a search" if there else "Choose data")
        self.empty.button.setAccessibleName(self.empty.button.text())
        self.head.show_searches(self._searches.searches, current)
        progress = current.progress if current is not None else None
        self.scroller.setVisible(progress is not None)
        if current is None or progress is None:
            self.state.setText(current.trouble if current is not None else "")
            style(self.state, "problem")
            self.judged.setText("")
            self._show_actions()
            return

        trouble = progress.trouble if not progress.working and not progress.over else ""
        self.state.setText(trouble or state_text(progress))
        style(self.state, "problem" if trouble else "row")
        self.judged.setText(judged_text(progress))
        self.results.show_progress(progress, columns_of(current))
        best = progress.best
        if self._chosen_of != current.path and best is not None:
            self._chosen_of = current.path
            self.results.table.choose(best.number)

        self._show_actions()

    def _show_actions(self, *_: object) -> None:
        current = self._searches.current
        trial = self._trial()
        working = current is not None and current.working
        words = ""
        if current is not None and trial is not None:
            words = values_text(columns_of(current), trial.values)

        has_run = trial is not None and bool(trial.run)
        usable = trial is not None and trial.figure is not None
        self.head.show_chosen(words, has_run, usable, working)

    def _trial(self) -> Trial | UnderWay | None:
        """Returns the trial that is chosen in the table."""
        current = self._searches.current
        if current is None or current.progress is None:
            return None

        progress = current.progress
        number = self.results.table.number
        everything: list[Trial | UnderWay] = [*progress.trials, *progress.under_way]
        return next((trial for trial in everything if trial.number == number), None)

    # --- what a person does

    def _do(self, what: str) -> None:
        current = self._searches.current
        handlers: dict[str, Callable[[], object]] = {
            "new": self.set_up,
            "take": self.take,
            "open": self.open_chosen,
        }
        if current is not None:
            handlers |= {
                "stop": lambda: self._searches.stop(current),
                "go on": lambda: self._searches.go_on(current),
                "folder": lambda: _open_folder(current),
                "remove": lambda: self._searches.remove(current, discard),
            }

        if what in handlers:
            handlers[what]()

    def set_up(self) -> None:
        """Sets a search up, or has data chosen first."""
        if self._parts.document.description is not None:
            self._parts.do(Action.SEARCH)
        else:
            self._parts.go("data")

    def take(self) -> None:
        """Takes the settings of the chosen run into the open experiment, as one step of undo."""
        current = self._searches.current
        trial = self._trial()
        if current is None or current.experiment is None or trial is None:
            return

        document = self._parts.document
        kinds = kinds_with(document.assumed_description)
        try:
            taken = with_values(document.experiment, trial.values, kinds)
            searched = with_values(current.experiment, trial.values, kinds)
        except UserError as error:
            self.message.say(error.message.removeprefix("In --try: "))
            return

        words = values_text(columns_of(current), trial.values)
        document.set(taken)
        other = "" if _alike(taken, searched) else DIFFERS
        self.message.say(f"Taken from run {trial.number:,}: {words}.{other}")

    def open_chosen(self) -> None:
        """Shows the chosen run in Training or Results."""
        current = self._searches.current
        trial = self._trial()
        progress = current.progress if current is not None else None
        if current is None or progress is None or trial is None or not trial.run:
            return

        path = current.folder.runs / trial.run
        session = self._parts.session
        if trial in progress.under_way:
            if not run_actions.follow(self._parts, path):
                self.message.say(run_actions.BUSY)
            return

        target = "results" if trial.figure is not None else "training"

        def show(record: Record) -> None:
            session.show(record)
            self._parts.go(target)

        self._parts.background.run(
            lambda _: read_record(path), show, self._refuse, key="search.open"
        )

    def _refuse(self, failure: Failure) -> None:
        self.message.say(failure.message)

    def _removed(self, gone: Any) -> None:
        self._gone = gone
        self.message.say("The search is in the trash, with all of its runs.", undo=True)

    def _bring_back(self) -> None:
        if self._gone is not None:
            gone, self._gone = self._gone, None
            self.message.hide()
            self._searches.bring_back(lambda: restore(gone))

    # --- the page itself

    def guide(self) -> list[GuideCard]:
        return [ABOUT, LUCK]

    def busy(self) -> bool:
        return any(one.working for one in self._searches.searches)


DIFFERS = " The open experiment differs from the one that was searched in other settings, too."


def _alike(one: Experiment, other: Experiment) -> bool:
    """Returns whether two experiments train the same, whatever they are called."""
    return one.replace(name="") == other.replace(name="")


def _open_folder(current: Listed) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(current.path)))
