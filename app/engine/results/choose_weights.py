"""Chooses which weights of a run are used; those of the last step are evaluated first."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.results.run_data import run_data
from app.engine.runs.storage import manifest
from app.engine.runs.weights_in_use import FILE, PREFIX, WeightsInUse, Which
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from app.engine.runs.run import Run

CANNOT_BE_JUDGED = "The last epoch cannot be judged"


def use(run: Run, which: Which, check: Check = no_check) -> None:
    """Chooses the weights that Predictor and load_report take.

    Those of the last step are first evaluated, on the CPU. check: called once a batch and once a
    file; what it raises gives up, and the choice stays as it was. Raises UserError where the run
    goes on, where weights or data are not there, or where the data changed.
    """
    if run.status == "running":
        raise UserError(
            f"The run '{run.name}' is still being trained.", "Wait until it ends, or stop it."
        )

    run.write_json(FILE, asdict(_evaluate_last(run, check)) if which == "last" else {"use": "best"})
    manifest.settle(run.path)


def _evaluate_last(run: Run, check: Check) -> WeightsInUse:
    """Evaluates the last step's weights on validation and test and writes the results."""
    from app.engine.results.predictor import Predictor  # noqa: PLC0415 - imports torch
    from app.engine.training.validation import write_results  # noqa: PLC0415 - imports torch

    predictor = Predictor.load(run, "last")
    dataset = run_data(
        run, predictor.description, CANNOT_BE_JUDGED, "or stay with the best epoch", check=check
    )

    loss: dict[str, float | None] = {}
    for split in ("validation", "test"):
        rows = dataset.indices.get(split)
        if rows is None or not len(rows):
            continue

        evaluation = predictor.evaluate(dataset, check, split)
        write_results(run, PREFIX + split, rows, evaluation)
        loss[split] = evaluation.loss if math.isfinite(evaluation.loss) else None

    weights = predictor.weights
    return WeightsInUse("last", weights.epoch, weights.step, weights.partial, loss)
