"""What the actions of the menus "Run" and "View" do, and which actions are possible now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.ui.pages import run_actions
from app.ui.state.action import Action
from app.ui.state.session import State
from app.ui.state.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.ui.pages.parts import Parts
    from app.ui.shell.actions import Actions
    from app.ui.shell.run_bar import RunBar
    from app.ui.state.beside.queue_state import QueueState
    from app.ui.state.document import Document
    from app.ui.state.preferences import Preferences
    from app.ui.state.session import Session
    from app.ui.style.theme import Theme

ZOOM_STEP = 0.1

LEAST_ZOOM = 0.8

MOST_ZOOM = 2.0

ZOOM_MS = 150
"""Presses within this time are one change: everything is laid out anew for it."""


class TrainingCommands:
    """Train, pause and go on; `go(page name)` shows a page."""

    def __init__(
        self,
        document: Document,
        session: Session,
        run_bar: RunBar,
        runs_folder: Path,
        queue: QueueState,
        go: Callable[[str], None],
    ) -> None:
        self._document = document
        self._queue = queue
        self._session = session
        self._run_bar = run_bar
        self._runs_folder = runs_folder
        self._go = go

    def train(self) -> None:
        """Trains with the open experiment, if nothing is in the way, and shows it."""
        if not self._run_bar.obstacle():
            promise = self._run_bar.promises.of_now()
            self._session.start(self._document.experiment, self._runs_folder, promise)
            self._go("training")

    def add_to_queue(self) -> None:
        """Keeps a copy of the open experiment, to be trained after what waits already."""
        if not self._run_bar.obstacle_to_queue():
            self._queue.add(self._document.experiment, self._run_bar.expected_seconds())
            self._go("runs")

    def pause_or_resume(self) -> None:
        if self._session.state is State.PAUSED:
            self._session.resume()
        else:
            self._session.pause()


class Dialogs:
    """Opens the dialogs that are made with Parts as the pages are."""

    def __init__(self, parts: Parts, window: QWidget) -> None:
        self._parts = parts
        self._window = window
        self._trials: Trials | None = None
        """Kept when a dialog is closed: what it measured is shown when it is opened again."""

    def open_race(self) -> None:
        """Sets up a race of variants of the open experiment."""
        from app.ui.pages.training.race.setup import RaceSetup  # noqa: PLC0415 - when first opened

        RaceSetup(self._parts, self._window).open()

    def open_search(self, first: str = "") -> None:
        """Sets up a search for good settings. first: SECTION.FIELD of one that is to be tried."""
        from app.ui.pages.search.setup import SearchSetup  # noqa: PLC0415 - when first opened

        SearchSetup(self._parts, self._measurements(), self._window, first).open()

    def open_planner(self) -> None:
        """Shows what would fit the device, and what it would cost."""
        from app.ui.pages.learning.planner import Planner  # noqa: PLC0415 - when first opened

        planner = Planner(
            self._parts.document,
            self._parts.session,
            self._parts.background,
            self._parts.theme,
            self._measurements(),
            self._window,
        )
        planner.device_read.connect(self._parts.network_measurer.device.take)
        planner.open()

    def _measurements(self) -> Trials:
        """Returns what times steps; what it measured is kept when a dialog is closed."""
        if self._trials is None:
            self._trials = Trials(self._parts.document, self._parts.session)

        return self._trials

    def open_export(self) -> None:
        """Exports the network of the run that is shown."""
        path = self._parts.session.record.path
        if path is not None:
            run_actions.export(self._parts, path, self._window)


class ViewCommands(QObject):
    """Size and colours of everything; kept in the preferences."""

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__()
        self._theme = theme
        self._preferences = preferences
        self._timer = QTimer(self, interval=ZOOM_MS, singleShot=True)
        self._timer.timeout.connect(lambda: theme.set_zoom(self._zoom))

    @property
    def _zoom(self) -> float:
        return float(self._preferences.get("zoom", 1.0))

    def zoom_in(self) -> None:
        self._set_zoom(self._zoom + ZOOM_STEP)

    def zoom_out(self) -> None:
        self._set_zoom(self._zoom - ZOOM_STEP)

    def zoom_reset(self) -> None:
        self._set_zoom(1.0)

    def _set_zoom(self, factor: float) -> None:
        self._preferences.set("zoom", round(min(MOST_ZOOM, max(LEAST_ZOOM, factor)), 2))
        self._timer.start()

    def toggle_dark(self) -> None:
        dark = not self._theme.dark
        self._preferences.set("dark", dark)
        self._theme.set_dark(dark)


def enable_possible(
    actions: Actions, document: Document, session: Session, run_bar: RunBar
) -> None:
    """Greys the actions that cannot be done now."""
    trainable = not run_bar.obstacle()
    actions[Action.UNDO].setEnabled(document.can_undo)
    actions[Action.REDO].setEnabled(document.can_redo)
    actions[Action.TRAIN].setEnabled(trainable)
    actions[Action.QUEUE].setEnabled(not run_bar.obstacle_to_queue())
    actions[Action.RACE].setEnabled(trainable and document.description is not None)
    actions[Action.SEARCH].setEnabled(document.description is not None)
    actions[Action.PAUSE].setEnabled(session.state in (State.RUNNING, State.PAUSED))
    actions[Action.STOP].setEnabled(session.active)
    actions[Action.EXPORT].setEnabled(session.record.has_weights)
