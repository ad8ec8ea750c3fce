"""The cost of measuring the optimizer while it trains, and what decay does to the norm of weights.

Turns with and without measurements alternate within one training: whatever else the machine does
hits both alike, and a figure is the median of the ratios of neighbours. Steps in which an epoch
ends are left out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.compute.batches import Batches
from app.engine.experiment.toml_file import from_plain
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.experiment import Experiment

TURN = 3.0
"""Seconds of a turn."""

SETTLE = 0.5
"""Seconds at the beginning of a turn that are not counted: a view is laid out then."""

WARM = 1
"""Pairs of turns that are not counted."""

SMALL: dict[str, dict[str, Any]] = {"cnn": {}, "resnet": {"width": 16}, "vit": {"depth": 2}}
"""Settings of the templates: small networks, of whose steps a look takes the largest share."""


@dataclass
class Meter:
    """Notes when each step begins, and in which turn.

    set_measuring: called at each turn with whether the optimizer is measured in it.
    """

    set_measuring: Callable[[bool], None]
    pairs: int
    clock: Callable[[], float]
    begun: float = 0.0
    turn: int = -1
    before: tuple[float, int] | None = None
    seconds: dict[int, float] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    ended: bool = False

    def step(self, epoch_ended: bool) -> None:
        """Counts the step before; called before each step, on the thread that trains.

        epoch_ended: an epoch ended since the step before.
        """
        now = self.clock()
        after_pause = time.perf_counter() - self.begun >= SETTLE
        if (
            self.before is not None
            and self.before[1] == self.turn
            and after_pause
            and not epoch_ended
        ):
            self.seconds[self.turn] = self.seconds.get(self.turn, 0.0) + now - self.before[0]
            self.steps[self.turn] = self.steps.get(self.turn, 0) + 1

        if self.turn < 0 or time.perf_counter() - self.begun >= TURN:
            self.turn = self.turn + 1
            self.begun = time.perf_counter()
            self.set_measuring(self.turn % 2 == 1)
            self.ended = self.turn >= 2 * (self.pairs + WARM)

        self.before = (now, self.turn)

    @property
    def ratios(self) -> list[float]:
        """Returns speed with measurements over speed without, of neighbouring turns."""
        speed = {
            turn: self.steps[turn] / self.seconds[turn]
            for turn in self.seconds
            if self.seconds[turn] > 0
        }
        with_looks = range(2 * WARM + 1, 2 * (self.pairs + WARM), 2)
        return [
            speed[turn] / speed[turn - 1]
            for turn in with_looks
            if turn in speed and turn - 1 in speed
        ]

    def text(self, title: str) -> str:
        ratios = sorted(self.ratios)
        low = ratios[len(ratios) // 4]
        high = ratios[-1 - len(ratios) // 4]
        each = 1000 * statistics.median(
            self.seconds[turn] / self.steps[turn]
            for turn in self.seconds
            if turn % 2 == 0 and self.steps[turn]
        )

        return (
            f"{title}: {statistics.median(ratios):.3f} (half of {len(ratios)} pairs within "
            f"{low:.3f} to {high:.3f}; "
            f"a step takes {each:.1f} ms)"
        )


def experiment(template: str, **sections: Any) -> Experiment:
    training = {"epochs": 10_000, "device": "cpu", "threads": 1} | sections.pop("training", {})
    return from_plain(
        {
            "name": "bench",
            "data": {"source": "sample:fashion"},
            "model": {"template": template, **SMALL[template]},
            "training": training,
            **sections,
        }
    )


@contextmanager
def metered(meter: Meter, stop: Callable[[], None]) -> Iterator[None]:
    """Notes every step of a training inside the block; `stop` is called after the last turn."""
    begin_step = Control.begin_step
    begin_epoch = Batches.begin_epoch

    epoch_ended = [True]  # the first step of an epoch follows an evaluation

    def noted_step(control: Control, examples: int) -> float:
        meter.step(epoch_ended[0])
        epoch_ended[0] = False

        if meter.ended:
            stop()

        return begin_step(control, examples)

    def noted_epoch(batches: Batches, epoch: int) -> None:
        epoch_ended[0] = True
        begin_epoch(batches, epoch)

    patched: tuple[Any, Any] = Control, Batches
    patched[0].begin_step = noted_step

    patched[1].begin_epoch = noted_epoch
    try:
        yield
    finally:
        patched[0].begin_step = begin_step
        patched[1].begin_epoch = begin_epoch


def headless(template: str, pairs: int, clock: Callable[[], float]) -> str:
    """Measures a run whose measurements of the optimizer are requested and dropped."""
    control = Control()
    meter = Meter(lambda looking: setattr(control, "watching", looking), pairs, clock)

    seconds: list[float] = []

    def emit(event: events.Event) -> None:
        if isinstance(event, events.OptimizerMeasured):
            seconds.append(event.seconds)

    requested = experiment(template)
    with (
        tempfile.TemporaryDirectory() as folder,
        metered(meter, lambda: control.stop(at_once=True)),
    ):
        finished = trainer.train(requested, Run.create(Path(folder), requested), emit, control)

    if finished.failure:
        raise RuntimeError(finished.failure[2])

    milliseconds = 1000 * statistics.median(seconds)
    return (
        meter.text(f"{template}, measured / not measured")
        + f"; {len(seconds)} measurements of {milliseconds:.1f} ms"
    )


def in_window(template: str, pairs: int) -> str:
    """Measures the window open on the view into the optimizer against the same open on the log."""
    from PySide6.QtCore import QTimer

    from app.ui.pages.training.run_views import VIEWS
    from tests.bench.window import OpenWindow

    names = [name for name, _, _ in VIEWS]
    with OpenWindow() as opened, tempfile.TemporaryDirectory() as folder:
        assembly = opened.window.assembly
        assert assembly is not None
        session = assembly.session
        opened.window.frame.go("training")
        page: Any = opened.window.frame.pages["training"]
        requests: list[bool] = []  # the window's thread turns the page
        meter = Meter(requests.append, pairs, time.perf_counter)
        timer = QTimer(interval=20)
        timer.timeout.connect(
            lambda: (
                requests and page.run.show_view(names.index("inside" if requests.pop() else "log"))
            )
        )
        timer.start()

        with metered(meter, lambda: session._control.stop(at_once=True)):
            opened.train(experiment(template), Path(folder))

        timer.stop()
        count = session.live_record.inside.seen

    return (
        meter.text(f"{template}, window open on the view / on the log") + f"; {count} measurements"
    )


def norms(steps: int = 1500) -> list[str]:
    """Measures the length of all weights with Adam without decay, and with AdamW.

    Both begin with the same weights.
    """
    lines = ["length of all weights, cnn on the built-in digits, learning rate 0.01, constant:"]
    for kind, decay in (("adam", 0.0), ("adamw", 0.3)):
        points = lengths(kind, decay, steps)
        rows = [int(share * (len(points) - 1)) for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)]
        progress = ", ".join(f"{points[row][1]:.1f} after {points[row][0]:,}" for row in rows)
        lines.append(f"  {kind}, weight decay {decay:g}: {progress} steps")

    return lines


def lengths(kind: str, decay: float, steps: int) -> list[tuple[int, float]]:
    """Returns (step, norm of all measured weights) over a training."""
    requested = from_plain(
        {
            "name": "norms",
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn"},
            "optimizer": {"kind": kind, "learning_rate": 0.01, "weight_decay": decay},
            "schedule": {"kind": "constant"},
            "training": {
                "epochs": max(1, steps // 20),
                "batch_size": 64,
                "device": "cpu",
                "threads": 1,
                "patience": 0,
            },
        }
    )
    control = Control()
    control.watching = True

    points: list[tuple[int, float]] = []

    def emit(event: events.Event) -> None:
        if isinstance(event, events.OptimizerMeasured):
            points.append((event.step, float(np.sqrt((event.norms**2).sum()))))
        elif isinstance(event, events.StepsDone) and event.position >= steps:
            control.stop(at_once=True)

    with tempfile.TemporaryDirectory() as folder:
        finished = trainer.train(requested, Run.create(Path(folder), requested), emit, control)

    if finished.failure:
        raise RuntimeError(finished.failure[2])

    return points


def main(templates: list[str], pairs: int, processor_time: bool = False) -> None:
    warm_up.warm_up()
    clock = time.thread_time if processor_time else time.perf_counter
    for template in templates:
        if template in SMALL:
            print(headless(template, pairs, clock), flush=True)
            print(in_window(template, pairs), flush=True)

    for line in norms():
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(SMALL), 9)
