"""How the window is left: at once, or after a question and the end of the training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow
    from app.ui.shell.problems import Problems
    from app.ui.state.session import Session

HERE = "It can be resumed later from its last checkpoint, which is written now."
BESIDE = (
    "It trains in a process of its own and goes on without the window. When the window is opened "
    "again, it shows the run."
)


class Leaving:
    """Closes the window once nothing runs here any more."""

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

        alone = self._session.goes_on_alone
        box = message_box(
            self._frame, "quit.ask", "A training is under way", BESIDE if alone else HERE
        )
        stop = box.addButton("Stop training and quit", QMessageBox.ButtonRole.DestructiveRole)
        stop.setObjectName("quit.stop")
        keep = box.addButton(
            "Stay" if alone else "Keep training", QMessageBox.ButtonRole.RejectRole
        )
        keep.setObjectName("quit.keep")
        box.setDefaultButton(keep)
        if alone:
            leave = box.addButton("Quit, let it train", QMessageBox.ButtonRole.AcceptRole)
            leave.setObjectName("quit.leave")
            leave.clicked.connect(self._frame.leave)
            box.setDefaultButton(leave)

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
