"""What the soak measures: the heartbeat of the window's thread, what holds it up, and memory."""

from __future__ import annotations

import sys
import threading
import time
from array import array
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PySide6.QtCore import Qt, QTimer

if TYPE_CHECKING:
    from collections.abc import Sequence

BEAT_MS = 20
LATE_MS = 60.0
"""The limit for the lateness of a beat; beyond it the thread's stack is sampled."""

SAMPLE_S = 0.01
ROOT = str(Path(__file__).resolve().parents[2])


class Heartbeat:
    """How late a timer of the window's thread is, in milliseconds, and who held the thread up.

    late: one value for each beat. computed: milliseconds of processor time of the thread from one
    beat to the next, the part of the lateness that is its own. stacks: own function that ran while
    a beat was late, with what it called, -> samples.
    """

    def __init__(self) -> None:
        # Compact, for what the soak itself keeps is held too: lists would be 8 MB in 40 minutes.
        self.late = array("f")
        self.computed = array("f")
        self.stacks: Counter[str] = Counter()
        self._last = time.perf_counter()
        self._spent = time.thread_time()
        self._thread_id = threading.get_ident()
        self._timer = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="stack sampler")

    def start(self) -> None:
        self._last = time.perf_counter()
        self._spent = time.thread_time()
        self._timer.start()
        self._sampler.start()

    def stop(self) -> None:
        self._timer.stop()
        self._ended.set()
        self._sampler.join()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
        self._last = now
        spent = time.thread_time()
        self.computed.append((spent - self._spent) * 1000)
        self._spent = spent

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            if (time.perf_counter() - self._last) * 1000 > BEAT_MS + LATE_MS:
                self.stacks[_where(self._thread_id)] += 1


def _where(thread_id: int) -> str:
    """Returns the three innermost functions of this program, and where they are waiting."""
    frame = sys._current_frames().get(thread_id)
    own: list[str] = []
    innermost = ""
    while frame is not None and len(own) < 3:
        code = frame.f_code
        name = f"{Path(code.co_filename).name}:{frame.f_lineno} {code.co_name}"
        innermost = innermost or name
        if code.co_filename.startswith(ROOT) and "soak" not in code.co_filename:
            own.append(name)
        frame = frame.f_back

    if not own:
        return f"(Qt or the soak itself) {innermost}"
    return " < ".join(([innermost] if innermost != own[0] else []) + own)


def percentile(values: Sequence[float], share: float) -> float:
    """Returns a percentile of values; 0 where there are none. share: 0 to 1."""
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1))] if ordered else 0.0


class Memory:
    """Resident megabytes: (second, MB), at any moment and at rest, when the same state is shown."""

    def __init__(self) -> None:
        self.any: list[tuple[float, float]] = []
        self.at_rest: list[tuple[float, float]] = []
        self._begun = time.monotonic()
        self._process = psutil.Process()

    def note(self, at_rest: bool = False) -> float:
        now = self._process.memory_info().rss / 1e6
        (self.at_rest if at_rest else self.any).append((time.monotonic() - self._begun, now))

        return now

    def growth(self, settled: float) -> float | None:
        """Returns how much more is held at rest than at its highest before `settled` seconds.

        None where there is no reading before, or none after.
        """
        before = [held for second, held in self.at_rest if second <= settled]
        after = [held for second, held in self.at_rest if second > settled]
        return max(after) - max(before) if before and after else None
