"""Runs Python's garbage collector on the window's thread, and on no other."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 300


class Collector(QObject):
    """Collects on the window's thread what Python would collect on whichever thread it happens to.

    Python runs its collector on the thread that makes the object that is one too many. Where that
    is the training, widgets and timers that refer to each other are destroyed there, beside the
    window that may be using them: Qt does not allow it, and the program may end.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(collect_due)
        self._timer.start()

    def close(self) -> None:
        """Lets Python collect again where it did before."""
        self._timer.stop()
        if self._was_on:
            gc.enable()


def collect_due() -> None:
    """Collects the oldest generation whose turn it is, by Python's own thresholds."""
    counts = gc.get_count()
    thresholds = gc.get_threshold()
    if counts[0] < thresholds[0]:
        return

    due = 0
    while due < 2 and counts[due + 1] > thresholds[due + 1]:
        due += 1

    gc.collect(due)
