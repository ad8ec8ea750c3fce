"""How far a search is, read from its folder. No torch and no optuna here: the window asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.detached.listing import epoch_lines, listed
from app.engine.learning.metrics import METRICS, Metric
from app.engine.runs.run import Run
from app.engine.search import workers
from app.engine.search.proposals import grid_size
from app.engine.search.subject import best_of

if TYPE_CHECKING:
    from typing import Any

    from app.engine.search.search_folder import (
        Begun,
        Importance,
        Plan,
        SearchFolder,
        Trial,
    )


@dataclass(frozen=True)
class UnderWay:
    """A trial that is trained now. epoch: epochs done. figure: the best one so far, if any."""

    number: int
    run: str
    values: dict[str, Any]
    epoch: int
    epochs: int | None
    figure: float | None


@dataclass(frozen=True)
class Progress:
    """A search at one moment.

    trials: those that ended, in order. begun: how many were begun, those that were cut off too.
    working: processes that work on it. importance: of its settings, None where it is not known.
    trouble: why it could not go on, "" if it could.
    """

    folder: SearchFolder
    plan: Plan
    trials: tuple[Trial, ...]
    under_way: tuple[UnderWay, ...]
    begun: int
    working: int
    importance: Importance | None
    trouble: str

    @property
    def metric(self) -> Metric:
        return METRICS[self.plan.metric]

    @property
    def best(self) -> Trial | None:
        return best_of(self.trials, self.plan.metric)

    @property
    def wanted(self) -> int:
        """How many trials there are in the end."""
        plan = self.plan
        return min(plan.trials, grid_size(plan.ranges)) if plan.strategy == "grid" else plan.trials

    @property
    def over(self) -> bool:
        """Whether all trials were made."""
        return len(self.trials) >= self.wanted

    @property
    def remaining(self) -> float | None:
        """Seconds to go, by what the trials took so far; None before one has told that."""
        times = [trial.seconds for trial in self.trials if trial.seconds is not None]
        if not times or not self.working:
            return None

        left = self.wanted - len(self.trials)
        return left * sum(times) / len(times) / self.working


def read(folder: SearchFolder) -> Progress:
    """Reads how far a search is. Raises UserError where it is damaged."""
    plan = folder.plan()
    working = workers.count(folder.path)
    trials = folder.trials()
    ended = {trial.number for trial in trials}
    begun = folder.begun()
    open_ = [one for one in begun if one.number not in ended] if working else []
    return Progress(
        folder,
        plan,
        tuple(trials),
        tuple(found for one in open_ if (found := _under_way(folder, one, plan)) is not None),
        len(begun),
        working,
        folder.importance(),
        folder.trouble,
    )


def _under_way(folder: SearchFolder, begun: Begun, plan: Plan) -> UnderWay | None:
    """Returns how far a trial is; None of one that nobody trains: it was cut off."""
    run = Run(folder.runs / begun.run)
    if run.status != "running":
        return None

    entry = listed(run)
    return UnderWay(
        begun.number, begun.run, begun.values, entry.epoch, entry.epochs, _best(run, plan)
    )


def _best(run: Run, plan: Plan) -> float | None:
    metric = METRICS[plan.metric]
    best: float | None = None
    for line in epoch_lines(run.path):
        figure = line["metrics"].get(plan.metric)
        known = figure is not None and math.isfinite(figure)
        if figure is not None and known and (best is None or metric.improves(figure, best)):
            best = figure

    return best
