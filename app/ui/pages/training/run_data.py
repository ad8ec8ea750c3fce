"""The data of the run that is shown: its task and its description, for words on the page."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.dataset import Dataset, Description
from app.engine.data.nouns import noun
from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS, Metric, metric_text, shared_unit
from app.engine.learning.tasks import TASKS, Task
from app.engine.results.reports.classes import usual_class
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.state.record import Record


@dataclass(frozen=True)
class RunData:
    """The task and the description of the data of a run; None where they are not known yet."""

    task: Task | None = None
    description: Description | None = None

    @property
    def many(self) -> str:
        """The noun of the examples, in the plural."""
        return noun(self.description.kind if self.description is not None else "")

    @property
    def unit(self) -> str:
        return shared_unit(self.description) if self.description is not None else ""

    @property
    def usual_class(self) -> int | None:
        """The number of the class that is most frequent in training."""
        description = self.description
        if description is None or not description.classes or "training" not in description.counts:
            return None

        return usual_class(description)

    @property
    def headline(self) -> Metric:
        """The metric by which the run is judged first."""
        return self.task.headline if self.task is not None else METRICS["accuracy"]

    def text(self, value: float) -> str:
        """Returns a value of the headline metric as text."""
        return metric_text(self.headline.name, value, self.unit)


def run_data_of(
    record: Record, resolved: ResolvedExperiment | None, dataset: Dataset | None
) -> RunData:
    """Returns what the open data say if they are the run's, else what its folder says."""
    description = dataset.description if dataset is not None else None
    if description is None and record.path is not None:
        with contextlib.suppress(UserError, KeyError, TypeError, ValueError, OSError):
            plain = Run(record.path).dataset()
            description = Description.from_plain(plain) if plain else None

    chosen = resolved.data.task if resolved is not None else None
    kind: str = chosen or (description.task if description is not None else "")
    if kind not in TASKS:
        metrics = record.epochs[-1].metrics if record.epochs else {}
        first = next(iter(metrics), "")
        task = next((task for task in TASKS.values() if task.metrics[0] == first), None)
        return RunData(task, description)

    return RunData(TASKS[kind], description)
