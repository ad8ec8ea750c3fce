"""What a search with TPE and early ends finds, beside as many random trials.

Both search settings of the mlp on the built-in diabetes data, a few seeds each. The figure is the
best on validation, which is what a search goes by; the steps of training are what it costs.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.engine.experiment.toml_file import from_plain
from app.engine.search.ranges import parse_ranges
from app.engine.search.search_folder import Plan, SearchFolder
from app.engine.search.searching import Search
from app.engine.search.subject import best_of, kinds_for, metric_of
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from app.engine.search.proposals import Strategy

TRIALS = 30
MOST_STEPS = 0.5
"""So many of the steps of random trials the search may take."""

EXPERIMENT = {
    "data": {"source": "sample:diabetes"},
    "model": {"template": "mlp"},
    "training": {"epochs": 27, "threads": 1, "patience": 0},
}
TRIED = (
    "optimizer.learning_rate=0.0001..0.1",
    "optimizer.weight_decay=0.0001..0.3",
    "model.width=8..128",
    "model.depth=1..4",
    "model.dropout=0..0.5",
    "training.batch_size=16..128",
)


class Found(NamedTuple):
    """The best figure on validation, and the steps of all trials."""

    figure: float
    steps: int


def main(seeds: int) -> int:
    """Prints both, and returns 0 where the search is at least as good in half the steps."""
    print("seed  random: best  steps    tpe: best  steps")
    pairs = []
    for seed in range(seeds):
        random = _search("random", seed)
        tpe = _search("tpe", seed)
        pairs.append((random, tpe))
        print(
            f"{seed:4}  {random.figure:12.4f} {random.steps:6,}  {tpe.figure:11.4f} {tpe.steps:6,}",
            flush=True,
        )

    gains = [tpe.figure - random.figure for random, tpe in pairs]
    share = sum(tpe.steps for _, tpe in pairs) / sum(random.steps for random, _ in pairs)
    spread = statistics.stdev(gains) if len(gains) > 1 else float("nan")
    gain = statistics.mean(gains)
    passed = gain >= 0 and share <= MOST_STEPS
    print(
        f"best of {TRIALS} trials, R2 on validation: tpe minus random {gain:+.4f} (standard "
        f"deviation {spread:.4f}, {seeds} seeds), with {share:.2f} of the steps (at most "
        f"{MOST_STEPS}): {'PASS' if passed else 'FAIL'}"
    )
    return int(not passed)


def _search(strategy: Strategy, seed: int) -> Found:
    experiment = from_plain(EXPERIMENT)
    dataset = open_dataset(experiment.data)
    metric = metric_of(experiment, dataset)
    ranges = parse_ranges(TRIED, experiment, kinds_for(dataset))
    with tempfile.TemporaryDirectory() as name:
        folder = SearchFolder(Path(name) / "search")
        folder.create(experiment, Plan(ranges, strategy, TRIALS, metric, 1000 * seed))
        trials = Search(folder, dataset, lambda _: None).run()

    best = best_of(trials, metric)
    assert best is not None and best.figure is not None
    return Found(best.figure, sum(trial.steps for trial in trials))
