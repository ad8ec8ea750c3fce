"""What margins cost a training, and how long suspects take to come up with 100,000 examples.

Trainings with and without margins alternate, by their processor time on one thread. The list of a
large run is read as the window reads it: from the margins on the disk and the arrays in memory.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

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
    from app.engine.suspects.suspects import Suspects

MANY = 100_000
COLUMNS = 20
SETTINGS: dict[str, dict[str, Any]] = {
    "cnn on the digits": {
        "data": {"source": "sample:digits"},
        "model": {"template": "cnn"},
        "training": {"epochs": 4, "batch_size": 64},
    },
    "mlp on a table": {
        "data": {"source": "sample:breast-cancer"},
        "model": {"template": "mlp"},
        "training": {"epochs": 120, "batch_size": 32},
    },
}


def main(pairs: int) -> None:
    """Prints the cost for each setting, then the times of a large run."""
    warm_up.warm_up()
    for name, plain in SETTINGS.items():
        print(cost(name, plain, pairs), flush=True)

    for line in large():
        print(line, flush=True)


def cost(name: str, plain: dict[str, Any], pairs: int) -> str:
    """Returns the speed with margins over that without, the median of pairs."""
    ratios = [_seconds(plain, False) / _seconds(plain, True) for _ in range(pairs)]
    low, high = min(ratios), max(ratios)
    return f"{name:20} {statistics.median(ratios):.3f} of the speed ({low:.3f} to {high:.3f})"


def _seconds(plain: dict[str, Any], margins: bool) -> float:
    """Returns the processor time of the steps and epochs of a training."""
    training = plain["training"] | {"threads": 1, "device": "cpu"}
    requested = from_plain({"name": "bench", **plain, "training": training})
    before = margin_keeper.STATE_BYTES
    if not margins:
        margin_keeper.STATE_BYTES = 1 << 40  # too large to keep any
    try:
        with tempfile.TemporaryDirectory() as folder:
            run = Run.create(Path(folder), requested)
            begun = time.process_time()
            finished = trainer.train(requested, run, lambda event: None, Control())
            taken = time.process_time() - begun
            assert finished.status == "completed", finished.reason
            return taken
    finally:
        margin_keeper.STATE_BYTES = before


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
