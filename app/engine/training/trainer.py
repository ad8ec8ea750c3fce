"""The way of one training, from an experiment to a finished run.

1. `train` (or `resume`) begins the run: it tells RunStarted and claims the run's folder.
2. `plan_run` in plan.py makes the plan: Experiment -> Plan. For it `open_dataset` in opening.py
   reads the data, and `resolve` in resolve.py fills in what was left open.
   (`find_start` in resuming.py reads the plan from a checkpoint instead.)
3. `build` in build.py makes network, optimizer, loss and batches: Plan -> TrainState.
4. `Training.fit` in loop.py is the loop. For every step `Batches.get` in batches.py prepares a
   batch, `Passes.__call__` in passes.py leaves its gradients with the weights, and `Passes.step`
   takes the optimizer step; after every epoch the network is judged.
5. `Training.finish` saves, judges the best weights on the test split, and says how it ended.
6. `RunContext.finish` in execution.py writes summary.json and tells RunFinished.

Where memory runs out in a step, the loop takes the step in smaller parts. Where it runs out
elsewhere in 3 to 5, all tensors are released and 3 begins again from the newest checkpoint. Several
processes do neither: one that repeats a step would wait for the others for ever.
"""

from __future__ import annotations

import contextlib
import traceback
from typing import TYPE_CHECKING

from app.engine import garbage
from app.engine.files import disk_error
from app.engine.runs import checkpoint, history
from app.engine.runs.events import StageChanged
from app.engine.runs.history import Writer
from app.engine.runs.progress import Progress
from app.engine.runs.storage import manifest
from app.engine.runs.storage.manifest import RunFileError
from app.engine.training import resuming
from app.engine.training.build import announce, build
from app.engine.training.execution import RunContext
from app.engine.training.loop import Training
from app.engine.training.memory_shortage import MemoryShortage, out_of_memory
from app.engine.training.plan import Emit, plan_run
from app.engine.training.ranks.team import ALONE

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.checkpoint import Checkpoint
    from app.engine.runs.control import Control
    from app.engine.runs.events import RunFinished
    from app.engine.runs.run import Run, RunStatus
    from app.engine.training.ending import End
    from app.engine.training.plan import Plan
    from app.engine.training.ranks.team import Team


def train(
    experiment: Experiment,
    run: Run,
    emit: Emit,
    control: Control,
    dataset: Dataset | None = None,
    team: Team = ALONE,
) -> RunFinished:
    """Trains on the calling thread, from opening the data to the summary. Never raises.

    dataset: what experiment.data stands for, if it is open already. team: the processes that train
    it together.
    """
    context = RunContext(run, emit, control, team=team)
    with context.guarded(), contextlib.closing(team):
        context.begin(experiment)
        with context.engine(experiment):
            team.start(run, context.emit, experiment)
            plan = plan_run(experiment, run, context.emit, control, dataset)
            context.end = _train(context, plan, None)

    return context.finish()


def resume(
    run: Run,
    emit: Emit,
    control: Control,
    epochs: int | None = None,
    dataset: Dataset | None = None,
    status_before: RunStatus | None = None,
    team: Team = ALONE,
) -> RunFinished:
    """Goes on from the newest good checkpoint, on the CPU to the same bits. Never raises.

    epochs: a new total, to train longer; the schedule is then stretched over it. status_before: how
    the run stood before it was claimed, where that is done already. team: see `train`; with another
    number of processes than before the bits differ, which is told.
    """
    context = RunContext(run, emit, control, goes_on=True, team=team)
    with context.guarded(), contextlib.closing(team):
        experiment = run.experiment()
        status_before = status_before or status_of(run)
        context.begin(experiment)
        with context.engine(experiment):
            resuming.tell_of_processes(context)
            team.start(run, context.emit, experiment)
            plan, start = resuming.find_start(context, experiment, status_before, epochs, dataset)
            context.end = _train(context, plan, start)

    return context.finish()


def status_of(run: Run) -> RunStatus:
    """Returns how a run stands before it goes on. Raises UserError where the disk refuses to say.

    A damaged summary is no reason not to go on: the state says where.
    """
    try:
        return run.read_status()
    except RunFileError:
        return "damaged"
    except OSError as error:
        raise disk_error(error, run.path) from error


def _train(context: RunContext, plan: Plan, start: Checkpoint | None) -> End:
    """Makes attempts until one comes to its end: with half as much at once where memory ran out.

    start: where the run goes on; None for the first step. Raises UserError, Stopped or what torch
    raises.
    """
    shortage = MemoryShortage()
    plan = context.team.planned(plan)
    while True:
        try:
            return _attempt(context, plan, start, shortage)
        except Exception as error:
            if context.team.size > 1 or not out_of_memory(error):
                raise
            context.run.log("".join(traceback.format_exception(error)))

        # Outside the except block: the exception held the frames, and the frames held the tensors.
        smaller = shortage.halve(plan, context.outcome.progress)
        context.emit(StageChanged(smaller.text))
        context.warn("smaller-batch", "Smaller parts", smaller.why)

        plan = smaller.plan
        start = None
        if context.outcome.progress.step:
            start, _ = checkpoint.newest(context.run.path / "checkpoints")


def _attempt(
    context: RunContext, plan: Plan, start: Checkpoint | None, shortage: MemoryShortage
) -> End:
    """Builds, fits and finishes; all tensors are made below here, and gone when it returns."""
    run = context.run
    progress = Progress(**start.state["progress"]) if start else Progress()
    progress.halvings = max(progress.halvings, shortage.halvings)
    context.outcome.progress = progress
    context.outcome.resolved = plan.resolved
    context.outcome.device = plan.device.name

    if start is None:
        checkpoint.drop_all(run.path / "checkpoints")

    written = int(start.state["history_offset"]) if start else 0
    manifest.note_grown(run.path, {history.METRICS: written})
    with contextlib.closing(Writer(run.path / history.METRICS, written)) as writer:
        train_state = build(plan, run, context.emit, context.control, start, context.team)
        prepared = announce(train_state, run, progress)
        context.outcome.prepared = prepared
        context.emit(prepared)

        keeps = plan.device.type == "cpu" and garbage.keep_freed_memory(
            train_state.predicted["peak"] * context.team.size
        )
        context.team.join(train_state, progress, context.control.check, keeps)
        training = Training(train_state, context, progress, writer)
        if start is not None:
            training.margins.restore(start.margins, progress.epoch)
            resuming.take_up(training, longer=resuming.is_longer(plan, start))

        shortage.record(training.live_changes)
        with training.running():
            training.fit()

        return training.finish()
