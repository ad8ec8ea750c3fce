"""A run of another tool in a report of a comparison: its curves, and what its log tells."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.engine.experiment.experiment import Experiment
from app.engine.export.bundle.private import PathRemover
from app.engine.learning.metrics import METRICS
from app.engine.report.content import ReportedRun
from app.engine.runs.logs.comparable import comparable_history, epoch_length, judged_each_epoch
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from app.engine.experiment.plain import Value
    from app.engine.learning.metrics import Metric
    from app.engine.results.report import Report
    from app.engine.runs.events import RunPrepared
    from app.engine.runs.history import History
    from app.engine.runs.logs.foreign_run import ForeignRun
    from app.engine.runs.summary import Summary
    from models.graph import Graph
    from models.shape import Problem


class ReportedLog(ReportedRun):
    """What is known of a run from its log alone; everything else is not there.

    metric: by which the other runs are judged, None where there are several.
    """

    is_own = False

    def __init__(self, log: ForeignRun, label: str, metric: Metric | None) -> None:
        problems = [f"{label}: {note}" for note in log.notes]
        super().__init__(Run(log.path), label, Experiment(), problems)
        self._log = log
        self._metric = metric

    @cached_property
    def remover(self) -> PathRemover:
        return PathRemover([str(self._log.path), str(self._log.path.resolve())])

    @cached_property
    def summary(self) -> Summary:
        nothing: Summary = {}
        return nothing

    @cached_property
    def environment(self) -> dict[str, Any]:
        return {}

    @cached_property
    def prepared(self) -> RunPrepared | None:
        return None

    @cached_property
    def resolved(self) -> dict[str, Any]:
        return {}

    @property
    def known(self) -> dict[tuple[str, str], Value]:
        return dict(self._log.settings)

    @cached_property
    def history(self) -> History:
        return comparable_history(self._log)

    @property
    def epochs_known(self) -> bool:
        return judged_each_epoch(self._log)

    @cached_property
    def headline(self) -> Metric:
        names = [name for line in self.epochs[:1] for name in line["metrics"]]
        first = next((METRICS[name] for name in names if name in METRICS), METRICS["accuracy"])
        return self._metric or first

    @cached_property
    def results(self) -> Report | None:
        return None

    @cached_property
    def network(self) -> tuple[Graph, Problem] | None:
        return None

    @cached_property
    def _dataset(self) -> dict[str, Any]:
        return {}

    @property
    def steps_per_epoch(self) -> float:
        return epoch_length(self._log)
