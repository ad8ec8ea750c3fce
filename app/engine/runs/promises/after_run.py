"""What a run that has ended says of its promise, and what later promises learn of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.runs.history import read_history
from app.engine.runs.promises import curves, promise

if TYPE_CHECKING:
    from app.engine.runs.outcome import Outcome
    from app.engine.runs.run import Run
    from app.engine.runs.summary import PromiseSummary, Status


def settle(run: Run, outcome: Outcome, status: Status) -> PromiseSummary | None:
    """Returns what was promised of a run and what came; None where nothing was.

    The curve of a run that came to its end as it was begun is kept for promises. Raises UserError
    where the run's files cannot be read.
    """
    promised = promise.read(run)
    resolved, prepared = outcome.resolved, outcome.prepared
    environment = run.environment()
    # Several processes take another time than the one that is asked about later.
    is_alone = environment.get("processes", 1) == 1
    is_whole = status == "completed" and not outcome.changes and is_alone
    if promised is None and not is_whole:
        return None

    # Of a run that is not released the manifest knows less than stands there.
    epochs = read_history(run.path, verified=False).epochs
    if is_whole and resolved is not None and prepared is not None:
        curve = curves.curve_of(resolved.task.headline.name, epochs)
        if curve is not None:
            key = curves.key_of(resolved, prepared.training_examples)
            curves.learn(key, str(environment.get("device", "cpu")), curve)

    return promised.summary(epochs) if promised is not None else None
