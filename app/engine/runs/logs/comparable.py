"""The curves of a run of another tool as those of a run of this program, over the same axes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.runs.curves.run_curves import RunCurves
from app.engine.runs.logs.curves import EPOCHS, words_of

if TYPE_CHECKING:
    from app.engine.runs.history import History
    from app.engine.runs.logs.foreign_run import ForeignRun
    from app.engine.runs.metrics_lines import EpochLine

FIGURES = {
    "acc": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "binary_accuracy": "accuracy",
    "top1": "accuracy",
    "auroc": "auc",
    "roc_auc": "auc",
    "mean_absolute_error": "mae",
    "root_mean_squared_error": "rmse",
    "r2_score": "r2",
    "f1_macro": "macro_f1",
    "f1_micro": "micro_f1",
}
"""What other tools call a figure, and what it is called here."""


def comparable_curves(run: ForeignRun) -> RunCurves:
    """Returns the curves of a run of another tool.

    Nothing is known of how many examples it saw and how long it took. An epoch has the length that
    its curve of epochs says; without one it is not known. Steps that are counted in epochs are the
    ends of epochs, from 1.
    """
    return replace(
        RunCurves.of(comparable_history(run)),
        steps_per_epoch=epoch_length(run),
        steps_known=not run.steps_are_epochs,
    )


def comparable_history(run: ForeignRun) -> History:
    """Returns the history with the names of figures here, epochs in place of steps from 1."""
    history = run.history
    from_one = int(run.steps_are_epochs and _first(run) == 0)
    epochs: list[EpochLine] = []
    for line in history.epochs:
        metrics = {FIGURES.get(name, name): value for name, value in line["metrics"].items()}
        epochs.append({**line, "step": line["step"] + from_one, "metrics": metrics})

    return replace(history, steps=history.steps + from_one, epochs=epochs)


def judged_each_epoch(run: ForeignRun) -> bool:
    """Returns whether it was judged once at the end of every epoch, so that these can be told."""
    length = epoch_length(run)
    judged = np.array([line["step"] for line in comparable_history(run).epochs], dtype=float)
    ends = np.arange(1, len(judged) + 1)
    return bool(length) and bool(np.allclose(judged / length, ends, atol=0.5, rtol=0))


def epoch_length(run: ForeignRun) -> float:
    """Returns the steps of an epoch, from the curve that says at which step which epoch was.

    1 where steps are epochs, 0 where there is none. Whole numbers are those of epochs that go on,
    from 0, and each step is within its epoch; others are epochs that are done.
    """
    if run.steps_are_epochs:
        return 1.0

    curve = next(
        (curve for name, curve in run.curves.items() if words_of(name) - SPLITS <= EPOCHS), None
    )
    if curve is None or not len(curve.steps):
        return 0.0

    known = np.isfinite(curve.values)
    steps, epochs = curve.steps[known], curve.values[known]
    if not len(steps):
        return 0.0

    if (epochs == np.rint(epochs)).all() and epochs[0] == 0:
        # Of an epoch not every step is logged: the next whole number is nearer.
        return float(max(1, math.ceil(float(np.max((steps + 1) / (epochs + 1))) - 1e-9)))

    return max(1.0, float(steps[-1] / epochs[-1])) if epochs[-1] > 0 else 0.0


SPLITS = frozenset(("train", "training"))


def _first(run: ForeignRun) -> int:
    firsts = [int(run.history.steps[0])] if len(run.history.steps) else []
    firsts += [run.history.epochs[0]["step"]] if run.history.epochs else []
    return min(firsts, default=0)
