"""Where a run goes on: its newest good checkpoint, the same data, and more epochs if requested."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.runs import checkpoint, history
from app.engine.runs.events import Resumed
from app.engine.runs.findings import Finding
from app.engine.runs.looks import kept_epochs
from app.engine.runs.progress import Progress
from app.engine.runs.storage import manifest
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.tensors import cpu_copies, restore_model
from app.engine.training.plan import plan_from_checkpoint, plan_run

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.checkpoint import Checkpoint
    from app.engine.training.execution import RunContext
    from app.engine.training.loop import Training
    from app.engine.training.plan import Plan


def tell_of_processes(context: RunContext) -> None:
    """Tells where the run goes on in another number of processes than it had."""
    try:
        before = context.run.environment().get("processes", 1)
    except RunFileError:  # it is told of where it is needed
        return

    now = context.team.size
    if before != now:
        context.warn(
            "processes",
            "Another number of processes",
            f"The run had {before} and goes on with {now}: gradients are added up in another order "
            "and dropout draws otherwise, so it does not go on to the same bits.",
        )


def find_start(
    context: RunContext,
    experiment: Experiment,
    status_before: str,
    epochs: int | None,
    dataset: Dataset | None,
) -> tuple[Plan, Checkpoint | None]:
    """Returns the plan and the checkpoint that the run starts from; None is the first step.

    status_before: the run's status before it was claimed. epochs: a new total. Raises UserError
    where the run cannot go on, or Stopped.
    """
    run = context.run
    if status_before == "diverged":
        raise UserError(
            f"The run '{run.name}' diverged and would do so again.",
            "Start it again with a lower learning rate.",
        )

    start = _newest_checkpoint(context)
    _warn_of_damage(context)
    if start is None:
        if status_before in ("completed", "stopped") and run.best_folder is not None:
            raise UserError(
                f"The run '{run.name}' has kept its weights, but no state to go on from.",
                "Start a new run from its weights: [training] start_from.",
            )

        plan = plan_run(experiment, run, context.emit, context.control, dataset)
        return (plan.with_epochs(epochs) if epochs else plan), None

    progress = Progress(**start.state["progress"])
    if progress.end and epochs is None and status_before in ("completed", "stopped"):
        raise UserError(
            f"The run '{run.name}' has finished its {progress.epoch - 1} epochs.",
            "Choose more epochs to train longer.",
        )

    plan = plan_from_checkpoint(experiment, start.state, context.emit, context.control, dataset)
    if "digest" not in start.state:
        run.log(
            "this run is of an older version and has no digest of its data; whether they are the "
            "same is judged by their fingerprint alone"
        )

    if epochs is not None and epochs != plan.epochs:
        if epochs < progress.epoch:
            raise UserError(
                f"The run '{run.name}' has done {progress.epoch - 1} epochs already.",
                f"Choose {progress.epoch} epochs or more.",
                "training.epochs",
            )
        plan = plan.with_epochs(epochs)

    return plan, start


def is_longer(plan: Plan, start: Checkpoint) -> bool:
    """Returns whether the run is to have other epochs than its checkpoint was saved for."""
    before = start.state["settled"].get("training", {}).get("epochs")
    return bool(before != plan.epochs)


def take_up(training: Training, longer: bool) -> None:
    """Marks in the history that the run goes on, and takes up its best epoch so far.

    longer: whether it is to go beyond what it was planned for.
    """
    progress = training.progress
    if longer:
        progress.end = ""
        progress.since_best = 0

    _mark_resumed(training, longer)
    if not training.best.restore(progress):
        if progress.best_step == progress.step:
            # It is the same network.
            evaluation = training.validator.validation(training.interruptions.check)
            training.best.take(progress, evaluation, progress.best_epoch)
        elif not _take_kept_best(training):
            checkpoint.drop_best(training.run.path / "checkpoints")
            training.reporter.find(_lost_best(progress.best_epoch))
            progress.best_epoch = 0
            progress.best_step = 0
            progress.best_loss = None
            progress.best_metric = None

    if longer:
        training.saver.save()


def _take_kept_best(training: Training) -> bool:
    """Takes up the best epoch from the states of all epochs, if they were kept; judges it anew."""
    progress = training.progress
    kept = kept_epochs.read_kept(training.run.path, progress.best_epoch)
    if kept is None:
        return False

    network = training.train_state.network
    team = training.train_state.team
    now = cpu_copies(network.state_dict())
    restore_model(network, kept[0])
    team.weights_changed()
    evaluation = training.validator.validation(training.interruptions.check)
    training.best.take(progress, evaluation, progress.best_epoch)
    training.best.state["step"] = progress.best_step
    restore_model(network, now)
    team.weights_changed()
    return True


def _lost_best(epoch: int) -> Finding:
    return Finding(
        "best",
        "problem",
        "The best weights are lost",
        f"The weights of epoch {epoch}, the best so far, are missing or damaged. From here the "
        "best epoch is chosen again.",
    )


def _newest_checkpoint(context: RunContext) -> Checkpoint | None:
    """Returns the newest good checkpoint, and tells of damaged ones.

    Raises UserError where there are only damaged ones.
    """
    folder = context.run.path / "checkpoints"
    checkpoint.clean(folder)
    newest, damaged = checkpoint.newest(folder)
    if newest is not None:
        checkpoint.drop_damaged(folder, newest)
    for text in damaged:
        used = " The one before is used." if newest else ""
        context.warn("checkpoint", "A checkpoint is damaged", text + used)

    if newest is None and damaged:
        raise UserError(
            f"No checkpoint of the run '{context.run.name}' can be used: all are damaged.",
            "Start it again from its settings.",
        )

    return newest


def _warn_of_damage(context: RunContext) -> None:
    """Tells where the curves of the run are damaged: it goes on with what can be read of them."""
    for name in (history.METRICS, history.MEMORY):
        try:
            manifest.read(context.run.path, name)
        except RunFileError as error:
            context.warn("history", "The history is damaged", f"{error.what} What is left is used.")


def _mark_resumed(training: Training, longer: bool) -> None:
    """Writes and tells that the run goes on."""
    step = training.progress.step
    epochs = training.train_state.plan.epochs
    training.writer.line(
        {
            "mark": "longer" if longer else "resumed",
            "step": step,
            "epochs": epochs,
            "time": round(time.time(), 3),
        }
    )
    stretched = f"; the schedule is stretched over {epochs} epochs" if longer else ""
    training.run.log(f"goes on after step {step}{stretched}")
    training.emit(Resumed(step))
