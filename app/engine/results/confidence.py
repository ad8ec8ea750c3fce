"""How far the certainty of a run's answers can be believed, read from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.results.calibration import (
    Confidences,
    Coverage,
    Reliability,
    coverage,
    fit_temperature,
    reliability,
    scaled,
)
from app.engine.results.report import read_predictions
from app.engine.runs.storage.temperature import read_temperature
from app.engine.runs.weights_in_use import best_weights, read_weights_in_use

if TYPE_CHECKING:
    from app.engine.learning.task import Task
    from app.engine.runs.run import Run


@dataclass(frozen=True, eq=False)
class Confidence:
    """The certainty of the weights in use, judged on `split`.

    before, after: as the network answers, and scaled by the temperature. coverage: of the answers
    as they are given. temperature: fitted on validation, None for too few examples. step: of the
    weights. is_kept: whether answers are scaled by it now. examples: judged.
    """

    split: str
    examples: int
    before: Reliability
    after: Reliability | None
    coverage: Coverage
    temperature: float | None
    step: int
    is_kept: bool


def read_confidence(run: Run, task: Task) -> Confidence:
    """Returns what is known of the weights in use of a run.

    Judged on the test examples, else on validation, where the temperature is fitted too. Raises
    UserError where nothing was evaluated or the results are damaged.
    """
    weights = read_weights_in_use(run)
    step = weights.step
    if weights.use == "best":
        best = best_weights(run)
        step = best.step if best is not None else 0

    found = {split: read_predictions(run, weights, split) for split in ("validation", "test")}
    whole = {
        split: arrays
        for split, arrays in found.items()
        if {"targets", "predictions"} <= set(arrays) and len(arrays["targets"])
    }
    if not whole:
        raise UserError(
            f"The run '{run.name}' has kept no answers yet.",
            "Let it train at least until the first epoch is judged.",
        )

    split = "test" if "test" in whole else "validation"
    targets, predictions = (whole[split][name] for name in ("targets", "predictions"))
    temperature = None
    if "validation" in whole:
        fitted = whole["validation"]
        temperature = fit_temperature(task, fitted["targets"], fitted["predictions"])

    kept = read_temperature(run, step)
    after = scaled(task, predictions, temperature) if temperature is not None else None
    given = scaled(task, predictions, kept) if kept is not None else predictions
    return Confidence(
        split,
        len(targets),
        reliability(Confidences.of(task, targets, predictions)),
        None if after is None else reliability(Confidences.of(task, targets, after)),
        coverage(Confidences.of(task, targets, given)),
        temperature,
        step,
        kept is not None,
    )
