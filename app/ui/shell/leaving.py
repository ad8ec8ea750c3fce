"""How the window is left: at once, or after a question and the end of the training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow
    from app.ui.shell.problems import Problems
    from app.ui.state.session import Session


class Leaving:
    """Closes the window once nothing runs any more."""

    def __init__(self, frame: MainWindow, session: Session, problems: Problems) -> None:
        self._frame = frame
        self._session = session
        self._problems = problems
        self._stopping = False

    def ask(self) -> None:
        """Closes at once if nothing runs, else ask first."""
        if not self._session.active:
            self._frame.leave()
            return

        if self._stopping:
            return

        box = message_box(
            self._frame,
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
        self._stopping = True
        self._session.stop_at_once()

        if not self._session.active:
            self._frame.leave()

    def run_finished(self) -> None:
        """Closes the window if the end of this run was waited for."""
        if self._stopping:
            self._problems.close()
            self._frame.leave()
