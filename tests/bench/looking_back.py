"""What looking back costs: opening it, moving the slider, what is on the disk, and the training.

A run of many epochs and classes is made by copying the looks and records of a short one: the window
reads and draws it as one that was trained.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from app.engine.experiment.toml_file import from_plain
from app.engine.insight.aligned_points import aligned
from app.engine.runs.control import Control
from app.engine.runs.looks.epoch_looks import bytes_of, read_look, read_looks, write_look
from app.engine.runs.run import Run
from app.engine.training import trainer, warm_up
from app.engine.training.probes import look_keeper
from app.ui.pages.results.epochs.looking_back import LookingBack
from app.ui.pages.results.selection import Selection, ViewContent
from app.ui.state.record import read_record
from tests.ui.harness import open_harness

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.runs.epoch_records import EpochRecord
    from app.ui.state.record import Record

EPOCHS = 60

CLASSES = (2, 10, 200)

RATE = 20
"""Epochs a second that the slider has to reach."""

SETTLE = 1.0
"""Seconds before the first measurement."""

FIRST = 1.0
AGAIN = 0.1
"""Seconds to open it at first, and again on what is held."""


def trained(folder: Path, **training: Any) -> Run:
    """Returns a run on the built-in digits."""
    settings = {"epochs": 4, "device": "cpu", "threads": 1} | training
    requested = from_plain(
        {
            "data": {"source": "sample:digits"},
            "model": {"template": "resnet"},
            "training": settings,
        }
    )
    run = Run.create(folder, requested)
    finished = trainer.train(requested, run, lambda _event: None, Control())
    if finished.failure:
        raise RuntimeError(finished.failure[2])

    return run


def stretched(run: Run, classes: int) -> Record:
    """Returns the record of a run with EPOCHS epochs of so many classes, with looks of each."""
    record = read_record(run.path)
    last = record.epochs[-1]
    random = np.random.default_rng(0)
    record.epochs = [
        replace(
            last,
            epoch=epoch,
            confusion=random.integers(0, 9, (classes, classes)),
            best=epoch == EPOCHS,
            best_epoch=EPOCHS,
        )
        for epoch in range(1, EPOCHS + 1)
    ]
    assert record.prepared is not None
    names = tuple(f"class {number}" for number in range(classes))
    record.prepared = replace(record.prepared, classes=names)
    looks = list(read_looks(run.path).values())
    for epoch in range(1, EPOCHS + 1):
        look = looks[epoch % len(looks)]
        labels = (np.arange(len(look.labels)) % classes).astype(np.float32)
        write_look(run.path, replace(look, epoch=epoch, labels=labels))

    return record


def measured(
    back: LookingBack, record: Record, application: QApplication, clock: Callable[[], float]
) -> tuple[float, float, float]:
    """Returns the seconds to open it first and again, and of one epoch while the slider moves.

    clock: of seconds, or of processor time.
    """
    selection = Selection(record, None, True, "validation", None, None)
    report = selection.at(record.epochs[-1])
    assert report is not None
    content = ViewContent(report, live=True, past=True, path=record.path)

    def until_drawn() -> None:
        while not back.looks.looks:
            application.processEvents()
            time.sleep(0.001)  # the files are read on another thread
        application.processEvents()  # paints

    ready = time.perf_counter() + SETTLE
    while time.perf_counter() < ready:  # what the window does when it starts is not counted
        application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    begun = clock()
    back.show()
    back.show_run(selection, content)
    until_drawn()
    first = clock() - begun
    back.hide()
    application.processEvents()
    begun = clock()
    back.show()
    until_drawn()
    again = clock() - begun
    steps = []
    for place in range(EPOCHS):
        begun = clock()
        back.sliders[0].slider.setValue(place)
        application.processEvents()  # paints
        steps.append(clock() - begun)

    return first, again, statistics.median(steps[5:])


def window(run: Run, clock: Callable[[], float]) -> bool:
    application = QApplication.instance() or QApplication(["bench"])
    assert isinstance(application, QApplication)
    good = True
    for classes in CLASSES:
        record = stretched(run, classes)
        with tempfile.TemporaryDirectory() as folder, open_harness(Path(folder)) as harness:
            back = LookingBack(harness.parts, "bench.back", with_view=True)
            back.resize(1200, 900)
            first, again, step = measured(back, record, application, clock)
            back.close()

        print(
            f"{EPOCHS} epochs, {classes} classes: opened in {first:.2f} s, again in "
            f"{1000 * again:.0f} ms; {1 / step:.0f} epochs a second",
            flush=True,
        )
        good = good and first <= FIRST and again <= AGAIN and 1 / step >= RATE

    return good


def training(folder: Path, pairs: int) -> str:
    """Returns the share of a training's processor time that goes into what is kept.

    It is timed within the training, for it is less than what two trainings differ by.
    """
    take = look_keeper.LookKeeper.take
    shares = []
    for number in range(pairs + 1):
        spent = []

        def timed(
            self: look_keeper.LookKeeper,
            epoch: int,
            record: EpochRecord,
            spent: list[float] = spent,
        ) -> None:
            begun = time.thread_time()
            take(self, epoch, record)
            spent.append(time.thread_time() - begun)

        look_keeper.LookKeeper.take = timed  # type: ignore[method-assign]
        begun = time.thread_time()
        trained(folder / f"{number}", epochs=8)
        if number:  # the first one warms up
            shares.append(sum(spent) / (time.thread_time() - begun))

    look_keeper.LookKeeper.take = take  # type: ignore[method-assign]
    return f"of a training what is kept takes {100 * statistics.median(shares):.1f} %"


def main(pairs: int, processor_time: bool = False) -> int:
    """Prints what looking back costs; returns 1 where a limit is missed."""
    clock = time.process_time if processor_time else time.perf_counter
    warm_up.warm_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = trained(folder)
        look = read_look(run.path, 1)
        assert look is not None
        begun = time.perf_counter()
        aligned(look.points for _ in range(EPOCHS))
        print(f"{EPOCHS} pictures aligned in {1000 * (time.perf_counter() - begun):.0f} ms")
        size = bytes_of(run.path) / len(read_looks(run.path))
        print(f"an epoch of a residual network takes {size / 1000:.0f} kB")
        good = window(run, clock)
        print(training(folder, pairs), flush=True)

    return 0 if good else 1
