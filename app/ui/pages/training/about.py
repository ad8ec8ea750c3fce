"""What the run shown predicts from what: its task and the description of its data, for the words of
the page.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.dataset import Dataset, Description
from app.engine.data.nouns import noun
from app.engine.learning.metrics import METRICS, Metric, metric_text, shared_unit
from app.engine.learning.tasks import TASKS, Task
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.state.record import Record


@dataclass(frozen=True)
class About:
    """task, description: None where they are not known yet."""

    task: Task | None = None
    description: Description | None = None

    @property
    def many(self) -> str:
        """What the examples are called."""
        return noun(self.description.kind if self.description is not None else "")

    @property
    def unit(self) -> str:
        return shared_unit(self.description) if self.description is not None else ""

    @property
    def headline(self) -> Metric:
        """The figure by which the run is judged first."""
        return self.task.headline if self.task is not None else METRICS["accuracy"]

    def text(self, value: float) -> str:
        """A value of the headline metric for a person."""
        return metric_text(self.headline.name, value, self.unit)


def about_of(record: Record, resolved: ResolvedExperiment | None, dataset: Dataset | None) -> About:
    """From the open data if they are the run's, else from its folder."""
    description = dataset.description if dataset is not None else None
    if description is None and record.path is not None:
        with contextlib.suppress(KeyError, TypeError, ValueError, OSError):
            plain = Run(record.path).dataset()
            description = Description.from_plain(plain) if plain else None

    asked = resolved.data.task if resolved is not None else None
    kind: str = asked or (description.task if description is not None else "")
    if kind not in TASKS:
        figures = record.epochs[-1].metrics if record.epochs else {}
        first = next(iter(figures), "")
        return About(
            next((one for one in TASKS.values() if one.metrics[0] == first), None), description
        )

    return About(TASKS[kind], description)
