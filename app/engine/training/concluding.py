"""The end of a training: what is kept is judged, once, on what was kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.runs.checkpoint import restore_model, weights_sha256
from app.engine.runs.control import Stopped
from app.engine.runs.events import StageChanged, Status
from app.engine.training.validation import write_results

if TYPE_CHECKING:
    from app.engine.training.trainer import Training


def conclude(training: Training, status: Status, reason: str) -> tuple[Status, str]:
    """Saves where it stands, judges the best weights on the test split, and says how it ended.

    Raises UserError.
    """
    control = training.control
    outcome = training.outcome

    def check() -> None:
        if control.hurried:
            raise Stopped

    if status == "stopped":
        training.saver.save()

    outcome.weights_sha256 = weights_sha256(training.train_state.network.state_dict())
    try:
        check()
        if training.best.weights is None and training.progress.step and status != "diverged":
            training.emit(StageChanged("Judging what was learned so far"))
            training.keep_partial(check)

        outcome.best = training.best.state
        if training.best.weights is not None:
            training.emit(StageChanged("Judging the best epoch on the test examples"))
            restore_model(training.train_state.network, training.best.weights)

            evaluation = training.judge.test(check)
            if evaluation is not None:
                outcome.test = evaluation.loss, dict(evaluation.metrics)
                rows = training.train_state.plan.dataset.indices["test"]
                training.saver.guarded(
                    lambda: write_results(training.run, "test", rows, evaluation)
                )
    except Stopped:
        pass  # asked twice: what is saved is saved, and can be judged later

    outcome.best = training.best.state
    return status, _sentence(training, status, reason)


def _sentence(training: Training, status: Status, reason: str) -> str:
    progress = training.progress
    train_state = training.train_state
    best = training.best.state

    kept = (
        f"The weights of epoch {best['epoch']} are kept."
        if best
        else "There is nothing to keep yet."
    )
    if status == "completed" and progress.end == "early":
        epochs = "epoch" if progress.since_best == 1 else "epochs"
        waited = f"no better validation loss for {progress.since_best} {epochs}"
        text = f"Stopped early after epoch {progress.epoch - 1}: {waited}. {kept}"
    elif status == "completed":
        text = f"Trained {train_state.plan.epochs} {'epoch' if train_state.plan.epochs == 1 else 'epochs'}. {kept}"
    elif status == "stopped":
        text = f"Stopped at step {progress.step:,} of {train_state.steps:,}. {kept}"
    else:
        text = f"{reason} {kept} Try a lower learning rate."

    return f"{text} {training.saver.trouble}".strip()
