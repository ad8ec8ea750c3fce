"""Builds what lives behind the window, and closes it in the reverse order.

Each thing is built after those that it needs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from app.engine.detached.awake import Awake
from app.engine.errors import UserError
from app.engine.queue.items import Queue
from app.engine.runs import events
from app.engine.runs.run import default_folder
from app.ui.pages.parts import Parts
from app.ui.shell.actions import Actions
from app.ui.shell.beside import TrainingBeside
from app.ui.shell.commands import Dialogs, TrainingCommands, ViewCommands, enable_possible
from app.ui.shell.export_messages import ExportMessages
from app.ui.shell.files import Files, saved_words
from app.ui.shell.help.commands import HelpCommands
from app.ui.shell.hooks import install
from app.ui.shell.leaving import Leaving
from app.ui.shell.opener import Opener
from app.ui.shell.problems import Problems
from app.ui.shell.projector import ProjectorMode
from app.ui.shell.run_bar import RunBar
from app.ui.shell.system.kept_preferences import KeptPreferences
from app.ui.shell.system.notify import Notifier
from app.ui.state.action import Action
from app.ui.state.background import Background, Failure
from app.ui.state.beside.queue_state import QueueState
from app.ui.state.data_loader import DataLoader
from app.ui.state.document import Document
from app.ui.state.engine import Engine, EngineLoader, find_engine
from app.ui.state.exports.exporter import Exporter
from app.ui.state.exports.predictions import Predictions
from app.ui.state.network_measurer import NetworkMeasurer
from app.ui.state.promises.promise_maker import PromiseMaker
from app.ui.state.searches.search_list import SearchList
from app.ui.state.session import Session, State
from app.ui.state.speed import Speeds
from app.ui.style.assets import icon
from app.ui.text.literal import button_text, tooltip, window_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.ui.pages.parts import PageInfo
    from app.ui.shell.main_window import MainWindow
    from app.ui.state.preferences import Preferences
    from app.ui.style.theme import Theme


class Assembly(QObject):
    """Document, session and everything that connects them with the window."""

    _train_first = False
    """Whether a training is to begin once the engine is loaded."""

    def __init__(
        self,
        frame: MainWindow,
        theme: Theme,
        preferences: Preferences,
        pages: Sequence[PageInfo],
        folder: Path,
        awake: Awake | None = None,
    ) -> None:
        super().__init__()
        self.frame = frame
        self.theme = theme
        self.preferences = preferences
        self._pages = pages
        self.problems = Problems(frame, theme)
        self._uninstall = install(self.problems)
        self.document = Document()
        self.session = Session()
        self.background = Background()
        self._reading = Background()  # reading data must not wait for measuring
        self.data_loader = DataLoader(self.document, self._reading)
        self.network_measurer = NetworkMeasurer(self.document, self.background)
        self._writing = Background()  # what is kept must not wait for either
        self._measuring = Background()  # what may take minutes: no answer waits for it
        self._workers = (self.background, self._reading, self._writing, self._measuring)
        self.exporter = Exporter()
        self.predictions = Predictions()
        self.files = Files(
            frame, self.document, self.session, preferences, self.problems, folder, self._writing
        )
        self.opener = Opener(
            self.files, self.document, self.data_loader, self._reading, frame.toast
        )
        promises = PromiseMaker(self.document, self.session, self.background, preferences)
        self.run_bar = RunBar(
            *(frame.bottom, self.document, self.session, self.network_measurer),
            Speeds(preferences),
            promises,
        )
        self.engine = EngineLoader()
        self.awake = awake or Awake()
        self.notifier = Notifier(frame)
        self.runs_folder = default_folder()
        self.queue = QueueState(Queue(), self._writing)
        self.searches = SearchList(self._writing)
        self.actions = Actions(frame, pages, frame.go)
        self.parts = self._parts()
        place = frame.bottom.place
        self._beside = TrainingBeside(self.session, preferences, place, frame.go, frame)
        self._view = ViewCommands(theme, preferences)
        self.actions.connect(self._handlers())
        self._connect()

    def _parts(self) -> Parts:
        """Returns what the pages use."""
        return Parts(
            self.document,
            self.session,
            self.theme,
            self.background,
            self._measuring,
            self.exporter,
            self.network_measurer,
            self.preferences,
            self.runs_folder,
            self.frame.go,
            self.opener.open,
            self.actions.do,
            self.queue,
            self.searches,
            self.predictions,
        )

    def _handlers(self) -> dict[Action, Callable[[], object]]:
        """Returns what each action does."""
        frame = self.frame
        training = TrainingCommands(
            self.document, self.session, self.run_bar, self.runs_folder, self.queue, frame.go
        )
        dialogs = Dialogs(self.parts, frame)
        self.document.try_several = dialogs.open_search
        help_ = HelpCommands(
            frame, self.theme, self.actions.entries, self.document, self.problems, self.background
        )

        return {
            Action.NEW: lambda: frame.go("welcome"),
            Action.OPEN_FOLDER: self.files.ask_folder,
            Action.OPEN_FILE: self.files.ask_file,
            Action.READ_AGAIN: self.data_loader.open,
            Action.CANCEL_READING: self.data_loader.cancel,
            Action.SAVE: self.files.save,
            Action.SAVE_AS: self.files.save_as,
            Action.QUIT: frame.close,
            Action.UNDO: self.document.undo,
            Action.REDO: self.document.redo,
            Action.TRAIN: training.train,
            Action.QUEUE: training.add_to_queue,
            Action.RACE: dialogs.open_race,
            Action.SEARCH: dialogs.open_search,
            Action.PLAN: dialogs.open_planner,
            Action.PAUSE: training.pause_or_resume,
            Action.STOP: self.session.stop,
            Action.EXPORT: dialogs.open_export,
            Action.ZOOM_IN: self._view.zoom_in,
            Action.ZOOM_OUT: self._view.zoom_out,
            Action.ZOOM_RESET: self._view.zoom_reset,
            Action.DARK: self._view.toggle_dark,
            Action.GUIDE: frame.toggle_guide,
            Action.HELP: lambda: help_.show_help(frame.page),
            Action.PROJECTOR: ProjectorMode(frame, self.theme).toggle,
            Action.SHORTCUTS: help_.show_shortcuts,
            Action.MENU: frame.header.brand.showMenu,
            Action.FASHION: help_.show_more_data,
            Action.PROBLEMS: self.problems.show_list,
            Action.DIAGNOSTICS: help_.copy_diagnostics,
        }

    def _connect(self) -> None:
        frame = self.frame
        document = self.document
        session = self.session
        self._saving = KeptPreferences(self, self.preferences, self._writing, self.problems)
        self._leaving = Leaving(frame, session, self.problems)
        self._recent = QMenu("Recent", frame)
        self._recent.aboutToShow.connect(self._fill_recent)
        frame.header.set_menu(self.actions.menu(frame.header, self._recent))
        frame.header.renamed.connect(lambda name: document.replace("", name=name))
        frame.header.dark.clicked.connect(lambda: self.actions.do(Action.DARK))
        frame.header.help.clicked.connect(lambda: self.actions.do(Action.HELP))
        frame.header.notices.clicked.connect(self.problems.show_list)
        frame.bottom.train.clicked.connect(lambda: self.actions.do(Action.TRAIN))
        frame.bottom.place.queued.connect(lambda: self.actions.do(Action.QUEUE))
        self.queue.ended.connect(self.notifier.tell_queue)
        frame.bottom.pause.clicked.connect(lambda: self.actions.do(Action.PAUSE))
        frame.bottom.stop.clicked.connect(lambda: self.actions.do(Action.STOP))
        frame.dropped.connect(self.opener.open_instead)
        self.files.chosen.connect(self.opener.open)
        frame.asked_to_close.connect(self._leaving.ask)
        frame.visibility_changed.connect(lambda seen: session.set_calm(not seen))
        self.files.shown.connect(frame.go)
        self.files.again.connect(self.data_loader.open)
        self.problems.changed.connect(lambda: frame.header.set_notices(len(self.problems.problems)))

        for background in self._workers:
            background.failed.connect(self.problems.tell)

        document.changed.connect(self._document_changed)
        document.saved_changed.connect(self._show_saved)

        for changed in (
            document.data_changed,
            session.state_changed,
            session.shown,
            self.network_measurer.changed,
            self.searches.changed,
        ):
            changed.connect(frame.refresh_soon)

        self.run_bar.changed.connect(self._enable_possible)
        session.state_changed.connect(self._state_changed)
        session.events_received.connect(self._take_events)
        session.events_received.connect(self.data_loader.complete)
        session.finished.connect(self._finished)
        session.shown.connect(self._enable_possible)
        self._export_messages = ExportMessages(self.exporter, frame.toast, self.problems)
        self.theme.changed.connect(self._show_icons)
        self.engine.loaded.connect(self._engine_loaded)
        self.engine.failed.connect(self._engine_failed)
        self._show_icons()

    # --- beginning

    def begin(self, paths: list[str], train: bool = False) -> None:
        """Shows the first page; then build the others, and then load the engine."""
        self._train_first = train
        restored = self.files.restore()
        self._show_saved()
        first = self.preferences.get("page", "welcome") if restored else "welcome"
        known = any(page.name == first for page in self._pages)
        self.frame.fill(self.parts, first if known else "welcome", self._load_engine)

        for path in paths[:1]:
            self.opener.open(path)

        self._beside.find()
        self.queue.look()
        self.searches.look()

    def _load_engine(self) -> None:
        self.engine.load(self.document.experiment.training.device)

    def _engine_loaded(self, engine: Engine) -> None:
        self.run_bar.set_engine(engine)
        self.frame.header.set_device(engine.text, engine.why)

        if self._train_first:
            self._train_first = False
            self.actions.do(Action.TRAIN)

    def _engine_failed(self, failure: Failure) -> None:
        self.frame.header.set_device("No engine", failure.message)
        self.problems.tell(failure)

    # --- following

    def _document_changed(self, old: Experiment, _: Experiment) -> None:
        device = self.document.experiment.training.device
        if old.training.device != device:
            self.background.run(lambda _: find_engine(device), self._engine_loaded, key="device")
        self.frame.refresh_soon()

    def _show_saved(self) -> None:
        document = self.document
        header = self.frame.header
        header.set_name(document.experiment.name)
        name = document.experiment.name or "untitled"
        self.frame.setWindowTitle(window_title(f"{name} - Netwright"))
        header.set_saved(*saved_words(document))

        self._enable_possible()

    def _enable_possible(self) -> None:
        enable_possible(self.actions, self.document, self.session, self.run_bar)

    def _state_changed(self) -> None:
        running = self.session.state in (State.PREPARING, State.RUNNING, State.STOPPING)
        if running:
            self.awake.hold()
        else:
            self.awake.release()

        self._enable_possible()

    def _take_events(self, batch: list[events.Event]) -> None:
        for event in batch:
            if isinstance(event, events.CheckpointSaved):
                self._enable_possible()  # the first weights can be exported
            if (
                isinstance(event, events.RunPrepared)
                and event.device not in self.frame.header.device.text()
            ):
                self.frame.header.set_device(
                    f"Training on: {event.device}",
                    f"Chosen because {event.device_reason}. It computes with {event.threads_text}.",
                )

    def _finished(self, end: events.RunFinished) -> None:
        if end.status == "failed":
            what, remedy, details = end.failure or (end.reason, "", "")
            self.problems.tell(Failure(what, remedy, details))

        self.notifier.tell(end)
        self._leaving.run_finished()

    def _show_icons(self) -> None:
        theme = self.theme
        self.frame.header.set_icons(
            *(icon(theme, name, "secondary") for name in ("guide", "dark", "help"))
        )
        self.frame.bottom.set_icons(
            icon(theme, "train", "on_accent"),
            icon(theme, "pause"),
            icon(theme, "stop"),
            icon(theme, "train"),
        )

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.preferences.recent():
            action = self._recent.addAction(button_text(path), partial(self.opener.open, path))
            action.setToolTip(tooltip(path))

        self._recent.setEnabled(True)

    # --- ending

    def close(self, patience: float) -> bool:
        """Stops what runs and waits for it. Returns whether every thread has ended."""
        self.preferences.set("page", self.frame.page or "welcome")
        self._saving.stop()
        self.opener.close()
        self.data_loader.close()
        self.network_measurer.close()
        self.exporter.close()
        self.predictions.close()
        self.run_bar.close()
        self.queue.close()
        self.searches.close()
        self.document.try_several = None
        self._beside.close()
        self.session.close()
        self.awake.release()
        self._writing.close()
        self.files.keep()

        ended = self.engine.close(patience)
        if ended:
            self.background.close()

        self._reading.close()
        self._measuring.close()
        self.notifier.close()
        self.problems.close()
        try:
            self.preferences.save()
        except UserError as error:
            self.problems.note(Failure.of(error))
        self._uninstall()

        # Qt keeps what is connected to a signal as long as its sender lives: without this the pages
        # would outlive the window.
        for sender in (
            self.run_bar,
            self.queue,
            self.searches,
            self.network_measurer,
            self.data_loader,
            self.opener,
            self.files,
            self.engine,
            self.exporter,
            self.predictions,
            self.session,
            self.document,
            self.problems,
            *self._workers,
            self._view,
            self,
        ):
            sender.deleteLater()

        return ended
