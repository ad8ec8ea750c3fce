"""The sentence that says how a training ended, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.engine.runs.progress import Progress
    from app.engine.training.build import TrainState
    from app.engine.training.execution import End


def describe_end(
    end: End, progress: Progress, train_state: TrainState, best: dict[str, Any], trouble: str
) -> End:
    """Returns the end with its sentence for a person.

    best: what the best checkpoint says of itself; {} without one. trouble: why the newest state is
    not on the disk; "" if it is.
    """
    status, reason = end
    weights = (
        f"The weights of epoch {best['epoch']} are kept."
        if best
        else "There is nothing to keep yet."
    )
    if status == "completed" and progress.end == "early":
        epochs = "epoch" if progress.since_best == 1 else "epochs"
        cause = f"no better validation loss for {progress.since_best} {epochs}"
        text = f"Stopped early after epoch {progress.epoch - 1}: {cause}. {weights}"
    elif status == "completed":
        count = train_state.plan.epochs
        text = f"Trained {count} {'epoch' if count == 1 else 'epochs'}. {weights}"
    elif status == "stopped":
        text = f"Stopped at step {progress.step:,} of {train_state.steps:,}. {weights}"
    else:
        text = f"{reason} {weights} Try a lower learning rate."

    return status, f"{text} {trouble}".strip()
