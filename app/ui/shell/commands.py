"""What the actions do. Each is a few lines on document, session, files or the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app.engine.experiment import toml_file
from app.ui.shell.actions import Actions, Shortcuts
from app.ui.state.session import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.shell.assembly import Assembly
    from app.ui.state.trials import Trials

ZOOM_STEP = 0.1
LEAST_ZOOM = 0.8
MOST_ZOOM = 2.0
ZOOM_MS = 150


class Commands:
    """`do(name)` triggers an action of the table in actions.py."""

    def __init__(self, assembly: Assembly) -> None:
        self._all = assembly
        self._leaving = False
        self._trials: Trials | None = None
        self._zoom = QTimer(
            assembly.frame, interval=ZOOM_MS, singleShot=True
        )  # presses in a row are one change
        self._zoom.timeout.connect(
            lambda: assembly.theme.set_zoom(assembly.preferences.get("zoom", 1.0))
        )
        document = assembly.document
        frame = assembly.frame
        files = assembly.files

        handlers: dict[str, Callable[[], object]] = {
            "new": lambda: frame.go("welcome"),
            "open_folder": files.ask_folder,
            "open_file": files.ask_file,
            "read_again": assembly.data_loader.open,
            "cancel_reading": assembly.data_loader.cancel,
            "save": files.save,
            "save_as": files.save_as,
            "quit": frame.close,
            "undo": document.undo,
            "redo": document.redo,
            "train": self.train,
            "race": self.race,
            "plan": self.plan,
            "pause": self.pause,
            "stop": assembly.session.stop,
            "zoom_in": lambda: self.zoom(assembly.preferences.get("zoom", 1.0) + ZOOM_STEP),
            "zoom_out": lambda: self.zoom(assembly.preferences.get("zoom", 1.0) - ZOOM_STEP),
            "zoom_reset": lambda: self.zoom(1.0),
            "dark": self.toggle_dark,
            "guide": frame.toggle_guide,
            "shortcuts": self.show_shortcuts,
            "menu": frame.header.brand.showMenu,
            "fashion": self.explain_fashion,
            "problems": assembly.problems.show_list,
            "diagnostics": self.copy_diagnostics,
        }
        for page in ("data", "model", "learning", "training", "results", "tryit", "runs"):
            handlers[f"go.{page}"] = partial(frame.go, page)

        self.actions = Actions(frame, handlers)
        assembly.run_bar.changed.connect(self.refresh)

    def do(self, name: str) -> None:
        self.actions.do(name)

    def refresh(self) -> None:
        """Grey what cannot be done now."""
        document = self._all.document
        session = self._all.session
        self.actions["undo"].setEnabled(document.can_undo)
        self.actions["redo"].setEnabled(document.can_redo)
        self.actions["train"].setEnabled(not self._all.run_bar.obstacle())
        self.actions["race"].setEnabled(
            self.actions["train"].isEnabled() and document.description is not None
        )
        self.actions["pause"].setEnabled(session.state in (State.RUNNING, State.PAUSED))
        self.actions["stop"].setEnabled(session.active)

    # --- training

    def train(self) -> None:
        assembly = self._all
        if assembly.run_bar.obstacle():
            return

        assembly.session.start(assembly.document.experiment, assembly.runs_folder)
        assembly.frame.go("training")

    def race(self) -> None:
        """Set up a race of variants of the open experiment."""
        from app.ui.pages.training.race.setup import RaceSetup

        RaceSetup(self._all.parts, self._all.frame).open()

    def plan(self) -> None:
        """Show what would fit the device, and what it would cost."""
        from app.ui.pages.learning.planner import Planner
        from app.ui.state.trials import Trials

        if self._trials is None:
            self._trials = Trials(self._all.document, self._all.session)

        Planner(self._all.parts, self._trials, self._all.frame).open()

    def pause(self) -> None:
        session = self._all.session
        if session.state is State.PAUSED:
            session.resume()
        else:
            session.pause()

    # --- looks

    def zoom(self, factor: float) -> None:
        factor = round(min(MOST_ZOOM, max(LEAST_ZOOM, factor)), 2)
        self._all.preferences.set("zoom", factor)
        self._zoom.start()

    def toggle_dark(self) -> None:
        dark = not self._all.theme.dark
        self._all.preferences.set("dark", dark)
        self._all.theme.set_dark(dark)

    # --- help

    def show_shortcuts(self) -> None:
        Shortcuts(self._all.theme, self._all.frame).open()

    def explain_fashion(self) -> None:
        from app.engine.sources.samples import FULL_FASHION_HELP, MORE_DATA

        more = "\n\n".join(f"{what}\n{how}" for what, how in MORE_DATA.items())
        box = self._box("help.fashion", "More open data", f"{FULL_FASHION_HELP}\n\n{more}")
        copy = box.addButton("Copy the command", QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(
            lambda: QApplication.clipboard().setText("apt-get install dataset-fashion-mnist")
        )
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    def copy_diagnostics(self) -> None:
        """Versions, device, settings and problems; found out in the background, for it asks torch."""
        problems = "\n\n".join(problem.text() for problem in self._all.problems.problems)
        settings = toml_file.dumps(self._all.document.experiment)

        def find(_: object) -> str:
            from app.engine.diagnosis import diagnose, lines

            return "\n".join([*lines(diagnose()), "", settings, problems])

        self._all.background.run(find, self._copied)

    def _copied(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        box = self._box(
            "help.diagnostics",
            "Diagnostics are copied",
            "Paste them into your question. They hold versions, the device and the settings; no "
            "pictures.",
        )

        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    # --- leaving

    def leave(self) -> None:
        """The window was asked to close: at once if nothing runs, else ask first."""
        frame = self._all.frame
        if not self._all.session.active:
            frame.leave()
            return

        if self._leaving:
            return  # it is being stopped already

        box = self._box(
            "quit.ask",
            "A training is under way",
            "It can be resumed later from its last checkpoint, which is written now.",
        )
        stop = box.addButton("Stop training and quit", QMessageBox.ButtonRole.DestructiveRole)
        stop.setObjectName("quit.stop")
        keep = box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
        keep.setObjectName("quit.keep")
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        stop.clicked.connect(self._stop_and_leave)
        box.open()

    def _stop_and_leave(self) -> None:
        self._leaving = True
        self._all.session.stop_at_once()

        if not self._all.session.active:
            self._all.frame.leave()

    def finished(self) -> None:
        """A run has ended: if that was waited for, leave."""
        if self._leaving:
            self._all.problems.close()
            self._all.frame.leave()

    def _box(self, name: str, title: str, text: str) -> QMessageBox:
        box = QMessageBox(self._all.frame)
        box.setObjectName(name)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Netwright")
        box.setText(title)
        box.setInformativeText(text)

        return box
