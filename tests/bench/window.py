"""The cost of the window: how late its events come while it trains, its start, its share of speed.

Ratios are of neighbours in time: whatever else the machine does hits both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.engine.detached.awake import Awake
from app.engine.experiment.toml_file import from_plain
from app.ui.shell.application import Window
from tests.bench import speed

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run

ROOT = Path(__file__).resolve().parents[2]
BEAT_MS = 10
"""Milliseconds between two events of the timer whose delay is measured."""

EMPTY = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
class Empty(QMainWindow):
    def paintEvent(self, event):
        print(time.time(), flush=True)
        QApplication.quit()
application = QApplication([])
window = Empty()
window.resize(1280, 760)
window.show()
application.exec()
"""
OURS = """
import time
from app.ui.shell.main_window import MainWindow
def painted(self, event):
    print(time.time(), flush=True)
    import os
    os._exit(0)
MainWindow.paintEvent = painted
from app.ui.shell.application import main
main([])
"""


class OpenWindow:
    """A window on folders of its own, filled, with the engine loaded; used in a `with`."""

    def __init__(self) -> None:
        existing = QApplication.instance()
        self.application = (
            existing if isinstance(existing, QApplication) else QApplication(["bench"])
        )
        self._folder = tempfile.TemporaryDirectory()
        self.window = Window(Path(self._folder.name), [], awake=Awake(lambda: None))
        self.window.frame.resize(1280, 760)

    def __enter__(self) -> OpenWindow:
        self.window.show()
        self.wait(
            lambda: (
                self.window.assembly is not None and self.window.assembly.run_bar.engine is not None
            )
        )
        return self

    def wait(self, condition: Callable[[], bool]) -> None:
        """Runs the window until the condition holds."""
        timer = QTimer(interval=50)
        timer.timeout.connect(lambda: condition() and self.application.exit())
        timer.start()
        self.application.exec()
        timer.stop()

    def train(self, experiment: Experiment, folder: Path) -> None:
        """Trains in the window, with the Training page in front, until the run has ended.

        Raises RuntimeError where it failed.
        """
        assembly = self.window.assembly
        assert assembly is not None
        assembly.session.start(experiment, folder)
        self.window.frame.go("training")
        self.wait(lambda: not assembly.session.active)

        end = assembly.session.live_record.finished
        if end is not None and end.failure:
            raise RuntimeError(end.failure[2])

    def __exit__(self, *_: object) -> None:
        self.window.close()
        self.application.processEvents()
        self._folder.cleanup()


def in_window(experiment: Experiment, run: Run) -> None:
    """Trains with the window open and its curves live, for `speed.against_bare_loop`."""
    with OpenWindow() as opened:
        opened.train(experiment, run.path.parent)


def against_bare_loop(template: str = "resnet", pairs: int = 15) -> speed.Figure:
    """Measures the trainer with the window open against a bare loop."""
    return speed.against_bare_loop(template, pairs, in_window, "with the window, ")


def heartbeat(seconds: float = 30.0, template: str = "resnet") -> str:
    """Measures how late a 10 ms timer of the window is while it trains, from the first step on."""
    late: list[float] = []
    clock = QElapsedTimer()
    with OpenWindow() as opened, tempfile.TemporaryDirectory() as folder:
        assembly = opened.window.assembly
        assert assembly is not None
        beat = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)

        def note() -> None:
            if clock.isValid():
                late.append(clock.nsecsElapsed() / 1e6 - BEAT_MS)
            clock.start()
            if len(assembly.session.record.losses) and not note.warm:  # type: ignore[attr-defined]
                note.warm = True  # type: ignore[attr-defined]
                late.clear()
                QTimer.singleShot(int(seconds * 1000), assembly.session.stop_at_once)

        note.warm = False  # type: ignore[attr-defined]
        beat.timeout.connect(note)
        beat.start()
        experiment = from_plain(
            {
                "name": "heartbeat",
                "data": {"source": "sample:fashion"},
                "model": {"template": template},
                "training": {"epochs": 10_000, "device": "cpu"},
            }
        )

        opened.train(experiment, Path(folder))
        beat.stop()

    late.sort()
    p99 = late[int(0.99 * (len(late) - 1))]
    return (
        f"heartbeat of the window while training ({len(late):,} beats of {BEAT_MS} ms): late by "
        f"{statistics.median(late):.1f} ms in the median, {p99:.1f} ms at p99, {late[-1]:.1f} ms "
        "at worst"
    )


def start(pairs: int = 7) -> str:
    """Measures the time to the first paint, of an empty PySide6 window and of ours."""
    ratios = []
    ours = []

    empty = []
    for _ in range(pairs):
        empty.append(_seconds(EMPTY))
        ours.append(_seconds(OURS))
        ratios.append(ours[-1] / empty[-1])

    return (
        f"first window on screen / empty PySide6 window: {statistics.median(ratios):.2f} "
        f"({statistics.median(ours):.2f} s against {statistics.median(empty):.2f} s, {pairs} pairs)"
    )


def _seconds(script: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NETWRIGHT_HOME": folder, "PYTHONPATH": str(ROOT)}
        begun = time.time()
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    return float(done.stdout.split()[-1]) - begun
