"""Saves the preferences now and then, so that a crash loses little of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from app.ui.shell.problems import Problems
    from app.ui.state.background import Background, Failure
    from app.ui.state.preferences import Preferences

SAVE_MS = 5000
"""Time between two savings."""


class KeptPreferences(QObject):
    """Writes preferences in the background until it is stopped, or it fails."""

    def __init__(
        self, parent: QObject, preferences: Preferences, writing: Background, problems: Problems
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._writing = writing
        self._problems = problems
        self._timer = QTimer(self, interval=SAVE_MS)
        self._timer.timeout.connect(self._save)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _save(self) -> None:
        values = self._preferences.values()
        self._writing.run(
            lambda _: self._preferences.write(values),
            lambda _: None,
            self._fail,
            key="preferences",
        )

    def _fail(self, failure: Failure) -> None:
        self._timer.stop()  # one message is enough
        self._problems.note(failure)
