"""The Runs page: everything that was trained, to open, go on with, or compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.engine.runs import events
from app.engine.runs.copies import copied
from app.engine.runs.run import Run
from app.ui.pages import run_actions
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.runs.compare.pages import ListOrComparison
from app.ui.pages.runs.comparison import ComparisonCard
from app.ui.pages.runs.deleting import Deleting
from app.ui.pages.runs.entries import Entry, partner_of, read_entries, with_live_times
from app.ui.pages.runs.guide import comparison_cards, guide_cards
from app.ui.pages.runs.head import Head
from app.ui.pages.runs.message import HintLine, MessageBar
from app.ui.pages.runs.model import NOTE, RUN
from app.ui.pages.runs.queue_card import QueueCard
from app.ui.pages.runs.table import RunsTable
from app.ui.state.record import read_record
from app.ui.style.theme import style
from app.ui.text.run_names import day_of, label_of
from app.ui.widgets.card import Card
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.ui.state.background import Failure
    from app.ui.state.record import Record

NOTHING = "Everything you train is kept here, with its curves, its weights and its settings."
HINT = "Tick several runs to lay their curves over one another."
LIVE_MS = 2000
"""Least time between two readings of the list while a run goes on."""


class RunsPage(Page):
    """The list of runs, and below it the chosen ones in comparison.

    The list is read in the background when the page comes to sight, and again when a run has
    something new.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._select: list[Path] | None = None
        self._again = QTimer(self, interval=LIVE_MS, singleShot=True)
        self._again.timeout.connect(self.refresh)
        style(self, "page")
        self._build()
        parts.session.events_received.connect(self._read_soon)
        parts.session.finished.connect(lambda _: self.refresh())
        parts.session.state_changed.connect(self._show_actions)
        parts.session.compared.connect(self.compare)
        parts.theme.changed.connect(self._restyle)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Refresh),
            self,
            self.refresh,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )

        self._restyle()
        self._show_actions()

    # --- what it looks like

    def _build(self) -> None:
        self.table = RunsTable(self._parts.theme)
        self.table.chosen_changed.connect(self._chosen_changed)
        self.table.opened.connect(self.open_chosen)
        self.table.unwanted.connect(self.delete_chosen)
        self.table.runs.renamed.connect(self._rename)
        self.table.runs.noted.connect(self._note)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.comparison = ComparisonCard(self._parts.theme, self._parts.background)

        self.list_card = Card()
        if (layout := self.list_card.layout()) is not None:
            layout.setContentsMargins(2, 2, 2, 2)

        self.list_card.body.addWidget(self.table)
        self.hint = Label()
        self.hint.setWordWrap(True)
        style(self.hint, "secondary")
        content = QWidget()
        style(content, "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.list_card, 3)
        column.addWidget(self.comparison, 2)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroller.setWidget(content)
        self.head = Head(self._parts.theme)
        self.message = MessageBar(self._parts.theme)
        self._deleting = Deleting(self._parts.session, self.message)
        self.head.requested.connect(self._do)
        self.message.undone.connect(self.undo_delete)
        self.table.customContextMenuRequested.connect(
            lambda point: self.head.popup(self.table.viewport().mapToGlobal(point))
        )
        self.pages = ListOrComparison(self, self._parts)
        self.pages.currentChanged.connect(self.guide_changed)
        full = self.pages.full
        full.report_wanted.connect(lambda: self.write_report(full.readable_logs))
        self.comparison.full_wanted.connect(lambda: self.pages.compare(self.table.chosen()))
        outer = self.pages.column
        outer.setContentsMargins(16, 12, 16, 16)
        outer.setSpacing(6)
        outer.addWidget(self.head)
        self.queue = QueueCard(self._parts.theme, self._parts.queue)
        outer.addWidget(self.queue)
        outer.addWidget(HintLine(self._parts.theme, self.hint, self.message))
        self.stack = QStackedLayout()
        self.stack.addWidget(self.scroller)
        self.stack.addWidget(self._empty())
        outer.addLayout(self.stack, 1)

    def _empty(self) -> EmptyState:
        """Returns what is shown where there are no runs."""
        empty = EmptyState(
            self._parts.theme,
            "runs",
            "No runs yet",
            NOTHING,
            "Choose data",
            lambda: self._parts.go("data"),
            "runs.begin",
        )
        empty.setMinimumHeight(1)  # behind the list it takes no room from the queue
        return empty

    def _restyle(self) -> None:
        self.comparison.setMinimumHeight(self._parts.theme.px(252))
        self._fit_list()

    def _fit_list(self) -> None:
        """Makes the list as high as its rows, where there is room; the curves take the rest."""
        height = self.table.full_height + 4
        self.list_card.setMinimumHeight(min(height, self._parts.theme.px(200)))
        self.list_card.setMaximumHeight(height)

    # --- reading

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._parts.queue.look()
        self.refresh()

    def refresh(self) -> None:
        """Reads the list again in the background, unless nobody sees it or a cell is edited."""
        if not self.isVisible() or self.table.state() is self.table.State.EditingState:
            return

        folder = self._parts.runs_folder
        known = {entry.path: entry for entry in self.table.runs.entries}
        self._parts.background.run(
            lambda control: read_entries(folder, known, control.check),
            self._show,
            self._fail,
            key="runs.list",
        )

    def _read_soon(self, batch: list[events.Event]) -> None:
        if (
            self.isVisible()
            and not self._again.isActive()
            and any(
                isinstance(event, events.EpochDone | events.RunStarted | events.RunFinished)
                for event in batch
            )
        ):
            self._again.start()

    def _show(self, entries: list[Entry]) -> None:
        entries = with_live_times(entries, self._parts.session)
        chosen = self._select or [entry.path for entry in self.table.chosen()]
        self._select = None
        shown = self._parts.session.record.path
        paths = [entry.path for entry in entries]
        before = [(entry.path, entry.stamp) for entry in self.table.chosen()]
        self.table.blockSignals(True)
        self.table.runs.show(entries)
        self._fit_list()
        chosen = (
            [path for path in chosen if path in paths]
            or [path for path in (shown,) if path in paths]
            or paths[:1]
        )

        self.table.choose(chosen)
        self.table.blockSignals(False)

        if before != [(entry.path, entry.stamp) for entry in self.table.chosen()]:
            self._chosen_changed()

        self.stack.setCurrentIndex(0 if entries else 1)
        self.head.show_count(len(entries), self._parts.runs_folder)
        self._show_actions()

    def _fail(self, failure: Failure) -> None:
        self.message.say(failure.message)

    # --- what is chosen

    def compare(self, paths: list[Path]) -> None:
        """Lays these runs over one another, as soon as the list is read."""
        self._select = list(paths)
        self.refresh()

    def _chosen_changed(self) -> None:
        chosen = self.table.chosen()
        ticked = f"{len(chosen)} runs are ticked. A click beside the boxes ticks only one."
        self.hint.setText(ticked if len(chosen) > 1 else HINT)
        self.comparison.show_runs(chosen)
        self.pages.show_chosen(chosen)
        self._show_actions()
        self.guide_changed.emit()

    def _single(self) -> Entry | None:
        chosen = self.table.chosen()
        return chosen[0] if len(chosen) == 1 else None

    def _show_actions(self) -> None:
        other = self._other()
        self.head.show_chosen(
            self.table.chosen(), self._parts.session.active, other.name if other else ""
        )

    # --- what a person does

    def _do(self, what: str) -> None:
        paths = [entry.path for entry in self.table.chosen()]
        handlers: dict[str, Callable[[], object]] = {
            "open": self.open_chosen,
            "resume": self.go_on,
            "again": self.run_again,
            "duplicate": self.duplicate,
            "branch": self.branch,
            "compare": self.compare_chosen,
            "repeat": lambda: run_actions.study(self._parts, what, paths, self.window()),
            "parts": lambda: run_actions.study(self._parts, what, paths, self.window()),
            "predict": lambda: self._ask(run_actions.predict_many),
            "export": lambda: self._ask(run_actions.export),
            "report": self.write_report,
            "rename": lambda: self.table.edit_cell(RUN),
            "note": lambda: self.table.edit_cell(NOTE),
            "folder": self.open_folder,
            "delete": self.delete_chosen,
        }
        handlers[what]()

    def open_chosen(self) -> None:
        """Shows the chosen run in Training and Results."""
        if (entry := self._single()) is None:
            return

        session = self._parts.session
        if session.active and session.live_record.path == entry.path:
            session.show_live()
            self._parts.go("training")
            return

        if entry.status == "running" and run_actions.follow(self._parts, entry.path):
            return

        target = (
            "results" if entry.usable and entry.status not in ("failed", "diverged") else "training"
        )

        def show(record: Record) -> None:
            session.show(record)
            self._parts.go(target)

        self._parts.background.run(
            lambda _: read_record(entry.path), show, self._fail, key="runs.open"
        )

    def go_on(self) -> None:
        """Resumes the chosen run, or trains it longer."""
        entry = self._single()
        session = self._parts.session
        if entry is None or session.active or not entry.can_go_on:
            return

        session.go_on(entry.path, entry.longer if entry.status == "completed" else None)
        self._parts.go("training")

    def run_again(self) -> None:
        """Trains the chosen run again, to the same bits, in a new one."""
        if (entry := self._single()) is not None:
            run_actions.run_again(self._parts, entry.path)

    def branch(self) -> None:
        """Goes on with a copy of the chosen run."""
        if (entry := self._single()) is not None and entry.can_go_on:
            run_actions.branch(self._parts, entry.path)

    def _ask(self, dialog: Callable[[Parts, Path, QWidget], object]) -> None:
        """Opens a dialog about the chosen run."""
        if (entry := self._single()) is not None:
            dialog(self._parts, entry.path, self.window())

    def duplicate(self) -> None:
        """Copies the chosen run with all that it holds."""
        if (entry := self._single()) is None:
            return

        path = entry.path

        def show(copy: Run) -> None:
            self._select = [copy.path]
            self.message.say(f"'{label_of(copy.path)}' is a copy of '{label_of(path)}'.")
            self.refresh()

        name = f"{day_of(path)}{label_of(path)} copy"
        self._parts.background.run(
            lambda _: copied(Run(path), name), show, self._fail, key="runs.copy"
        )

    def write_report(self, logs: Sequence[Path] = ()) -> None:
        """Writes a report on the chosen runs. logs: of other tools that stand beside them."""
        paths = self.table.chosen_paths()
        run_actions.report(self._parts, paths, self.window(), self.message.say, logs)

    def compare_chosen(self) -> None:
        """Lays the chosen run over the open one, or over the others that are chosen."""
        if (other := self._other()) is not None:
            self.table.choose([self.table.chosen()[0].path, other.path])

        self.pages.compare(self.table.chosen())

    def _other(self) -> Entry | None:
        shown = self._parts.session.record.path
        return partner_of(self.table.runs.entries, self.table.chosen(), shown)

    def open_folder(self) -> None:
        if (entry := self._single()) is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.path)))

    def _rename(self, path: Path, name: str) -> None:
        run = Run(path)
        if self._try(lambda: run.rename(day_of(path) + name)):
            self._select = [run.path]
            session = self._parts.session
            if session.record.path == path and not session.active:
                session.record.path = run.path
                session.show(session.record)

        self._soon()

    def _note(self, path: Path, text: str) -> None:
        self._try(lambda: setattr(Run(path), "note", text))
        self._soon()

    def _soon(self) -> None:
        """Reads the list soon: the editor of a cell is open while its text arrives."""
        QTimer.singleShot(0, self, self.refresh)

    def delete_chosen(self) -> None:
        """Moves the chosen runs to the trash; the message offers to undo it."""
        self._deleting.delete(self.table.chosen_paths())
        self.refresh()

    def undo_delete(self) -> None:
        """Takes what was deleted last out of the trash."""
        self._select = self._deleting.undo()
        self.refresh()

    def _try(self, what: Any) -> bool:
        try:
            what()
        except UserError as error:
            self.message.say(str(error))
            return False
        return True

    # --- the Guide

    def guide(self) -> list[GuideCard]:
        if self.pages.comparing:
            return comparison_cards()
        return guide_cards(self.table.chosen(), self.go_on)
