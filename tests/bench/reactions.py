"""What each thing a person does costs the window's thread, in milliseconds of its processor time.

A turn is what the thread computes between two beats of a timer: as long as it takes, the window
answers nothing. Other work of the machine and waiting are not in these figures.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, Qt, QTimer

from app.ui.state.action import Action
from tests.bench.soak_meters import percentile
from tests.bench.soak_user import PAGES, User
from tests.bench.window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Callable

BEAT_MS = 4
SOME_MS = 2.0
"""A turn that computes longer is part of what was done; the beat itself takes less."""

QUIET_S = 0.5
"""What was done is over when no such turn has come for so long."""


class Turns(QTimer):
    """Notes the processor time of each turn of the window's thread, in milliseconds."""

    def __init__(self) -> None:
        super().__init__(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self.turns: list[float] = []
        self._last = time.thread_time()
        self._busy = time.monotonic()
        self.timeout.connect(self._note)

    def of(
        self, action: Callable[[], None], over: Callable[[], bool] = lambda: True
    ) -> list[float]:
        """Returns the turns of an action, until the window is quiet and `over` is true."""
        self.turns = []
        self._busy = time.monotonic()
        loop = QEventLoop()
        ending = QTimer(interval=20)

        def begin() -> None:
            action()
            ending.start()

        def look() -> None:
            if over() and time.monotonic() - self._busy > QUIET_S:
                loop.quit()

        ending.timeout.connect(look)
        QTimer.singleShot(0, begin)
        self._last = time.thread_time()
        self.start()
        loop.exec()
        self.stop()

        return self.turns

    def _note(self) -> None:
        now = time.thread_time()
        spent = (now - self._last) * 1000
        self._last = now
        if spent > SOME_MS:
            self.turns.append(spent)
            self._busy = time.monotonic()


class Reactions:
    """Does things in an open window again and again. figures: action -> turns of each time."""

    def __init__(self, opened: OpenWindow, folder: Path, seed: int = 0) -> None:
        assert opened.window.assembly is not None
        self.assembly = opened.window.assembly
        self.frame = opened.window.frame
        self.user = User(self.frame, folder, seed)
        self.turns = Turns()
        self.figures: dict[str, list[list[float]]] = {}

    def all(self, times: int) -> None:
        """Does everything so many times."""
        for _ in range(times):
            self.open_data()
            self.change_pages()
            self.change_looks()
            self.race()
            self.train()

    def open_data(self) -> None:
        document = self.assembly.document
        for path in self.user.files:
            self._note(
                "open data",
                partial(self.user.drop, path),
                lambda: document.data_state == "ready" and not self.measuring,
            )

    def change_pages(self) -> None:
        for page in PAGES:
            self._note("change of page", partial(self.user.press, f"rail.{page}"))

    def change_looks(self) -> None:
        for page in ("data", "learning", "training", "results"):
            self.frame.go(page)
            self._note("light or dark", self.user.change_shade)
            self._note("zoom step", lambda: self.assembly.actions.do(Action.ZOOM_IN))

        self._note("zoom step", lambda: self.assembly.actions.do(Action.ZOOM_RESET))

    def train(self) -> None:
        self._run("start training", lambda: self.user.press("train.start"))

    def race(self) -> None:
        def start() -> None:
            self.user.press("rail.learning")
            self.user.press("learning.race")
            self.user.press("race.why_adam")
            self.user.press("race.start")

        self._run("start a race", start)

    def _run(self, name: str, start: Callable[[], None]) -> None:
        """Starts a run, and ends it after its first steps."""
        session = self.assembly.session
        self._note(name, start, lambda: len(session.record.losses) > 0 or not session.active)
        self._note("end of a run", session.stop_at_once, lambda: not session.active)

    @property
    def measuring(self) -> bool:
        return self.assembly.network_measurer.busy

    def _note(
        self, name: str, action: Callable[[], None], over: Callable[[], bool] = lambda: True
    ) -> None:
        self.figures.setdefault(name, []).append(self.turns.of(action, over))


def main(times: int) -> None:
    """Prints, for each thing that was done, its longest turn and its time in all."""
    with OpenWindow() as opened, tempfile.TemporaryDirectory() as folder:
        opened.wait(lambda: opened.window.frame.filled)
        reactions = Reactions(opened, Path(folder))
        reactions.all(times)

    print(
        f"{'CPU ms of the window':22} {'times':>5}   longest turn: median   p99    in all: median"
    )
    for name, done in reactions.figures.items():
        longest = [max(turns, default=0.0) for turns in done]
        print(
            f"{name:22} {len(done):5} {percentile(longest, 0.5):22.1f} {max(longest):5.1f} "
            f"{percentile([sum(turns) for turns in done], 0.5):17.1f}"
        )
