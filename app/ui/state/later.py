"""Work that can wait a moment, a little of it in each turn of the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


class Later(QObject):
    """Does one job a turn on the window's thread, so that events are answered in between."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs: dict[QObject, Callable[[], None]] = {}
        self._turn = QTimer(self, interval=0, singleShot=True)
        self._turn.timeout.connect(self._do_next)

    def do(self, owner: QObject, job: Callable[[], None]) -> None:
        """Does a job soon, unless its owner is gone by then; it replaces an earlier one of it."""
        self._jobs[owner] = job
        self._turn.start()

    def forget(self, owner: QObject) -> None:
        """Leaves out what was to be done for this owner."""
        self._jobs.pop(owner, None)

    def _do_next(self) -> None:
        if not self._jobs:
            return

        owner = next(iter(self._jobs))
        job = self._jobs.pop(owner)
        self._turn.start()
        if shiboken6.isValid(owner):
            job()
