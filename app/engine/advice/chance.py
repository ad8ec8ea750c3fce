"""What an answer that knows nothing would reach, and whether a network is seen to do better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.engine.advice.figures import or_nan
from app.engine.learning import scores

if TYPE_CHECKING:
    from app.engine.advice.figures import Figures
    from app.engine.runs.metrics_lines import EpochLine


def baseline(figures: Figures) -> float | None:
    """Returns what the main metric is without any knowledge; None where that is not known.

    Always the most frequent class, always the mean, any of the partners, any byte.
    """
    headline = figures.task.headline
    counts = figures.description.counts.get("validation", ())
    size = figures.description.size("validation")
    if not size:
        return None

    if headline.name == "accuracy" and figures.task.targets == "classes":
        return max(counts) / size
    if headline.name == "recall_at_1":
        return 1 / size if figures.task.pairs else sum((count / size) ** 2 for count in counts)
    if headline.name == "r2":
        return 0.0

    return headline.worst if headline.better == "lower" else None


def beyond_chance(figures: Figures, epoch: EpochLine) -> bool | None:
    """Returns whether an epoch is better than knowing nothing, by more than chance explains.

    None where that cannot be said. Shares are judged by their 95 % interval.
    """
    value, reached = baseline(figures), or_nan(epoch["metrics"].get(figures.task.headline.name))
    if value is None or math.isnan(reached):
        return None

    if figures.task.headline.shown == "percent":
        size = figures.description.size("validation")
        low, _ = scores.wilson(round(reached * size), size)
        return low > value or _ranks_well(figures, epoch)

    return figures.task.headline.improves(reached, value)


def at_chance(figures: Figures, epoch: EpochLine) -> bool:
    """Returns whether an epoch is no better than knowing nothing, as nearly as can be seen.

    It is stricter than not being beyond chance: a good share of few examples is not that either.
    """
    value, reached = baseline(figures), or_nan(epoch["metrics"].get(figures.task.headline.name))
    if value is None or math.isnan(reached) or beyond_chance(figures, epoch):
        return False

    if figures.task.headline.shown != "percent":
        return True

    size = figures.description.size("validation")
    return reached <= value + math.sqrt(value * (1 - value) / size)


def _ranks_well(figures: Figures, epoch: EpochLine) -> bool:
    """Returns whether a yes gets a higher number than a no more often than chance explains.

    Of rare ones none may be predicted yet. The deviation is that of Mann & Whitney's U.
    """
    area = epoch["metrics"].get("auc")
    counts = figures.description.counts.get("validation", ())
    if area is None or not figures.task.yes_or_no or len(counts) != 2 or min(counts) == 0:
        return False

    deviation = math.sqrt((sum(counts) + 1) / (12 * counts[0] * counts[1]))
    return area > 0.5 + scores.Z95 * deviation
