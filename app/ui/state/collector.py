"""Runs Python's garbage collector on the window's thread, and on no other."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.engine import garbage

EVERY_MS = 300

PATIENCE_S = 1.0
"""How long another thread waits for its garbage: a window that closes may not collect any more."""


class Collector(QObject):
    """Collects on the window's thread what Python would collect on whichever thread it happens to.

    Python runs its collector on the thread that makes the object that is one too many. Where that
    is the training, widgets and timers that refer to each other are destroyed there, beside the
    window that may be using them: Qt does not allow it, and the program may end.
    """

    _asked = Signal(threading.Event)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(collect_due)
        self._timer.start()
        self._asked.connect(self._collect_all, Qt.ConnectionType.QueuedConnection)
        garbage.leave_to(self.collect)

    def collect(self) -> None:
        """Collects everything at once; another thread waits until it is done here."""
        collected = threading.Event()
        if threading.current_thread() is threading.main_thread():
            self._collect_all(collected)
        else:
            self._asked.emit(collected)
            collected.wait(PATIENCE_S)

    def close(self) -> None:
        """Lets Python collect again where it did before."""
        self._timer.stop()
        garbage.take_back(self.collect)
        if self._was_on:
            gc.enable()

    @Slot(threading.Event)
    def _collect_all(self, collected: threading.Event) -> None:
        gc.collect()
        collected.set()


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
