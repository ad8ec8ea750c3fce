"""What a search goes by: the figure that judges its trials, and the kinds that the data ask for.

No torch here: the window asks the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.experiment.experiment import CHOICES
from app.engine.experiment.resolve import resolve, task_of
from app.engine.learning.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.data.dataset import Dataset, Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.search.search_folder import Trial


def metric_of(experiment: Experiment, dataset: Dataset) -> str:
    """Returns the name of the figure by which trials are compared: the task's headline."""
    return task_of(resolve(experiment, dataset.description), dataset.description).headline.name


def kinds_for(dataset: Dataset) -> Callable[[Experiment], dict[str, str]]:
    """Returns what says which kinds of choices an experiment gets with these data."""
    return kinds_with(dataset.description)


def kinds_with(description: Description) -> Callable[[Experiment], dict[str, str]]:
    """Does the same for data of which only the description is there."""

    def kinds(experiment: Experiment) -> dict[str, str]:
        resolved = resolve(experiment, description)
        return {section: getattr(resolved, section).kind for section in CHOICES}

    return kinds


def best_of(trials: Sequence[Trial], metric: str) -> Trial | None:
    """Returns the trial with the best figure at its end, the earlier of two; None without one."""
    judged = [t for t in trials if t.status == "completed" and t.figure is not None]
    higher = METRICS[metric].better == "higher"
    return min(
        judged,
        key=lambda trial: -(trial.figure or 0.0) if higher else trial.figure or 0.0,
        default=None,
    )
