"""Work on a thread of its own that cannot be done beside a training, and gives way to one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.runs.control import Control, Stopped

if TYPE_CHECKING:
    from app.ui.state.session import Session

Tell = Callable[[Any], None]
"""How the work hands a message to the window's thread."""


class ExclusiveTask(QObject):
    """The base of work that is done alone, one piece at a time.

    `_begin(work)` does `work(tell, control)` on a thread. What it tells reaches `_take` on the
    window's thread until the work is over or was stopped. busy: it is under way.

    A training or another exclusive task in this process draws from the same generator, sets the
    same number of threads and takes the same memory. So whichever begins asks the others to end,
    and waits for them on its own thread.
    """

    called = "exclusive task"
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
        session.exclusive.add(self)

    # --- for whoever owns the task

    def give_way(self) -> threading.Thread | None:
        """Stops, because something else begins or the program ends (see trainings.GivesWay)."""
        self._control.stop()
        if self.busy:
            self.busy = False
            self._gave_way()

        return self._thread

    def wait(self) -> None:
        """Waits until the thread has ended."""
        if self._thread is not None:
            self._thread.join()

    # --- for the classes derived from it

    def _begin(self, work: Callable[[Tell, Control], None]) -> None:
        """Begins a piece of work; not while a training runs.

        `work` may raise Stopped. Whatever else goes wrong it reports itself.
        """
        before = self._session.exclusive.make_room()
        self._number += 1
        self._control = Control()
        self.busy = True
        number = self._number

        control = self._control

        def work_alone() -> None:
            for thread in before:
                thread.join()
            try:
                control.check()
                work(lambda message: self._came.emit(number, message), control)
            except Stopped:
                pass

        self._thread = threading.Thread(target=work_alone, name=self.called)
        self._thread.start()

    def _end(self) -> None:
        """Lets the work end at its next step; what it tells until then is dropped."""
        self._control.stop()
        self.busy = False

    def _take(self, message: Any) -> None:
        """Takes in what the work told; on the window's thread."""
        raise NotImplementedError

    def _gave_way(self) -> None:
        """Says that the work was stopped, because something else has begun."""
        raise NotImplementedError

    @Slot(int, object)
    def _deliver(self, number: int, message: Any) -> None:
        if self.busy and number == self._number:
            self._take(message)
