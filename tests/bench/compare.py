"""What comparing 50 runs of 100,000 steps costs: until it is there, and a frame while zooming.

Opening lasts from the click until the training loss of every run is drawn. It is judged by the
processor time of the whole process, which is the most that it takes where nothing else runs. A
frame is processor time of the window's thread, for taking the points of a range and painting them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.ui.pages.runs.compare.view import CompareView
from app.ui.pages.runs.entries import read_entries
from app.ui.state.background import Background
from app.ui.state.preferences import Preferences
from app.ui.style.theme import Theme
from tests.written_runs import Shape, write_run

if TYPE_CHECKING:
    from app.ui.pages.runs.compare.plot import ComparePlot

RUNS = 50
SHAPE = Shape(steps=100_000, epochs=50, logged=5)
MOST_OPENING = 1.0
MOST_FRAME_MS = 1000 / 60
FRAMES = 120


def main() -> int:
    """Prints both figures; returns 1 where one is too large."""
    application = QApplication.instance() or QApplication(["compare"])
    assert isinstance(application, QApplication)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "runs"
        for number in range(RUNS):
            settings = {"training": {"seed": number}, "model": {"width": 8 + 8 * (number % 5)}}
            write_run(folder, f"run {number}", SHAPE, settings)

        theme = Theme()
        theme.apply()
        background = Background()
        preferences = Preferences(Path(name) / "preferences.json")
        view = CompareView(theme, background, preferences)
        view.resize(1400, 900)
        view.show()
        entries = read_entries(folder, {}, lambda: None)
        tools = view.curves.tools_row
        tools.quantities.set_value("training")
        tools.bands.setChecked(False)
        plot = view.curves.compare_plot

        seconds: list[float] = []
        work: list[float] = []
        for _ in range(3):
            view.show_runs(())
            _until(application, lambda: not view.table.model.rows and not _drawn(plot))
            begun = time.perf_counter()
            worked = time.process_time()
            view.show_runs(entries)
            _until(application, lambda: _drawn(plot) == RUNS)
            seconds.append(time.perf_counter() - begun)
            work.append(time.process_time() - worked)

        frames = sorted(_frames(application, plot))
        view.close()
        background.close()

    opening = statistics.median(work)
    frame = statistics.median(frames)
    slow = frames[int(0.95 * len(frames))]
    print(
        f"{RUNS} runs of 100,000 steps (20,000 lines each): opened in {opening:.2f} s of processor "
        f"time ({', '.join(f'{each:.2f}' for each in work)}; at most {MOST_OPENING}), on the clock "
        f"{', '.join(f'{each:.2f}' for each in seconds)} s; a frame while "
        f"zooming {frame:.1f} ms of processor time, 95 % below {slow:.1f} ms (at most "
        f"{MOST_FRAME_MS:.1f})"
    )
    passed = opening <= MOST_OPENING and slow <= MOST_FRAME_MS
    print("PASS" if passed else "FAIL")
    return int(not passed)


def _drawn(plot: ComparePlot) -> int:
    return sum(series.visible and series.drawn > 0 for series in plot.series)


def _until(application: QApplication, condition: object) -> None:
    assert callable(condition)
    while not condition():
        application.processEvents()
        time.sleep(0.001)


def _frames(application: QApplication, plot: ComparePlot) -> list[float]:
    """Returns the milliseconds of frames in which the range shrinks, and grows again."""
    plot.follow()
    application.processEvents()
    (left, right), (low, high) = plot.box.viewRange()
    image = QImage(plot.size(), QImage.Format.Format_ARGB32_Premultiplied)
    found = []
    for number in range(FRAMES):
        share = abs(1 - 2 * number / FRAMES) * 0.98 + 0.01
        width = (right - left) * share
        begun = time.thread_time()
        plot.box.setRange(
            QRectF(left + 0.3 * (right - left) * (1 - share), low, width, high - low), padding=0
        )
        plot._zoomed()
        painter = QPainter(image)
        plot.render(painter)
        painter.end()
        found.append(1000 * (time.thread_time() - begun))
        application.processEvents()

    return found
