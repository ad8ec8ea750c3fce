"""The process of the soak: the window, who uses it, and its meters (see soak.py)."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.engine import folders
from app.ui.shell.application import Window
from app.ui.shell.system.awake import Awake
from tests.bench.soak_meters import LATE_MS, Heartbeat, Memory, percentile
from tests.bench.soak_user import USUAL_SIZE, User

ACT_MS = 150
"""Time between two things that the person does."""

REST_S = 60.0
"""Time between two readings of the memory in the same state."""

QUIET_S = 6.0
"""How long the window is left alone before such a reading."""

MEMORY_S = 10.0
SETTLED_S = 300.0
MOST_GROWTH_MB = 20.0


class Soak(QObject):
    """Lets a person use the window for some minutes, and judges what was measured."""

    def __init__(self, window: Window, folder: Path, minutes: float, seed: int) -> None:
        super().__init__()
        assert window.assembly is not None
        self.assembly = window.assembly
        self.user = User(window.frame, folder, seed)
        self.heartbeat = Heartbeat()
        self.memory = Memory()
        self._begun = self._rested = time.monotonic()
        self._seconds = minutes * 60
        self._beats_told = 0
        self._acting = False
        self._runs = self._restyled = 0
        self._problems: dict[str, int] = {}
        self.assembly.session.finished.connect(self._count_run)
        window.theme.changed.connect(self._count_style)
        self._resting = QTimer(self, singleShot=True, interval=int(QUIET_S * 1000))
        self._resting.timeout.connect(self._read_at_rest)
        self._actions = QTimer(self, interval=ACT_MS)
        self._actions.timeout.connect(self._act)
        self._readings = QTimer(self, interval=int(MEMORY_S * 1000))
        self._readings.timeout.connect(self.memory.note)

    def start(self) -> None:
        print("minute    beats  p50 ms  p99 ms  max ms   MB now  MB at rest  runs  actions")
        self.heartbeat.start()
        self._readings.start()
        self._begin_rest()

    def _act(self) -> None:
        if self._acting:  # an event of the last action let this timer fire
            return

        now = time.monotonic()
        if now - self._begun > self._seconds:
            QApplication.exit(0)
        elif now - self._rested > REST_S:
            self._begin_rest()
        else:
            self._acting = True
            try:
                self.user.act()
            finally:
                self._acting = False

    # --- every minute

    def _begin_rest(self) -> None:
        self._actions.stop()
        if QApplication.activeModalWidget() is not None:
            self.user.act()
            QTimer.singleShot(ACT_MS, self, self._begin_rest)
            return

        self.user.rest()
        self._resting.start()

    def _read_at_rest(self) -> None:
        if self.assembly.session.active:
            self.user.rest()
            self._resting.start()
            return

        held = self.memory.note(at_rest=True)
        self._rested = time.monotonic()
        self._tell(held)
        self._actions.start()

    def _count_run(self, _: Any) -> None:
        self._runs += 1

    def _count_style(self) -> None:
        self._restyled += 1

    def _tell(self, held: float) -> None:
        for problem in self.assembly.problems.problems:
            self._problems[problem.text()] = problem.times

        late = self.heartbeat.late[self._beats_told :]
        self._beats_told += len(late)
        minute = (time.monotonic() - self._begun) / 60
        print(
            f"{minute:6.1f} {len(late):8,} {percentile(late, 0.5):7.1f} "
            f"{percentile(late, 0.99):7.1f} {max(late, default=0):7.1f} {self.memory.note():8.1f} "
            f"{held:11.1f} {self._runs:5} {sum(self.user.done.values()):8,}",
            flush=True,
        )

    # --- the end

    def judge(self) -> bool:
        """Prints the figures of the whole time; returns whether all is well."""
        self._actions.stop()
        self.heartbeat.stop()
        late = self.heartbeat.late
        p99 = percentile(late, 0.99)
        growth = self.memory.growth(min(SETTLED_S, self._seconds / 2))
        counts = sorted(self.user.done.items(), key=lambda item: -item[1])
        print("actions: " + ", ".join(f"{name} {count}" for name, count in counts))
        print(f"zoom or light and dark took effect {self._restyled} times")
        print(f"what held the thread up for more than {LATE_MS:g} ms (samples of 10 ms):")
        for where, count in self.heartbeat.stacks.most_common(15):
            print(f"{count:6} {where}")

        problems = [*self.user.messages, *self._problems]
        for problem in problems:
            print(f"problem: {problem}")

        quick = p99 <= LATE_MS
        steady = growth is not None and growth <= MOST_GROWTH_MB
        grown = "not measured, too short" if growth is None else f"{growth:+.1f} MB"
        print(
            f"heartbeat ({len(late):,} beats): p50 {percentile(late, 0.5):.1f} ms, p99 {p99:.1f} "
            f"ms, max {max(late, default=0):.1f} ms; at most {LATE_MS:g} ms at p99: {_word(quick)}"
        )
        computed = self.heartbeat.computed
        print(
            f"processor time of the window's thread from beat to beat: p50 "
            f"{percentile(computed, 0.5):.1f} ms, p99 {percentile(computed, 0.99):.1f} ms, "
            f"max {max(computed, default=0):.1f} ms"
        )
        print(f"growth at rest: {grown}; at most {MOST_GROWTH_MB:g} MB: {_word(steady)}")
        print(f"problems: {len(problems)}: {_word(not problems)}", flush=True)

        return quick and steady and not problems


def _word(good: bool) -> str:
    return "PASS" if good else "FAIL"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("minutes", type=float)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()

    application = QApplication(["soak"])
    window = Window(folders.config(), [], awake=Awake(lambda: None))
    window.frame.resize(*USUAL_SIZE)
    window.show()
    window.frame.activateWindow()
    soaks: list[Soak] = []

    def begin() -> None:
        assembly = window.assembly
        if assembly is not None and window.frame.filled and assembly.run_bar.engine is not None:
            waiting.stop()
            soaks.append(Soak(window, arguments.folder, arguments.minutes, arguments.seed))
            soaks[0].start()

    waiting = QTimer(interval=50)
    waiting.timeout.connect(begin)
    waiting.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QApplication.exit(0))

    application.exec()
    good = bool(soaks) and soaks[0].judge()
    window.close()
    application.processEvents()

    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
