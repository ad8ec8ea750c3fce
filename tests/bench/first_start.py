"""What a later start costs: the window beside an empty one of Qt, and the training without one.

Processor time, of the process and its children, is what a quiet computer would take at most on one
core; the clock is printed beside it. Turns alternate, and the ratio is the median of neighbours.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.display import own_display

if TYPE_CHECKING:
    from pathlib import Path

MOST_TIMES = 2.0
"""So many times the start of an empty window ours may take, until it is painted."""

MOST_SECONDS = 8.0
"""Of processor time, for a start without a display: training the digits included."""

EMPTY = """
import os
from PySide6.QtWidgets import QApplication, QMainWindow
class Empty(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        os._exit(0)
application = QApplication([])
window = Empty()
window.resize(1280, 720)
window.show()
application.exec()
"""

OURS = """
import os
from app.ui.shell.main_window import MainWindow
paint = MainWindow.paintEvent
def painted(self, event):
    paint(self, event)
    os._exit(0)
MainWindow.paintEvent = painted
from app.ui.shell.application import main
main([])
"""


class Cost(NamedTuple):
    """Seconds that a process took: of the processor, and by the clock."""

    processor: float
    clock: float


def main(pairs: int) -> int:
    """Prints both figures, and returns 0 where they are within their limits."""
    with tempfile.TemporaryDirectory() as home:
        alone = {"HOME": home, "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": ""}
        with own_display() as display:
            start(["-c", OURS], alone | display)  # compiles, and finds its fonts
            turns = [
                (start(["-c", EMPTY], alone | display), start(["-c", OURS], alone | display))
                for _ in range(pairs)
            ]

        ratio = statistics.median(ours.processor / empty.processor for empty, ours in turns)
        empty, ours = (
            Cost(*(statistics.median(costs) for costs in zip(*side, strict=True)))
            for side in zip(*turns, strict=True)
        )
        passed = _verdict(ratio <= MOST_TIMES)
        print(
            f"until the window is painted: {ratio:.2f} times an empty window of Qt "
            f"({ours.processor:.2f} s of the processor beside {empty.processor:.2f} s, by the "
            f"clock {ours.clock:.2f} s beside {empty.clock:.2f} s, {pairs} pairs); at most "
            f"{MOST_TIMES}: {passed}",
            flush=True,
        )

        start(["-m", "app", "demo"], alone)  # measures the number of threads
        costs = [start(["-m", "app", "demo"], alone) for _ in range(3)]
        least = min(cost.processor for cost in costs)
        print(
            f"without a display, the second time: {least:.1f} s of the processor, "
            f"{min(cost.clock for cost in costs):.1f} s by the clock; at most {MOST_SECONDS}: "
            f"{_verdict(least <= MOST_SECONDS)}"
        )

    return int(ratio > MOST_TIMES or least > MOST_SECONDS)


def _verdict(passed: bool) -> str:
    return "PASS" if passed else "FAIL"


def start(arguments: list[str], more: dict[str, str], folder: Path | None = None) -> Cost:
    """Runs Python to its end. Raises CalledProcessError.

    more: of its environment; "" takes a variable away. folder: where it runs, None for here.
    """
    # Modules are compiled once, as for everybody.
    without = (
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "QT_QPA_PLATFORM",
        "PYTHONDONTWRITEBYTECODE",
        *more,
    )
    kept = {name: value for name, value in os.environ.items() if name not in without}
    given = {name: value for name, value in more.items() if value}
    before = os.times()
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        env={**kept, **given},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    clock = time.monotonic() - begun
    after = os.times()
    children = (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
    return Cost(children, clock)
