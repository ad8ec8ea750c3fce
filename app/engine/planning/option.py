"""One row of the planner: a change of the experiment, what it costs and what it saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.planning.memory_estimate import Changes, Estimate, MemoryEstimator


@dataclass(frozen=True)
class Option:
    """A change of the experiment.

    key: tells it from the other rows. cost: what it costs beside memory, in a sentence. gain: bytes
    less than now, negative if more.
    """

    key: str
    title: str
    cost: str
    estimate: Estimate
    gain: int = 0

    @property
    def changes(self) -> Changes:
        """The settings that are changed."""
        return self.estimate.changes


def option_of(
    estimator: MemoryEstimator, key: str, title: str, cost: str, changes: Changes
) -> Option | None:
    """Returns the row of these changes, None where they do not go together."""
    estimate = estimator.estimate(changes)
    if estimate is None:
        return None

    return Option(key, title, cost, estimate, estimator.current.needed - estimate.needed)
