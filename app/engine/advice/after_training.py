"""Findings after a training, from its figures or from how it failed, with the changes that help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.advice.remedies import half_batch
from app.engine.advice.while_training import diverged, or_nan, while_training
from app.engine.experiment.experiment import Experiment
from app.engine.runs.findings import Finding, Remedy, ordered
from app.engine.text import percent_text

if TYPE_CHECKING:
    import numpy as np

    from app.engine.advice.while_training import ProgressSoFar
    from app.engine.data.dataset import Description


def after_training(
    progress: ProgressSoFar,
    description: Description,
    confusion: np.ndarray | None = None,
    resolved: Experiment | None = None,
) -> list[Finding]:
    """Returns what a finished training gives reason to say.

    Those of while_training, but for two that hold only then, and whether more epochs would help.
    """
    resolved = resolved or Experiment()
    epochs = list(progress.epochs)
    findings = [
        finding
        for finding in while_training(progress, description, confusion, resolved)
        if finding.key not in ("stale", "well")
    ]

    if len(epochs) >= 3 and not any(finding.level == "problem" for finding in findings):
        before = epochs[-2]
        now = epochs[-1]
        drop = 1 - or_nan(now["validation_loss"]) / max(1e-12, or_nan(before["validation_loss"]))
        if now.get("best") and drop > 0.03:
            findings.append(
                Finding(
                    "longer",
                    "info",
                    "It was still getting better",
                    f"The last epoch was the best, and took {percent_text(drop)} off the loss of "
                    "the one before.",
                    Remedy("Train longer", action="longer"),
                )
            )

    return ordered(findings)


def after_failure(
    status: str, resolved: Experiment | None = None, reason: str = ""
) -> list[Finding]:
    """Returns what to try after a run that ended as "failed" or "diverged".

    reason: the sentence it ended with.
    """
    resolved = resolved or Experiment()
    if status == "diverged":
        return [diverged(resolved)]

    words = reason.lower()
    if status == "failed" and "memory" in words:
        remedy = half_batch(resolved) or Remedy("What would fit?", action="plan")
        text = (
            "Smaller batches need less; so do smaller or shorter examples and a smaller network. "
            "'What would fit?' on the Learning page weighs every way."
        )
        return [Finding("memory", "problem", "Not enough memory", text, remedy)]

    return []
