"""Runs the trials of a search, one after the other; each is an ordinary run.

Several processes may do so on one search at a time. A trial is judged on validation alone; the test
split never chooses.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.detached import control_file
from app.engine.detached.control_file import ControlReader
from app.engine.detached.event_file import EventFile
from app.engine.detached.process import ClaimedRun
from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS
from app.engine.runs.control import Control
from app.engine.runs.events import EpochDone, Event, RunPrepared
from app.engine.runs.run import Run
from app.engine.runs.storage.manifest import RunFileError
from app.engine.search import study as studies
from app.engine.search.proposals import Outcome, Proposal, Proposals
from app.engine.search.ranges import with_values
from app.engine.search.search_folder import Begun, Importance, Plan, SearchFolder, Trial
from app.engine.search.subject import best_of, kinds_for
from app.engine.training import trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.events import RunFinished
    from app.engine.search.workers import Worker

IMPORTANCE_EVERY = 5
"""Trials between two looks at what mattered: one takes some tenths of a second."""

STOPPED = "Somebody stopped it."


@dataclass(frozen=True)
class Ended:
    """A trial has ended. best: of all so far, None where none has a figure."""

    trial: Trial
    best: Trial | None


@dataclass
class Search:
    """One search in its folder, as one worker makes it.

    control: stops the trial that is trained, and the search. worker: the place of this process,
    None to take one. followed: each run tells its events in its folder and reads its control file
    when `poll` is called, from another thread.
    """

    folder: SearchFolder
    dataset: Dataset
    watch: Callable[[Begun | Ended | Event], None]
    control: Control = field(default_factory=Control)
    worker: Worker | None = None
    followed: bool = False
    _reader: ControlReader | None = None

    def run(self) -> list[Trial]:
        """Makes the trials that are left, and returns all that ended.

        Begun again it goes on: what a kill or a stop cut off is proposed once more. Raises
        UserError where the folder is damaged, or where the disk refuses.
        """
        plan = self.folder.plan()
        experiment = self.folder.experiment()
        with self._proposals(plan) as proposals:
            self._note_what_was_not(proposals)
            while not self.control.stopping and (proposal := proposals.ask()) is not None:
                self.watch(Begun(proposal.number, proposal.values))
                trial = self._trial(plan, experiment, proposals, proposal)
                if trial is None:
                    break

                self.folder.note(trial)
                trials = self.folder.trials()
                self.watch(Ended(trial, best_of(trials, plan.metric)))
                if len(trials) % IMPORTANCE_EVERY == 0:
                    self._note_importance(proposals)

            self._note_importance(proposals)

        return self.folder.trials()

    def poll(self) -> None:
        """Passes requests to the run of the open trial on to it."""
        if (reader := self._reader) is not None:
            reader.poll()

    def importance(self) -> dict[str, float]:
        """Returns the share of each setting in the differences, see study.importance."""
        plan = self.folder.plan()
        higher = METRICS[plan.metric].better == "higher"
        return studies.importance(studies.open_study(self.folder.journal, higher))

    def _proposals(self, plan: Plan) -> Proposals:
        return Proposals(
            self.folder.journal,
            plan.ranges,
            plan.strategy,
            plan.trials,
            METRICS[plan.metric].better == "higher",
            plan.seed,
            self.worker,
        )

    def _note_what_was_not(self, proposals: Proposals) -> None:
        """Notes trials whose end a kill kept from being noted."""
        known = {trial.number for trial in self.folder.trials()}
        for outcome in proposals.outcomes(known):
            self.folder.note(_noted_late(self.folder, outcome))

    def _note_importance(self, proposals: Proposals) -> None:
        shares = proposals.importance()
        if shares:
            self.folder.note_importance(Importance(proposals.completed, shares))

    def _trial(
        self, plan: Plan, experiment: Experiment, proposals: Proposals, proposal: Proposal
    ) -> Trial | None:
        """Trains one proposal; None where a person stopped the search. Raises UserError."""
        try:
            changed = with_values(experiment, proposal.values, kinds_for(self.dataset))
        except UserError as error:
            proposals.failed(error.message)
            return Trial(proposal.number, "", proposal.values, "failed", reason=error.message)

        training = changed.training
        if plan.parallel > 1 and training.threads is None:
            # Side by side each has one thread: that is quicker for all, and the same every time.
            changed = changed.replace(training=training.replace(threads=1))

        run = Run.create(self.folder.runs, changed.replace(name=f"trial {proposal.number:03}"))
        proposals.begun(run.name)
        self.folder.note_begin(Begun(proposal.number, proposal.values, run.name))
        listener = _Listener(plan.metric, proposals, self)
        with self._followed(run, listener) as emit:
            finished = trainer.train(run.experiment(), emit.run, emit, listener.control)

        return _ended(proposals, proposal, finished, listener, plan.metric)

    @contextlib.contextmanager
    def _followed(self, run: Run, listener: _Listener) -> Iterator[_Emit]:
        """Lets others follow a run through its folder, and control it, if that is wanted."""
        if not self.followed:
            yield _Emit(run, listener)
            return

        claimed = ClaimedRun(run.path)
        claimed.claim()
        try:
            told = EventFile(run.path)
            control_file.create(run.path)
        except UserError:
            claimed.release()
            raise

        self._reader = ControlReader(claimed, listener.control)
        try:
            yield _Emit(claimed, listener, told)
        finally:
            self._reader = None
            told.close()


@dataclass(frozen=True)
class _Emit:
    """Hands the events of a run to those who hear them."""

    run: Run
    listener: _Listener
    told: EventFile | None = None

    def __call__(self, event: Event) -> None:
        if self.told is not None:
            self.told(event)

        self.listener(event)


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

    @property
    def pausing(self) -> bool:
        return super().pausing and not self.stopping

    def wait_while_paused(self) -> None:
        """Returns when the run is resumed or stopped, or the search is stopped."""
        while self.pausing:
            self._go.wait(LOOK_EVERY)


LOOK_EVERY = 0.1
"""Seconds between two looks of a paused trial at the requests to its search."""


class _Listener:
    """Hears the events of a trial, and stops it where others were ahead of it."""

    def __init__(self, metric: str, proposals: Proposals, search: Search) -> None:
        self.control = _TrialControl(search.control)
        self.search_control = search.control
        self.ended_early = False
        self.steps = 0
        self.epochs = 0
        self._metric = METRICS[metric]
        self._proposals = proposals
        self._watch = search.watch
        self._planned = 0
        self.best: float | None = None

    def __call__(self, event: Event) -> None:
        self._watch(event)
        if isinstance(event, RunPrepared):
            self._planned = event.epochs
        elif isinstance(event, EpochDone):
            self._judge(event)

    def _judge(self, event: EpochDone) -> None:
        """Compares the best figure so far with those of other trials at this epoch."""
        self.steps = event.step
        self.epochs = event.epoch
        figure = event.metrics.get(self._metric.name)
        if figure is None or self.ended_early:
            return
        if self.best is None or self._metric.improves(figure, self.best):
            self.best = figure

        if self._proposals.is_hopeless(event.epoch, self._planned, self.best):
            self.ended_early = True
            self.control.stop(at_once=True)


def _ended(
    proposals: Proposals,
    proposal: Proposal,
    finished: RunFinished,
    listener: _Listener,
    metric: str,
) -> Trial | None:
    """Tells how a trial ended; None where a person stopped the search: it is made again."""
    summary = finished.summary
    figure = summary.get("metrics", {}).get("validation", {}).get(metric)

    def ended(status: str, figure: float | None, steps: int, reason: str = "") -> Trial:
        run = Path(finished.run).name
        seconds = summary.get("seconds")
        return Trial(
            proposal.number,
            run,
            proposal.values,
            status,
            figure,
            steps,
            reason,
            listener.epochs,
            seconds,
        )

    if finished.status == "completed" and figure is not None and math.isfinite(figure):
        proposals.done(figure)
        return ended("completed", figure, summary.get("steps", 0))

    if listener.ended_early:
        proposals.ended_early()
        return ended("ended early", listener.best, listener.steps)

    if finished.status == "stopped" and listener.search_control.stopping:
        proposals.put_back()
        return None

    reason = finished.failure[0] if finished.failure else finished.reason
    if finished.status == "stopped":
        reason = STOPPED

    proposals.failed(reason)
    return ended("failed", None, listener.steps, reason)


def _noted_late(folder: SearchFolder, outcome: Outcome) -> Trial:
    """Returns a trial of which only the journal knows how it ended."""
    try:
        summary = Run(folder.runs / outcome.run).summary()
    except RunFileError:
        summary = {}

    proposal = outcome.proposal
    return Trial(
        proposal.number,
        outcome.run,
        proposal.values,
        outcome.status,
        outcome.figure,
        summary.get("steps", 0),
        outcome.reason,
        seconds=summary.get("seconds"),
    )
