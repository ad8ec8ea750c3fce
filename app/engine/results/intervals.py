"""How sure the figures of a split are: 95 % intervals, where there is a formula for one.

Of the accuracy it is Wilson's (1927), of the mean error the normal interval of a mean: mean ± 1.96
standard errors, from FEW examples on. Others have none here, and none is made up for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.scores import Z95
from app.engine.results.reports.amounts import AmountReport
from app.engine.results.reports.classes import ClassReport

if TYPE_CHECKING:
    from app.engine.results.reports import SplitReport

FEW = 30
"""With fewer examples the mean of errors is not near enough to a normal distribution."""

Interval = tuple[float, float]


def intervals_of(split: SplitReport) -> dict[str, Interval]:
    """Returns the intervals (low, high) of a split's metrics by name; {} where none is known."""
    if isinstance(split, ClassReport) and split.count:
        return {"accuracy": (split.low, split.high)}
    if isinstance(split, AmountReport) and len(split.amounts) == 1 and split.count >= FEW:
        return {"mae": mean_interval(np.abs(split.residuals()))}

    return {}


def mean_interval(values: np.ndarray) -> Interval:
    """Returns the 95 % interval of the mean of (n,) values, n at least 2."""
    mean = float(values.mean())
    reach = Z95 * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    return mean - reach, mean + reach
