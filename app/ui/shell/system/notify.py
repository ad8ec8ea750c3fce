"""Says that a training has ended to somebody who looks elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QMainWindow, QSystemTrayIcon

if TYPE_CHECKING:
    from app.engine.runs import events
    from app.ui.state.beside.queue_state import QueueView

TITLES = {
    "completed": "The training is finished",
    "stopped": "The training was stopped",
    "failed": "The training failed",
    "diverged": "The training diverged",
}


class Notifier:
    """Shows a message of the system's tray, or lets the window ask for attention."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._tray: QSystemTrayIcon | None = None

    def tell(self, end: events.RunFinished) -> None:
        """Says how the training ended, unless the window is in front and says so itself."""
        self._tell(TITLES.get(end.status, "The training has ended"), end.reason)

    def tell_queue(self, view: QueueView) -> None:
        """Says that the queue has ended, as `tell` does."""
        failed = len(view.items)
        few = "One of its runs" if failed == 1 else f"{failed} of its runs"
        text = f"{few} failed; the Runs page says why." if failed else "All of its runs are done."
        self._tell("The queue has ended", text)

    def _tell(self, title: str, text: str) -> None:
        if self._window.isActiveWindow():
            return

        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._window.windowIcon(), self._window)
                self._tray.messageClicked.connect(self._window.activateWindow)

            self._tray.show()
            # Some desktops take tags in it, others would show what stands for a tag.
            self._tray.showMessage(title, text.replace("<", "‹"))

    def close(self) -> None:
        if self._tray is not None:
            self._tray.hide()
            self._tray = None
