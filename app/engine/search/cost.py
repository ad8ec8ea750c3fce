"""What a search would take, before it begins: the memory and the work of its largest trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.compute.device import cores
from app.engine.experiment.changes import has_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.experiment.experiment import Experiment
    from app.engine.planning.memory_estimate import Changes, Estimate, MemoryEstimator
    from app.engine.search.ranges import Range

MOST_POINTS = 12
"""Of a longer list of values so many are looked at, evenly spread, its ends included."""


@dataclass(frozen=True)
class Cost:
    """The largest trials of a search.

    memory: bytes beyond what is in use now, of the trial that takes the most. slowest: the
    experiment of the trial with the most work, epochs: those it trains. uneven: whether trials
    differ in their work. at_a_time: trials that the cores of this computer can train at once.
    """

    memory: int
    slowest: Experiment
    epochs: int
    uneven: bool
    at_a_time: int

    def seconds(self, epoch: float, trials: int) -> float:
        """Returns how long all trials take at most. epoch: seconds of one of the slowest."""
        return epoch * self.epochs * trials / self.at_a_time


def cost_of(
    estimator: MemoryEstimator,
    ranges: Sequence[Range],
    parallel: int,
    check: Callable[[], None],
) -> Cost | None:
    """Returns what a search costs; None where none of its trials could be trained.

    The ends of each range are tried with the others at their largest. check: called before each
    estimate; it may raise to give up. It loads torch.
    """
    largest = _largest(estimator, ranges, lambda found: (found.needed, 0.0), check)
    slowest = _largest(estimator, ranges, lambda found: _work(estimator, found), check)
    if largest is None or slowest is None:
        return None

    (biggest, _), (longest, uneven) = largest, slowest
    at_a_time = max(1, min(parallel, cores()))
    requested = longest.requested
    if parallel > 1 and requested.training.threads is None:
        requested = requested.replace(training=requested.training.replace(threads=1))

    epochs = longest.resolved.training.epochs
    return Cost(biggest.needed * max(1, parallel), requested, epochs, uneven, at_a_time)


def _largest(
    estimator: MemoryEstimator,
    ranges: Sequence[Range],
    size: Callable[[Estimate], tuple[float, float]],
    check: Callable[[], None],
) -> tuple[Estimate, bool] | None:
    """Returns the largest trial by some size, and whether sizes differ; None where none fits."""
    chosen: Changes = {}
    best: Estimate | None = None
    sizes = set()
    for each in ranges:
        found: list[tuple[tuple[float, float], Any, Estimate]] = []
        for point in _ends(each):
            check()
            if not _has(estimator, chosen, each.name):
                continue

            estimate = estimator.estimate({**chosen, each.name: point})
            if estimate is not None:
                found.append((size(estimate), point, estimate))

        if found:
            sizes |= {one for one, _, _ in found}
            _, point, best = max(found, key=lambda one: one[0])
            chosen = {**chosen, each.name: point}

    return (best, len(sizes) > 1) if best is not None else None


def _has(estimator: MemoryEstimator, chosen: Changes, name: str) -> bool:
    """Returns whether the kinds that are chosen have this setting at all."""
    section, field = name.split(".")
    if field in ("kind", "template"):
        return True

    estimate = estimator.estimate(chosen)
    return estimate is not None and has_setting(estimate.resolved, f"{section}.{field}")


def _ends(each: Range) -> tuple[Any, ...]:
    """Returns the points of a range at which it can be largest."""
    if not each.values:
        return (int(each.low), int(each.high)) if each.whole else (each.low, each.high)

    values = each.values
    if len(values) <= MOST_POINTS:
        return values

    last = len(values) - 1
    return tuple(values[round(step * last / (MOST_POINTS - 1))] for step in range(MOST_POINTS))


def _work(estimator: MemoryEstimator, found: Estimate) -> tuple[float, float]:
    """Returns the multiply-adds of a whole training for an example, then how small its steps are.

    Small batches take longer for the same work.
    """
    from app.engine.memory.inspection import inspect  # noqa: PLC0415 - it loads torch

    resolved = found.resolved
    inspection = inspect(resolved.model.graph(estimator.problem), estimator.problem)
    return (
        float(inspection.multiply_adds * resolved.training.epochs),
        -float(resolved.training.step_size),
    )
