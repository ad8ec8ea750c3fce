"""The sentence that says how a training ended, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.files import as_user_error

if TYPE_CHECKING:
    from app.engine.runs.outcome import Outcome
    from app.engine.runs.progress import Progress
    from app.engine.runs.run import Run
    from app.engine.runs.summary import Status
    from app.engine.training.build import TrainState

End = tuple["Status", str]
"""(how a run ended, the sentence for it)."""

WEIGHTS_ARE_SAFE = "The weights are safe: resume the run to have its results written."
"""What to do where what follows from the weights could not be written."""

NOT_COMPARED = (
    "The last steps are not saved: it was stopped before the stored copy of the pictures, which it "
    "learned from, was compared with what was decoded."
)
"""Why the state of a run that was stopped at once is not on the disk."""


def describe_end(
    end: End, progress: Progress, train_state: TrainState, outcome: Outcome, trouble: str
) -> End:
    """Returns the end with its sentence for a person.

    trouble: why the newest state is not on the disk; "" if it is.
    """
    status, reason = end
    weights = "There is nothing to keep."
    if outcome.best:
        kept = "are kept" if outcome.best_is_saved else "could not be saved"
        weights = f"The weights of epoch {outcome.best['epoch']} {kept}."

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


def unsaved_results(
    error: UserError | OSError, run: Run, weights_refused: UserError | None
) -> UserError:
    """Returns the error that ends a run whose results the disk refuses.

    weights_refused: why the best weights are not on the disk either; None if they are.
    """
    if weights_refused is not None:
        return unsaved_weights(weights_refused)

    refusal = as_user_error(error, run.path)
    return UserError(f"The results could not be saved: {refusal.what}", WEIGHTS_ARE_SAFE)


def unsaved_weights(refusal: UserError) -> UserError:
    """Returns the error that ends a run whose best weights the disk refuses."""
    return UserError(f"The best weights could not be saved: {refusal.what}", refusal.remedy)
