"""What margins cost a training, and how long suspects take to come up with 100,000 examples.

Epochs with and without margins alternate within one training, by their processor time on one
thread. The list of a large run is read as the window reads it: from the margins on the disk and the
arrays in memory.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.compute.batches import Batches
from app.engine.data.dataset import Dataset, Description
from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.experiment.toml_file import from_plain
from app.engine.learning.tasks import TASKS
from app.engine.results.predictor import Predictor
from app.engine.runs.control import Control
from app.engine.runs.margins.margin_files import MarginSums, write_sums
from app.engine.runs.run import Run
from app.engine.suspects.finding import quick_suspects
from app.engine.suspects.neighbours import find_neighbours
from app.engine.training import margin_keeper, trainer, warm_up
from models.network import build_model
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.suspects.suspects import Suspects
    from app.engine.training.margin_keeper import MarginKeeper

MANY = 100_000
COLUMNS = 20

LEAST = 0.98
"""Of the speed without margins."""

WARM = 2
"""Pairs of epochs that are not counted."""

SETTINGS: dict[str, dict[str, Any]] = {
    "cnn on the digits": {
        "data": {"source": "sample:digits"},
        "model": {"template": "cnn"},
        "training": {"epochs": 60, "batch_size": 64},
    },
    "mlp on a table": {
        "data": {"source": "sample:breast-cancer"},
        "model": {"template": "mlp"},
        "training": {"epochs": 600, "batch_size": 32},
    },
}


def main(pairs: int) -> int:
    """Prints the cost for each setting, then the times of a large run; 1 where one is missed."""
    warm_up.warm_up()
    good = True
    for name, plain in SETTINGS.items():
        text, reached = cost(name, plain, pairs)
        print(text, flush=True)
        good = good and reached

    for line in large():
        print(line, flush=True)

    return 0 if good else 1


@dataclass
class EpochMeter:
    """Notes the processor time of each epoch of a training, with margins in every second one.

    Of each two neighbours the other comes first than of the two before. What writes margins to the
    disk is timed by itself: it comes where it is due.
    """

    begun: float = 0.0
    epoch: int = 0
    kept: int = 0
    seconds: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    writing: float = 0.0

    @property
    def with_margins(self) -> bool:
        return self.epoch % 4 in (1, 2)

    @property
    def ratios(self) -> list[float]:
        """Returns the speed with margins over that without, of neighbouring epochs."""
        pairs = zip(self.seconds[False], self.seconds[True], strict=False)
        return [without / kept for without, kept in pairs][WARM:]

    @property
    def ratio(self) -> float:
        """Returns the median of the ratios, with the share of all time that went into writing."""
        writing = self.writing / (sum(self.seconds[True]) + sum(self.seconds[False]))
        return 1 / (1 / statistics.median(self.ratios) + writing)


@contextmanager
def metered(meter: EpochMeter) -> Iterator[None]:
    """Notes the epochs of a training inside the block."""
    begin_epoch, keeper = Batches.begin_epoch, margin_keeper.MarginKeeper
    end_epoch, write, finish = keeper.end_epoch, keeper.write, keeper.finish

    def noted_step(kept: MarginKeeper) -> None:
        if meter.with_margins:
            note_step(kept)

    def noted_begin(batches: Batches, epoch: int) -> None:
        begin_epoch(batches, epoch)
        meter.epoch = epoch
        meter.begun = time.thread_time()

    def noted_end(kept: MarginKeeper, epoch: int) -> None:
        if meter.with_margins:
            meter.kept += 1
            end_epoch(kept, meter.kept)
        meter.seconds[meter.with_margins].append(time.thread_time() - meter.begun)
        meter.epoch = epoch + 1
        kept._train_state.passes.kept = [] if meter.with_margins else None

    def timed(method: Callable[[MarginKeeper], None]) -> Callable[[MarginKeeper], None]:
        def noted(kept: MarginKeeper) -> None:
            begun = time.thread_time()
            method(kept)
            meter.writing += time.thread_time() - begun

        return noted

    note_step = keeper.note_step
    patched: tuple[Any, Any] = Batches, keeper
    patched[0].begin_epoch, patched[1].note_step = noted_begin, noted_step
    patched[1].end_epoch = noted_end
    patched[1].write, patched[1].finish = timed(write), timed(finish)
    try:
        yield
    finally:
        patched[0].begin_epoch, patched[1].note_step = begin_epoch, note_step
        patched[1].end_epoch, patched[1].write, patched[1].finish = end_epoch, write, finish


def cost(name: str, plain: dict[str, Any], pairs: int) -> tuple[str, bool]:
    """Returns the speed with margins over that without, and whether it is at least LEAST."""
    meters = []
    for _ in range(pairs):
        training = {"threads": 1, "device": "cpu", "patience": 0} | plain["training"]
        requested = from_plain({"name": "bench", **plain, "training": training})
        meter = EpochMeter()
        with tempfile.TemporaryDirectory() as folder, metered(meter):
            run = Run.create(Path(folder), requested)
            finished = trainer.train(requested, run, lambda event: None, Control())
            assert finished.status == "completed", finished.reason

        meters.append(meter)

    each = [meter.ratio for meter in meters]
    count = sum(len(meter.ratios) for meter in meters)
    middle = statistics.median(each)
    text = f"{middle:.3f} of the speed ({min(each):.3f} to {max(each):.3f} in {pairs} trainings"
    return f"{name:20} {text}, {count:,} pairs of epochs)", middle >= LEAST


def large() -> list[str]:
    """Returns how long the list of 100,000 examples takes, first and again, and copies."""
    dataset, predictor = _large()
    rows = dataset.indices["training"]
    generator = np.random.default_rng(0)
    sums = MarginSums(
        rows,
        generator.normal(2, 3, len(rows)).astype(np.float32),
        generator.integers(0, 4, len(rows)).astype(np.uint16),
        generator.random(len(rows)) < 0.9,
        generator.exponential(1, len(rows)).astype(np.float32),
        generator.integers(0, 10, len(rows)).astype(np.float32),
        10,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_sums(Path(folder), sums)
        first = _opened(Run(Path(folder)), dataset, predictor)
        again = _opened(Run(Path(folder)), dataset, predictor)
        begun = time.perf_counter()
        found = _list(Run(Path(folder)), dataset, predictor)
        found.to_plain(False)
        every = time.perf_counter() - begun

    begun = time.perf_counter()
    find_neighbours(predictor, dataset)
    compared = time.perf_counter() - begun
    return [
        f"{len(rows):,} examples: {1000 * first:.0f} ms, again {1000 * again:.0f} ms",
        f"all of them in words, as JSON has them: {every:.1f} s",
        f"copies and outliers among them: {compared:.0f} s",
    ]


def _opened(run: Run, dataset: Dataset, predictor: Predictor) -> float:
    begun = time.perf_counter()
    found = _list(run, dataset, predictor)
    for place in found.order[:100]:
        found.suspect(int(place))

    return time.perf_counter() - begun


def _list(run: Run, dataset: Dataset, predictor: Predictor) -> Suspects:
    description, task = predictor.description, predictor.task
    return quick_suspects(run, description, task, dataset, lambda: predictor)


def _large() -> tuple[Dataset, Predictor]:
    columns = tuple(RowColumn(f"x{n}", "number", "mean", std=1.0) for n in range(COLUMNS))
    preparation = RowPreparation(columns)
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(MANY, COLUMNS)).astype(np.float32)
    targets = generator.integers(0, 10, MANY)
    indices = dict(
        zip(("training", "validation"), np.split(np.arange(MANY), [90_000]), strict=True)
    )
    counts = {name: tuple(np.bincount(targets[rows])) for name, rows in indices.items()}
    description = Description(
        "large",
        "arrays",
        (COLUMNS,),
        tuple("abcdefghij"),
        counts,
        "large",
        preparation,
    )
    task = TASKS["classification"]
    problem = task.problem(description, 0)
    network = build_model(TEMPLATES.get("mlp")().graph(problem), problem, 0)
    names = [f"row {row + 1}" for row in range(MANY)]
    dataset = Dataset(description, inputs, targets, indices, names)
    return dataset, Predictor(network, description, task)
