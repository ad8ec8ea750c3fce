"""How long each look at the results of a large run takes to open in the window, first and again.

The run has 100,000 examples, of two classes and of 200. What the window's thread works on keeps a
person waiting; the rest is read beside it, so both are printed.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer, warm_up
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.results.panels.confidence import ConfidencePanel
from app.ui.pages.results.panels.suspects import SuspectsPanel
from app.ui.state.record import read_record
from tests.ui.harness import open_harness

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ui.harness import Harness

EXAMPLES = 100_000
COLUMNS = 20
CLASSES = (2, 200)

FIRST = 1.0
AGAIN = 0.1
"""Seconds that opening a look may take, first and again."""

TIMES_AGAIN = 5
"""Again is the median of so many."""

PATIENCE = 60.0
SETTLE = 0.1
"""Seconds: at most for one look, and before each, so that nothing else is under way.

After a second, virtual machines that take idle memory away have to give it back first: times three.
"""

LOOKS = ("suspects", "confidence", "robustness", "columns", "figures")


def trained(folder: Path, classes: int) -> Run:
    """Returns a short run on a table of so many classes."""
    generator = np.random.default_rng(0)
    labels = np.arange(EXAMPLES) % classes
    inputs = generator.normal(size=(classes, COLUMNS))[labels]
    inputs = (inputs + generator.normal(size=inputs.shape)).astype(np.float32)
    table = pd.DataFrame(inputs, columns=[f"x{number}" for number in range(COLUMNS)])
    table["kind"] = [f"class {label}" for label in labels]
    path = folder / "table.parquet"
    table.to_parquet(path)
    requested = from_plain(
        {
            "name": f"{classes} classes",
            "data": {"source": str(path), "target": "kind", "task": "classification"},
            "model": {"template": "mlp"},
            "training": {"epochs": 2, "batch_size": 1024, "threads": 1, "device": "cpu"},
        }
    )
    run = Run.create(folder / "runs", requested)
    finished = trainer.train(requested, run, lambda event: None, Control())
    assert finished.status == "completed", finished.reason
    return run


class Stopwatch:
    """Times what a person asks for until it is there and painted."""

    def __init__(self, application: QApplication, clock: Callable[[], float]) -> None:
        self._application = application
        self._clock = clock

    def wait(self, there: Callable[[], bool]) -> None:
        end = time.perf_counter() + PATIENCE
        while not there():
            assert time.perf_counter() < end, "it does not come"
            self._application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            time.sleep(0.001)  # other threads work, too

        for _ in range(2):
            self._application.processEvents()

    def settle(self) -> None:
        end = time.perf_counter() + SETTLE
        self.wait(lambda: time.perf_counter() >= end)

    def time(self, ask: Callable[[], object], there: Callable[[], bool]) -> tuple[float, float]:
        """Returns the seconds until it is there, and those of the window's thread."""
        self.settle()
        begun, own = self._clock(), time.thread_time()
        ask()
        self.wait(there)
        return self._clock() - begun, time.thread_time() - own


def is_open(page: ResultsPage, name: str) -> bool:
    """Returns whether a look stands on the page with its content."""
    panel = page.panels.panel
    if name == "figures" or panel is None:
        return name == "figures" and panel is None
    if isinstance(panel, SuspectsPanel):
        return panel.key == name and len(panel.grid.rows) > 0
    if isinstance(panel, ConfidencePanel):
        return panel.key == name and bool(panel.status.text())

    return panel.key == name


def window(
    harness: Harness, run: Run, application: QApplication, clock: Callable[[], float]
) -> bool:
    """Prints the times of every look at a run; returns whether all are within the limits."""
    watch = Stopwatch(application, clock)
    page = ResultsPage(harness.parts)
    page.resize(1280, 720)
    page.show()
    harness.document.set(run.experiment())
    watch.wait(lambda: harness.document.data_state == "ready")
    record = read_record(run.path)
    choice = page.panels.choice
    seconds = watch.time(
        lambda: harness.parts.session.show(record), lambda: choice.buttons["suspects"].isEnabled()
    )
    good = _said("page", FIRST, seconds)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in LOOKS}
    for _ in range(1 + TIMES_AGAIN):
        for name in LOOKS:
            show, there = partial(page.panels.choose, name), partial(is_open, page, name)
            times[name].append(watch.time(show, there))

    for name, (first, *again) in times.items():
        good = _said(f"{name} first", FIRST, first) and good
        good = _said(f"{name} again", AGAIN, _median(again)) and good

    page.close()
    return good


def _median(times: list[tuple[float, float]]) -> tuple[float, float]:
    whole, own = zip(*times, strict=True)
    return median(whole), median(own)


def _said(what: str, limit: float, seconds: tuple[float, float]) -> bool:
    whole, own = (1000 * part for part in seconds)
    print(f"  {what:18} {whole:6.0f} ms, of the window's thread {own:5.0f} ms", flush=True)
    return seconds[0] <= limit


def main(processor_time: bool = False) -> int:
    """Prints what opening each look costs; returns 1 where a limit is missed."""
    warm_up.warm_up()
    clock = time.process_time if processor_time else time.perf_counter
    application = QApplication.instance() or QApplication(["bench"])
    assert isinstance(application, QApplication)
    good = True
    for classes in CLASSES:
        with tempfile.TemporaryDirectory() as name:
            run = trained(Path(name), classes)
            print(f"{EXAMPLES:,} examples of {classes} classes:", flush=True)
            with open_harness(Path(name) / "home") as harness:
                good = window(harness, run, application, clock) and good

    return 0 if good else 1
