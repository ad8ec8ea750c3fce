"""Work that cannot be done beside a training: on a thread of its own, one piece at a time, and it
gives way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.runs.control import Control, Stopped

if TYPE_CHECKING:
    from app.ui.state.session import Session

Tell = Callable[[Any], None]


class ExclusiveTask(QObject):
    """A base: `_begin(work)` does `work(tell, control)` on a thread; what it tells reaches `_take`
    on the window's thread, until it is over or was stopped. busy: it is under way.

    Whatever else computes in this process, a training or another guest, draws from the same dice,
    sets the same number of threads and takes the same memory: the one that begins asks the others
    to end, and waits for them on its thread.
    """

    called = "guest"
    """The name of the thread."""

    _came = Signal(int, object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.busy = False
        self._number = 0
        self._control = Control()
        self._thread: threading.Thread | None = None
        self._came.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        session.admit(self)

    # --- for those who have one

    def give_way(self) -> threading.Thread | None:
        """Something else begins, or the program ends. See session.ExclusiveTask."""
        self._control.stop()
        if self.busy:
            self.busy = False
            self._gave_way()

        return self._thread

    def wait(self) -> None:
        """Returns when the thread has ended."""
        if self._thread is not None:
            self._thread.join()

    # --- for those who are one

    def _begin(self, work: Callable[[Tell, Control], None]) -> None:
        """Not while a training runs.

        `work` may raise Stopped; what else goes wrong is its own to tell.
        """
        before = self._session.make_room()
        self._number += 1
        self._control = Control()
        self.busy = True
        number = self._number

        control = self._control

        def alone() -> None:
            for thread in before:
                thread.join()
            try:
                control.check()
                work(lambda told: self._came.emit(number, told), control)
            except Stopped:
                pass

        self._thread = threading.Thread(target=alone, name=self.called)
        self._thread.start()

    def _end(self) -> None:
        """It ends at its next step. What comes of it meanwhile is not heard."""
        self._control.stop()
        self.busy = False

    def _take(self, told: Any) -> None:
        """Something came of the work."""
        raise NotImplementedError

    def _gave_way(self) -> None:
        """It was under way, and something else has begun."""
        raise NotImplementedError

    @Slot(int, object)
    def _deliver(self, number: int, told: Any) -> None:
        if self.busy and number == self._number:
            self._take(told)
