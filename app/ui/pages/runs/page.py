"""Runs: everything that was trained. Open one, go on with it, compare several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.errors import UserError
from app.engine.training import events
from app.engine.training.run import Run
from app.ui.assets import icon
from app.ui.background import Failure
from app.ui.pages.runs.comparison import ComparisonCard
from app.ui.pages.runs.entries import MORE_EPOCHS, Entry, read_entries
from app.ui.pages.runs.table import NOTE, RUN, RunsTable
from app.ui.pages.runs.trash import Discarded, discard, restore
from app.ui.parts import GuideCard, Page, Parts
from app.ui.record import Record
from app.ui.run_names import day_of, label_of
from app.ui.session import read_record
from app.ui.theme import style
from app.ui.widgets.card import Card

LIVE_MS = 2000
"""How often at most the list is read again while a run goes on."""


class RunsPage(Page):
    """The list is read in the background when the page comes to sight, and again when a run has something new."""

    name = "runs"
    title = "Runs"

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._gone: list[Discarded] = []
        self._select: list[Path] | None = None
        self._again = QTimer(self, interval=LIVE_MS, singleShot=True)
        self._again.timeout.connect(self.refresh)
        style(self, "page")
        self._build()
        parts.session.told.connect(self._told)
        parts.session.finished.connect(lambda _: self.refresh())
        parts.session.state_changed.connect(self._show_actions)
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
        self.list_card.layout().setContentsMargins(2, 2, 2, 2)
        self.list_card.body.addWidget(self.table)
        self.hint = QLabel("Tick two to five runs to lay their curves over one another.")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self.hint, "secondary")
        content = QWidget()
        style(content, "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.list_card, 1)
        column.addWidget(self.hint)
        column.addWidget(self.comparison)
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 16)
        outer.setSpacing(10)
        outer.addLayout(self._head())
        outer.addWidget(self._message_bar())
        self.stack = QStackedLayout()
        self.stack.addWidget(self.scroll)
        self.stack.addWidget(self._empty())
        outer.addLayout(self.stack, 1)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        heading = QLabel("Runs")
        style(heading, "heading")
        self.about = QLabel()
        style(self.about, "why")
        head.addWidget(heading)
        head.addWidget(self.about, 1)
        self.open_button = self._button(
            "Open", "Shows this run in Training and Results.", "runs.open", self.open_chosen
        )
        self.go_on_button = self._button("Resume", "", "runs.resume", self.go_on)
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setObjectName("runs.more")
        self.more.setAccessibleName("More actions for the chosen run")
        self.more.setToolTip("Rename, write a note, open the folder, delete.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu())
        self.table.customContextMenuRequested.connect(
            lambda point: self.more.menu().popup(self.table.viewport().mapToGlobal(point))
        )
        for button in (self.open_button, self.go_on_button, self.more):
            head.addWidget(button)
        return head

    def _button(self, text: str, tip: str, name: str, action: Any) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.clicked.connect(lambda: action())
        return button

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for name, text, action in (
            ("rename", "Rename\tF2", lambda: self.table.edit_cell(RUN)),
            ("note", "Write a note", self.edit_note),
            ("folder", "Open its folder", self.open_folder),
            ("delete", "Move to the trash\tDel", self.delete_chosen),
        ):
            item = menu.addAction(text)
            item.setObjectName(f"runs.{name}")
            item.triggered.connect(lambda _=False, action=action: action())
        return menu

    def _message_bar(self) -> QWidget:
        """What was just done and how to undo it, or why it was refused."""
        self.message = Card()
        self.message.layout().setContentsMargins(12, 6, 8, 6)
        row = QHBoxLayout()
        self.message_text = QLabel()
        self.message_text.setObjectName("runs.message")
        self.message_text.setWordWrap(True)
        self.undo_button = self._button("Undo", "Takes it out of the trash again.", "runs.undo", self.undo_delete)
        close = self._button("", "Closes this message.", "runs.message.close", self.message.hide)
        close.setAccessibleName("Close message")
        self._close_message = close
        for button in (self.undo_button, close):
            style(button, "small")
        row.addWidget(self.message_text, 1)
        row.addWidget(self.undo_button)
        row.addWidget(close)
        self.message.body.addLayout(row)
        self.message.hide()
        return self.message

    def _empty(self) -> QWidget:
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.setSpacing(8)
        self._empty_icon = QLabel()
        heading, text = QLabel("No runs yet"), QLabel()
        style(heading, "heading")
        style(text, "why")
        text.setText("Everything you train is kept here, with its curves, its weights and its settings.")
        text.setWordWrap(True)
        button = QPushButton("Choose data")
        button.setObjectName("runs.begin")
        button.setAccessibleName("Choose data to train on")
        button.setToolTip("Goes to the data, where every training begins.")
        style(button, "primary")
        button.clicked.connect(lambda: self._parts.go("data"))
        column.addStretch(2)
        for widget in (self._empty_icon, heading, text, button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return empty

    def _restyle(self) -> None:
        theme = self._parts.theme
        self._close_message.setIcon(icon(theme, "close", "secondary"))
        self._empty_icon.setPixmap(icon(theme, "runs", "line").pixmap(QSize(theme.px(40), theme.px(40))))
        self.list_card.setMinimumHeight(theme.px(200))
        self.comparison.setFixedHeight(theme.px(252))

    # --- reading

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the list again, in the background; not while nobody sees it or a cell is being edited."""
        if not self.isVisible() or self.table.state() is self.table.State.EditingState:
            return
        folder, known = self._parts.runs_folder, {entry.path: entry for entry in self.table.runs.entries}
        self._parts.background.run(
            lambda control: read_entries(folder, known, control.check), self._show, self._fail, key="runs.list"
        )

    def _told(self, batch: list[events.Event]) -> None:
        if (
            self.isVisible()
            and not self._again.isActive()
            and any(isinstance(event, events.EpochDone | events.RunStarted | events.RunFinished) for event in batch)
        ):
            self._again.start()

    def _show(self, entries: list[Entry]) -> None:
        chosen = self._select or [entry.path for entry in self.table.chosen()]
        self._select = None
        shown = self._parts.session.record.path
        paths = [entry.path for entry in entries]
        before = [(entry.path, entry.stamp) for entry in self.table.chosen()]
        self.table.blockSignals(True)
        self.table.runs.show(entries)
        chosen = [path for path in chosen if path in paths] or [path for path in (shown,) if path in paths] or paths[:1]
        self.table.choose(chosen)
        self.table.blockSignals(False)
        if before != [(entry.path, entry.stamp) for entry in self.table.chosen()]:
            self._chosen_changed()
        self.stack.setCurrentIndex(0 if entries else 1)
        self.about.setText(f"{len(entries)} in {_short(self._parts.runs_folder)}" if entries else "")
        self._show_actions()

    def _fail(self, failure: Failure) -> None:
        self._say(f"{failure.what} {failure.remedy}")

    # --- what is chosen

    def _chosen_changed(self) -> None:
        chosen = self.table.chosen()
        self.comparison.setVisible(bool(chosen))
        self.hint.setVisible(len(chosen) < 2 and len(self.table.runs.entries) > 1)
        self.comparison.show_runs(chosen)
        self._show_actions()
        self.guide_changed.emit()

    def _one(self) -> Entry | None:
        chosen = self.table.chosen()
        return chosen[0] if len(chosen) == 1 else None

    def _show_actions(self) -> None:
        chosen, one = self.table.chosen(), self._one()
        busy = self._parts.session.active
        self.open_button.setEnabled(one is not None)
        self.more.setEnabled(bool(chosen))
        for action in self.more.menu().actions():
            action.setEnabled(bool(chosen) if action.objectName() == "runs.delete" else one is not None)
        longer = one is not None and one.status == "completed"
        self.go_on_button.setText(f"Train {MORE_EPOCHS} more epochs" if longer else "Resume")
        self.go_on_button.setAccessibleName(self.go_on_button.text())
        possible = one is not None and (longer or one.can_go_on)
        self.go_on_button.setEnabled(possible and not busy)
        self.go_on_button.setToolTip(
            _why_not(one, possible, busy)
            or (
                "Goes on from the last checkpoint, with the same data."
                if longer
                else "Goes on from the last checkpoint to the epochs planned, as if it had never stopped."
            )
        )
        style(self.go_on_button, "primary" if one and one.status == "interrupted" and possible and not busy else "")

    # --- what a person does

    def open_chosen(self) -> None:
        """Show the chosen run in Training and Results."""
        if (one := self._one()) is None:
            return
        session = self._parts.session
        if session.active and session.live_record.path == one.path:
            session.show_live()
            self._parts.go("training")
            return
        target = "results" if one.usable and one.status not in ("failed", "diverged") else "training"

        def show(record: Record) -> None:
            session.show(record)
            self._parts.go(target)

        self._parts.background.run(lambda _: read_record(one.path), show, self._fail, key="runs.open")

    def go_on(self) -> None:
        """Resume the chosen run, or train it longer."""
        one, session = self._one(), self._parts.session
        if one is None or session.active or not self.go_on_button.isEnabled():
            return
        session.go_on(one.path, one.longer if one.status == "completed" else None)
        self._parts.go("training")

    def edit_note(self) -> None:
        self.table.edit_cell(NOTE)

    def open_folder(self) -> None:
        if (one := self._one()) is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(one.path)))

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
        run = Run(path)

        def write() -> None:
            run.note = text

        self._try(write)
        self._soon()

    def _soon(self) -> None:
        """The editor of the cell is still open while its text arrives; read the list once it is closed."""
        QTimer.singleShot(0, self, self.refresh)

    def delete_chosen(self) -> None:
        """Move the chosen runs to the trash; the message offers to undo it."""
        gone: list[Discarded] = []
        for entry in self.table.chosen():
            if self._try(lambda entry=entry: gone.append(discard(entry.path))):  # type: ignore[misc]
                if self._parts.session.record.path == entry.path and not self._parts.session.active:
                    self._parts.session.show(Record())
            else:
                break
        if gone:
            self._gone = gone
            names = f"'{label_of(gone[0].original)}' is" if len(gone) == 1 else f"{len(gone)} runs are"
            self._say(f"{names} in the trash.", undo=True)
        self.refresh()

    def undo_delete(self) -> None:
        """Take what was deleted last out of the trash."""
        back: list[Path] = []
        for gone in self._gone:
            self._try(lambda gone=gone: back.append(restore(gone)))  # type: ignore[misc]
        if len(back) == len(self._gone):
            self.message.hide()
        self._gone, self._select = [], back
        self.refresh()

    def _try(self, what: Any) -> bool:
        try:
            what()
        except UserError as error:
            self._say(str(error))
            return False
        return True

    def _say(self, text: str, undo: bool = False) -> None:
        self.message_text.setText(text)
        self.undo_button.setVisible(undo)
        self.message.show()

    # --- the Guide

    def guide(self) -> list[GuideCard]:
        cards = [
            GuideCard(
                "What you see",
                "Every training is a folder with its settings, curves and weights. The small "
                "orange curve is the validation loss; the green ring is the best epoch.",
            )
        ]
        one = self._one()
        if one is not None and one.status == "interrupted":
            cards.append(
                GuideCard(
                    "It was interrupted",
                    "The program or the computer ended while it trained. Nothing up to its last checkpoint is lost.",
                    "warning",
                    "Resume" if one.can_go_on else "",
                    self.go_on if one.can_go_on else None,
                    "guide.runs.resume",
                )
            )
        elif one is not None and one.status in ("failed", "diverged") and one.reason:
            cards.append(GuideCard(one.status_words, one.reason, "problem"))
        chosen: Sequence[Entry] = self.table.chosen()
        if len(chosen) > 1:
            cards.append(
                GuideCard(
                    "Comparing",
                    "Change one thing at a time: only then the difference between two curves "
                    "tells what the change did. Differences below the interval in Results may be chance.",
                )
            )
        return cards


def _why_not(one: Entry | None, possible: bool, busy: bool) -> str:
    if one is None:
        return "Choose one run."
    if busy:
        return "A training goes on; stop it first."
    if possible:
        return ""
    if one.status == "running":
        return "It is running."
    return "There is no checkpoint to go on from." if one.status != "diverged" else "A run that diverged would again."


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return str(path)
