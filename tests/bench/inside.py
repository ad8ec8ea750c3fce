"""What looking inside the optimizer costs, and what decay does to the length of weights.

Turns with and without looking follow one another within one training: whatever else the machine
does hits both alike, and a figure is the median of the ratios of neighbours. Steps in which an
epoch ends are left out.
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
SETTLE = 0.5
WARM = 1
"""Seconds of a turn, and of its beginning that are not counted: a view is laid out then; pairs that
are not counted.
"""

SMALL: dict[str, dict[str, Any]] = {"cnn": {}, "resnet": {"width": 16}, "vit": {"depth": 2}}
"""Settings of the templates: small networks, of whose steps a look takes the largest share."""


@dataclass
class Meter:
    """Notes when each step begins, and in which turn.

    `look` is told at each turn whether to look.
    """

    look: Callable[[bool], None]
    pairs: int
    clock: Callable[[], float]
    begun: float = 0.0
    turn: int = -1
    before: tuple[float, int] | None = None
    seconds: dict[int, float] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    ended: bool = False

    def step(self, judged: bool) -> None:
        """Called before each step, on the thread that trains.

        judged: an epoch ended since the one before.
        """
        now = self.clock()
        settled = time.perf_counter() - self.begun >= SETTLE
        if self.before is not None and self.before[1] == self.turn and settled and not judged:
            self.seconds[self.turn] = self.seconds.get(self.turn, 0.0) + now - self.before[0]
            self.steps[self.turn] = self.steps.get(self.turn, 0) + 1

        if self.turn < 0 or time.perf_counter() - self.begun >= TURN:
            self.turn = self.turn + 1
            self.begun = time.perf_counter()
            self.look(self.turn % 2 == 1)
            self.ended = self.turn >= 2 * (self.pairs + WARM)

        self.before = (now, self.turn)

    @property
    def ratios(self) -> list[float]:
        """Speed with looking over speed without, of neighbouring turns."""
        speed = {
            turn: self.steps[turn] / self.seconds[turn]
            for turn in self.seconds
            if self.seconds[turn] > 0
        }
        found = range(2 * WARM + 1, 2 * (self.pairs + WARM), 2)
        return [
            speed[turn] / speed[turn - 1] for turn in found if turn in speed and turn - 1 in speed
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
    """Inside, every step of a training is noted; `stop` is called after the last turn."""
    begin_step = Control.begin_step
    begin_epoch = Batches.begin_epoch

    judged = [True]  # the first step of an epoch follows a judging

    def noted_step(control: Control, examples: int) -> float:
        meter.step(judged[0])
        judged[0] = False

        if meter.ended:
            stop()

        return begin_step(control, examples)

    def noted_epoch(batches: Batches, epoch: int) -> None:
        judged[0] = True
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
    """A listener that drops what is told, and a run that is asked to tell it."""
    control = Control()
    meter = Meter(lambda looking: setattr(control, "watching", looking), pairs, clock)

    looks: list[float] = []

    def emit(event: events.Event) -> None:
        if isinstance(event, events.InsideMeasured):
            looks.append(event.seconds)

    chosen = experiment(template)
    with (
        tempfile.TemporaryDirectory() as folder,
        metered(meter, lambda: control.stop(at_once=True)),
    ):
        ended = trainer.train(chosen, Run.create(Path(folder), chosen), emit, control)

    if ended.failure:
        raise RuntimeError(ended.failure[2])

    look = 1000 * statistics.median(looks)
    return (
        meter.text(f"{template}, looked at / not looked at")
        + f"; {len(looks)} looks of {look:.1f} ms"
    )


def in_window(template: str, pairs: int) -> str:
    """The window open on the view into the optimizer, against the same window open on the log."""
    from PySide6.QtCore import QTimer

    from app.ui.pages.training.run_view import VIEWS
    from tests.bench.window import OpenWindow

    names = [name for name, _, _ in VIEWS]
    with OpenWindow() as opened, tempfile.TemporaryDirectory() as folder:
        assembly = opened.window.assembly
        assert assembly is not None
        session = assembly.session
        opened.window.frame.go("training")
        page: Any = opened.window.frame.pages["training"]
        asked: list[bool] = []  # the window's thread turns the page
        meter = Meter(asked.append, pairs, time.perf_counter)
        timer = QTimer(interval=20)
        timer.timeout.connect(
            lambda: asked and page.run.show_view(names.index("inside" if asked.pop() else "log"))
        )
        timer.start()

        with metered(meter, lambda: session._control.stop(at_once=True)):
            opened.train(experiment(template), Path(folder))

        timer.stop()
        seen = session.live_record.inside.seen

    return meter.text(f"{template}, window open on the view / on the log") + f"; {seen} looks"


def norms(steps: int = 1500) -> list[str]:
    """The length of all weights over a training with Adam, without decay, and with AdamW, from the
    same beginning.
    """
    lines = ["length of all weights, cnn on the built-in digits, learning rate 0.01, constant:"]
    for kind, decay in (("adam", 0.0), ("adamw", 0.3)):
        found = lengths(kind, decay, steps)
        places = [int(share * (len(found) - 1)) for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)]
        course = ", ".join(f"{found[place][1]:.1f} after {found[place][0]:,}" for place in places)
        lines.append(f"  {kind}, weight decay {decay:g}: {course} steps")

    return lines


def lengths(kind: str, decay: float, steps: int) -> list[tuple[int, float]]:
    """(step, norm of all weights looked at) over a training."""
    chosen = from_plain(
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

    found: list[tuple[int, float]] = []

    def emit(event: events.Event) -> None:
        if isinstance(event, events.InsideMeasured):
            found.append((event.step, float(np.sqrt((event.norms**2).sum()))))
        elif isinstance(event, events.StepsDone) and event.position >= steps:
            control.stop(at_once=True)

    with tempfile.TemporaryDirectory() as folder:
        ended = trainer.train(chosen, Run.create(Path(folder), chosen), emit, control)

    if ended.failure:
        raise RuntimeError(ended.failure[2])

    return found


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
