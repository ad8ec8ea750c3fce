"""Findings while a network trains, from the figures so far, with the changes that help.

Pure functions over plain values; no torch. A finding must hold for some epochs, lie beyond what
chance explains, and not follow from the schedule or from a change that the person made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.advice.figures import Figures
from app.engine.advice.from_classes import from_classes
from app.engine.advice.from_epochs import from_epochs, going_well
from app.engine.advice.from_losses import from_losses
from app.engine.experiment.experiment import Experiment
from app.engine.runs.findings import Finding, ordered

if TYPE_CHECKING:
    from app.engine.advice.figures import ProgressSoFar
    from app.engine.data.dataset import Description

KEYS = frozenset(
    {
        "changed",
        "confused",
        "dead",
        "easier",
        "flat",
        "jumping",
        "longer",
        "missing",
        "never",
        "nothing",
        "one-answer",
        "overfitting",
        "patience",
        "stale",
        "unsteady",
        "well",
    }
)
"""Findings that follow from the figures of a run, and may stop being true while it goes on."""

SAME = {
    "dead": ("nothing", "one-answer", "never"),
    "flat": ("nothing", "never"),
    "changed": ("unsteady", "overfitting"),
    "jumping": ("unsteady", "overfitting"),
    "one-answer": ("nothing",),
    "unsteady": ("overfitting",),
}
"""Findings, and those that only say the same in other words."""


def while_training(
    progress: ProgressSoFar, description: Description, resolved: Experiment | None = None
) -> list[Finding]:
    """Returns what the figures so far give reason to say; nothing in the first steps.

    resolved: the experiment with every setting filled in.
    """
    best = progress.epochs[-1]["best_epoch"] if progress.epochs else 0
    figures = Figures(progress, description, resolved or Experiment(), best)
    findings = from_figures(figures, ended=False)
    grave = any(
        finding.level == "problem" or finding.key in ("overfitting", "changed", "nothing")
        for finding in findings
    )
    findings += going_well(replace(figures, every_epoch=True), grave)
    return ordered(findings)


def from_figures(figures: Figures, ended: bool) -> list[Finding]:
    """Returns the findings that hold while a training goes on and after it.

    Of those that say the same, only the one that says why. ended: see from_classes.
    """
    findings = {
        finding.key: finding
        for part in (
            from_losses(figures),
            from_epochs(figures, ended),
            from_classes(figures, ended),
        )
        for finding in part
    }
    hidden = {key for cause, keys in SAME.items() if cause in findings for key in keys}
    return [finding for key, finding in findings.items() if key not in hidden]
