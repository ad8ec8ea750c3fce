"""What a search costs is that of its largest trials, as the memory ledger has them."""

from __future__ import annotations

from typing import Any

from app.engine.experiment.toml_file import from_plain
from app.engine.planning.memory_estimate import MemoryEstimator
from app.engine.search.cost import Cost, cost_of
from app.engine.search.ranges import parse_ranges
from app.engine.search.subject import kinds_for
from tests.engine.search.folders import EXPERIMENT, penguins


def cost(*tried: str, parallel: int = 1, **training: Any) -> Cost:
    plain = {**EXPERIMENT, "training": {**EXPERIMENT["training"], **training}}
    experiment = from_plain(plain)
    dataset = penguins()
    estimator = MemoryEstimator.for_experiment(experiment, dataset.description)
    ranges = parse_ranges(tried, experiment, kinds_for(dataset))
    found = cost_of(estimator, ranges, parallel, lambda: None)
    assert found is not None
    return found


def test_the_largest_network_counts() -> None:
    both = cost("model.width=16..256", "model.depth=1..3", "optimizer.learning_rate=0.001..0.01")
    slowest: Any = both.slowest
    assert (slowest.model.width, slowest.model.depth) == (256, 3)
    assert both.uneven and both.epochs == 2
    estimator = MemoryEstimator.for_experiment(from_plain(EXPERIMENT), penguins().description)
    largest = estimator.estimate({"model.width": 256, "model.depth": 3})
    assert largest is not None and both.memory >= largest.needed


def test_what_leaves_the_network_alone_is_even() -> None:
    even = cost("optimizer.learning_rate=0.001..0.01", "optimizer.weight_decay=0..0.1")
    assert not even.uneven
    assert even.seconds(epoch=3.0, trials=10) == 60.0  # two epochs each


def test_the_longest_training_in_the_smallest_steps_counts() -> None:
    found = cost("training.epochs=1..20", "training.batch_size=16,64")
    assert found.epochs == 20 and found.slowest.training.batch_size == 16


def test_side_by_side_they_take_the_memory_of_all() -> None:
    one = cost("model.width=16..64")
    two = cost("model.width=16..64", parallel=2)
    assert two.memory == 2 * one.memory
    assert one.slowest.training.threads is None and two.slowest.training.threads == 1
