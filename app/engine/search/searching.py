"""Runs the trials of a search, one after the other; each is an ordinary run.

A trial is judged on validation alone; the test split never chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.experiment.experiment import CHOICES
from app.engine.experiment.resolve import resolve, task_of
from app.engine.learning.metrics import METRICS
from app.engine.runs.control import Control
from app.engine.runs.events import EpochDone, Event, RunPrepared
from app.engine.runs.run import Run
from app.engine.search.proposals import Proposal, Proposals
from app.engine.search.ranges import with_values
from app.engine.search.search_folder import Plan, SearchFolder, Trial
from app.engine.training import trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.events import RunFinished


@dataclass(frozen=True)
class Begun:
    """A trial begins. number: from 1. values: by SECTION.FIELD."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """A trial has ended. best: of all so far, None where none has a figure."""

    trial: Trial
    best: Trial | None


def metric_of(experiment: Experiment, dataset: Dataset) -> str:
    """Returns the name of the figure by which trials are compared: the task's headline."""
    return task_of(resolve(experiment, dataset.description), dataset.description).headline.name


def kinds_for(dataset: Dataset) -> Callable[[Experiment], dict[str, str]]:
    """Returns what says which kinds of choices an experiment gets with these data."""

    def kinds(experiment: Experiment) -> dict[str, str]:
        resolved = resolve(experiment, dataset.description)
        return {section: getattr(resolved, section).kind for section in CHOICES}

    return kinds


def best_of(trials: Sequence[Trial], metric: str) -> Trial | None:
    """Returns the trial with the best figure, the earlier of two; None where none has one."""
    judged = [trial for trial in trials if trial.figure is not None]
    higher = METRICS[metric].better == "higher"
    return min(
        judged,
        key=lambda trial: -(trial.figure or 0.0) if higher else trial.figure or 0.0,
        default=None,
    )


@dataclass
class Search:
    """One search in its folder. control: stops the trial that is trained, and the search."""

    folder: SearchFolder
    dataset: Dataset
    watch: Callable[[Begun | Ended | Event], None]
    control: Control = field(default_factory=Control)

    def run(self) -> list[Trial]:
        """Makes the trials that are left, and returns all that ended.

        Begun again it goes on: what a kill or a stop cut off is proposed once more. Raises
        UserError where the folder is damaged, or where the disk refuses.
        """
        plan = self.folder.plan()
        experiment = self.folder.experiment()
        higher = METRICS[plan.metric].better == "higher"
        proposals = Proposals(
            self.folder.journal, plan.ranges, plan.strategy, plan.trials, higher, plan.seed
        )

        while not self.control.stopping and (proposal := proposals.ask()) is not None:
            self.watch(Begun(proposal.number, proposal.values))
            trial = self._trial(plan, experiment, proposals, proposal)
            if trial is None:
                break

            self.folder.note(trial)
            self.watch(Ended(trial, best_of(self.folder.trials(), plan.metric)))

        return self.folder.trials()

    def importance(self) -> dict[str, float]:
        """Returns the share of each setting in the differences, see Proposals.importance."""
        plan = self.folder.plan()
        higher = METRICS[plan.metric].better == "higher"
        return Proposals(
            self.folder.journal, plan.ranges, plan.strategy, plan.trials, higher, plan.seed
        ).importance()

    def _trial(
        self, plan: Plan, experiment: Experiment, proposals: Proposals, proposal: Proposal
    ) -> Trial | None:
        """Trains one proposal; None where a person stopped it. Raises UserError."""
        name = f"trial {proposal.number:03}"
        try:
            changed = with_values(experiment, proposal.values, kinds_for(self.dataset))
        except UserError as error:
            proposals.failed(error.message)
            return Trial(proposal.number, "", proposal.values, "failed", reason=error.message)

        run = Run.create(self.folder.runs, changed.replace(name=name))
        listener = _Listener(plan.metric, proposals, self)
        finished = trainer.train(run.experiment(), run, listener, listener.control)
        return _ended(proposals, proposal, finished, listener, plan.metric)


class _TrialControl(Control):
    """The requests to one trial: its own, and those to the whole search."""

    def __init__(self, search: Control) -> None:
        super().__init__()
        self._search = search

    @property
    def stopping(self) -> bool:
        return super().stopping or self._search.stopping

    @property
    def stopping_at_once(self) -> bool:
        return super().stopping_at_once or self._search.stopping_at_once


class _Listener:
    """Hears the events of a trial, and stops it where others were ahead of it."""

    def __init__(self, metric: str, proposals: Proposals, search: Search) -> None:
        self.control = _TrialControl(search.control)
        self.ended_early = False
        self.steps = 0
        self._metric = METRICS[metric]
        self._proposals = proposals
        self._watch = search.watch
        self._epochs = 0
        self._best: float | None = None

    def __call__(self, event: Event) -> None:
        self._watch(event)
        if isinstance(event, RunPrepared):
            self._epochs = event.epochs
        elif isinstance(event, EpochDone):
            self._judge(event)

    def _judge(self, event: EpochDone) -> None:
        """Compares the best figure so far with those of other trials at this epoch."""
        self.steps = event.step
        figure = event.metrics.get(self._metric.name)
        if figure is None or self.ended_early:
            return
        if self._best is None or self._metric.improves(figure, self._best):
            self._best = figure

        if self._proposals.is_hopeless(event.epoch, self._epochs, self._best):
            self.ended_early = True
            self.control.stop(at_once=True)


def _ended(
    proposals: Proposals,
    proposal: Proposal,
    finished: RunFinished,
    listener: _Listener,
    metric: str,
) -> Trial | None:
    """Tells how a trial ended; None where a person stopped it, and it is to be made again."""
    summary = finished.summary
    validation = summary.get("metrics", {}).get("validation", {})
    figure = validation.get(metric)
    run = Path(finished.run).name
    if finished.status == "completed" and figure is not None and math.isfinite(figure):
        proposals.done(figure)
        return Trial(
            proposal.number, run, proposal.values, "completed", figure, summary.get("steps", 0)
        )

    if listener.ended_early:
        proposals.ended_early()
        return Trial(proposal.number, run, proposal.values, "ended early", figure, listener.steps)

    if finished.status == "stopped":
        proposals.put_back()
        return None

    reason = finished.failure[0] if finished.failure else finished.reason
    proposals.failed(reason)
    return Trial(proposal.number, run, proposal.values, "failed", None, listener.steps, reason)
