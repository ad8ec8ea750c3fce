"""Where a run goes on: its newest good checkpoint, the same data, and more epochs if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.runs import checkpoint
from app.engine.runs.progress import Progress
from app.engine.training import plan as preparing

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.runs.checkpoint import Checkpoint
    from app.engine.training.execution import RunContext
    from app.engine.training.plan import Plan


def find(
    context: RunContext, was: str, epochs: int | None, dataset: Dataset | None
) -> tuple[Plan, Checkpoint | None]:
    """What is to be done and where it stands; no checkpoint means from the first step.

    was: the run's status before.

    Raises UserError where it cannot go on, or Stopped.
    """
    run = context.run
    folder = run.path / "checkpoints"
    if was == "diverged":
        raise UserError(
            f"The run '{run.name}' diverged and would do so again.",
            "Start it anew with a lower learning rate.",
        )

    checkpoint.clean(folder)
    found, passed = checkpoint.newest(folder)
    for text in passed:
        context.warn(
            "checkpoint",
            "A checkpoint is damaged",
            text + (" The one before is used." if found else ""),
        )

    if found is None:
        if passed:
            raise UserError(
                f"No checkpoint of the run '{run.name}' can be used: all are damaged.",
                "Start it again from its settings.",
            )

        plan = preparing.plan(context.experiment, run, context.emit, context.control, dataset)
        return (plan.with_training(epochs=epochs) if epochs else plan), None

    progress = Progress(**found.state["progress"])
    if progress.end and epochs is None and was in ("completed", "stopped"):
        raise UserError(
            f"The run '{run.name}' has finished its {progress.epoch - 1} epochs.",
            "Choose more epochs to train longer.",
        )

    plan = preparing.plan_again(
        context.experiment, found.state, context.emit, context.control, dataset
    )
    if epochs is not None and epochs != plan.epochs:
        if epochs < progress.epoch:
            raise UserError(
                f"The run '{run.name}' has done {progress.epoch - 1} epochs already.",
                f"Choose {progress.epoch} epochs or more.",
                "training.epochs",
            )
        plan = plan.with_training(epochs=epochs)

    return plan, found


def longer(plan: Plan, found: Checkpoint) -> bool:
    """Whether the run was asked to go beyond what its checkpoint was saved for."""
    before = found.state["settled"].get("training", {}).get("epochs")
    return before != plan.epochs
