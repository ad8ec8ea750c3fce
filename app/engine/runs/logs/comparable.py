"""The curves of a run of another tool as those of a run of this program, over the same axes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.runs.curves.run_curves import RunCurves
from app.engine.runs.logs.curves import EPOCHS, words_of

if TYPE_CHECKING:
    from app.engine.runs.logs.foreign_run import ForeignRun

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
    curves = RunCurves.of(run.history)
    from_one = float(run.steps_are_epochs and _first(run) == 0)
    metrics = {figure_name(name): values for name, values in curves.metrics.items()}
    return replace(
        curves,
        steps=curves.steps + from_one,
        epoch_steps=curves.epoch_steps + from_one,
        steps_per_epoch=1.0 if run.steps_are_epochs else epoch_length(run),
        steps_known=not run.steps_are_epochs,
        metrics=metrics,
    )


def figure_name(name: str) -> str:
    """Returns what a figure is called here, as it is where nothing is known of it."""
    return FIGURES.get(name, name)


def epoch_length(run: ForeignRun) -> float:
    """Returns the steps of an epoch, from the curve that says at which step which epoch was.

    0 where there is none. Whole numbers are those of epochs that go on, from 0; others are epochs
    that are done.
    """
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
        steps, epochs = steps + 1, epochs + 1
    last = float(epochs[-1])
    return max(1.0, float(steps[-1]) / last) if last > 0 else 0.0


SPLITS = frozenset(("train", "training"))


def _first(run: ForeignRun) -> int:
    firsts = [int(run.history.steps[0])] if len(run.history.steps) else []
    firsts += [run.history.epochs[0]["step"]] if run.history.epochs else []
    return min(firsts, default=0)
