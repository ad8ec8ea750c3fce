"""The cost of taking turns: a race of two against the same two trained one after the other."""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.compute import device
from app.engine.experiment.toml_file import from_plain
from app.engine.race.race import race
from app.engine.race.turns import RaceControl
from app.engine.race.variants import variants_of
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training import warm_up
from app.engine.training.trainer import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment


def main(template: str, pairs: int, processor_time: bool) -> None:
    """Prints ratios of time, race / one after the other, as medians of `pairs` interleaved pairs.

    They are measured with one thread, and with all cores unless processor time is asked for, which
    says nothing of several.
    """
    clock = time.process_time if processor_time else time.perf_counter
    warm_up.warm_up()

    for threads in (1,) if processor_time else sorted({1, device.cores()}):
        two = _two(template, threads)
        dataset = open_dataset(two[0].data)
        with tempfile.TemporaryDirectory() as folder:
            _alone(two, Path(folder), dataset)
            ratios = []
            for _ in range(pairs):
                alone = _seconds_of(clock, partial(_alone, two, Path(folder), dataset))
                ratios.append(
                    _seconds_of(clock, partial(_run_race, two, Path(folder), dataset)) / alone
                )

        spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
        word = "thread" if threads == 1 else "threads"
        print(
            f"race of two / one after the other, {template}, {threads} {word}: "
            f"{statistics.median(ratios):.3f} "
            f"({spread}, {pairs} pairs)",
            flush=True,
        )


def _two(template: str, threads: int) -> tuple[Experiment, Experiment]:
    first = from_plain(
        {
            "name": "bench",
            "data": {"source": "sample:fashion"},
            "model": {"template": template},
            "training": {"epochs": 2, "batch_size": 64, "threads": threads, "device": "cpu"},
        }
    )
    return first, first.replace(optimizer={"kind": "sgd"})


def _seconds_of(clock: Callable[[], float], action: Callable[[], object]) -> float:
    begun = clock()
    action()
    return clock() - begun


def _alone(two: tuple[Experiment, Experiment], folder: Path, dataset: Dataset) -> None:
    for experiment in two:
        end = train(
            experiment, Run.create(folder, experiment), lambda event: None, Control(), dataset
        )
        assert end.status == "completed", end.reason


def _run_race(two: tuple[Experiment, Experiment], folder: Path, dataset: Dataset) -> None:
    end = race(
        variants_of(two, dataset.description), folder, lambda event: None, RaceControl(2), dataset
    )
    assert end.status == "completed", end.reason
