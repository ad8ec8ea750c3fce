"""Says that a training has ended to somebody who looks elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QMainWindow, QSystemTrayIcon

if TYPE_CHECKING:
    from app.engine.runs import events

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
        if self._window.isActiveWindow():
            return

        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._window.windowIcon(), self._window)
                self._tray.messageClicked.connect(self._window.activateWindow)

            self._tray.show()
            # Some desktops take tags in it, others would show what stands for a tag.
            reason = end.reason.replace("<", "‹")
            self._tray.showMessage(TITLES.get(end.status, "The training has ended"), reason)

    def close(self) -> None:
        if self._tray is not None:
            self._tray.hide()
            self._tray = None
