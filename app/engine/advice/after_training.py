"""Findings after a training, from its figures or from how it failed, with the changes that help."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.advice.figures import PERSISTENCE, Figures
from app.engine.advice.from_epochs import stopped_too_soon
from app.engine.advice.from_losses import diverged
from app.engine.advice.remedies import half_batch
from app.engine.advice.while_training import from_figures
from app.engine.experiment.experiment import Experiment
from app.engine.runs.findings import Finding, Remedy, ordered
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.advice.figures import ProgressSoFar
    from app.engine.data.dataset import Description


def after_training(
    progress: ProgressSoFar,
    description: Description,
    resolved: Experiment | None = None,
    in_use: int | None = None,
) -> list[Finding]:
    """Returns what a training that was completed or stopped gives reason to say.

    in_use: the epoch whose weights are in use, of which the findings on classes speak; 0 where they
    are from the middle of one. Left open, the best one's.
    """
    if not progress.epochs:
        return []

    best = progress.epochs[-1]["best_epoch"]
    figures = Figures(
        progress, description, resolved or Experiment(), best if in_use is None else in_use
    )
    findings = from_figures(figures, ended=True)
    if not any(finding.level == "problem" for finding in findings):
        every = replace(figures, every_epoch=True)
        findings += still_better(every)
        if not any(finding.key == "overfitting" for finding in findings):
            findings += stopped_too_soon(every)

    return ordered(findings)


def still_better(figures: Figures) -> Iterator[Finding]:
    """Finds that the last epoch was the best, and better by more than a little."""
    epochs = figures.epochs
    if len(epochs) < PERSISTENCE:
        return

    before, now = figures.validation[-2:]
    drop = 1 - now / max(1e-12, before)
    if epochs[-1].get("best") and drop > 0.03:
        yield Finding(
            "longer",
            "info",
            "It was still getting better",
            f"The last epoch was the best, and took {percent_text(drop)} off the loss of the one "
            "before.",
            Remedy("Train longer", action="longer"),
        )


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
            "Smaller batches need less; so do smaller or shorter examples and a smaller "
            "network. 'What would fit?' on the Learning page compares every way."
        )
        return [Finding("memory", "problem", "Not enough memory", text, remedy)]

    return []
