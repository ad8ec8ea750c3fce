"""Plays recorded trainings through the findings, epoch by epoch, and counts what is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.advice.after_training import after_failure, after_training
from app.engine.advice.while_training import while_training

if TYPE_CHECKING:
    from app.engine.runs.findings import Finding
    from tests.curves.recorded import Recorded

ALARMS = ("warning", "problem")
ROSE = 1.15
"""A run whose last validation loss is so many times the least one did overfit."""


@dataclass(frozen=True)
class Said:
    """A finding, and after which epoch it was made; epoch 0: after the end."""

    epoch: int
    finding: Finding


def replayed(run: Recorded) -> list[Said]:
    """Returns all that the Guide says in the course of a training and after it."""
    said = [Said(1, finding) for finding in run.told]
    for epoch in range(1, len(run.epochs) + 1):
        findings = while_training(run.until(epoch), run.description, run.resolved)
        said += [Said(epoch, finding) for finding in findings]

    if run.status == "diverged":
        last = after_failure("diverged", run.resolved)
    else:
        last = after_training(run, run.description, run.resolved)

    return said + [Said(0, finding) for finding in last]


def false_alarms(run: Recorded) -> list[Said]:
    """Returns the alarms of a healthy training that are not true: all but those of `_is_true`."""
    return [
        item
        for item in replayed(run)
        if item.finding.level in ALARMS and not _is_true(run, item.finding)
    ]


def _is_true(run: Recorded, finding: Finding) -> bool:
    """Returns whether the whole training shows that a finding is true.

    Overfitting: the last validation loss is far above the least one, and the epoch of the least is
    the one that is named; by heart: at the end the training loss is a tenth of that of validation.
    A class is hard: the weights that are kept confuse it so.
    """
    losses = np.array([line["validation_loss"] or np.nan for line in run.epochs])
    if finding.key == "overfitting" and "by heart, and" in finding.text:
        return bool((run.epochs[-1]["training_loss"] or np.nan) < 0.1 * losses[-1])

    if finding.key == "overfitting":
        least = run.epochs[int(np.nanargmin(losses))]["epoch"]
        return bool(losses[-1] > ROSE * np.nanmin(losses)) and f"epoch {least} " in finding.text

    if finding.key == "confused" and finding.remedy is not None:
        matrix = run.confusions[run.epochs[-1]["best_epoch"]]
        true, other = (int(number) for number in finding.remedy.action.split(":")[1:])
        return bool(matrix[true, other] >= 0.15 * matrix[true].sum())

    return False


def is_found(run: Recorded) -> bool:
    """Returns whether one of the right findings is among all that was said."""
    return any(
        item.finding.key in run.expected and item.finding.level in ALARMS for item in replayed(run)
    )


@dataclass(frozen=True)
class Verdict:
    """What came of some recorded trainings.

    false: the healthy ones with an alarm that is not true, and those alarms. healthy, illnesses:
    how many there are. missed: the illnesses that were not found with every seed.
    """

    healthy: int
    illnesses: int
    false: list[tuple[Recorded, list[Said]]]
    missed: list[str]


def verdict(runs: list[Recorded]) -> Verdict:
    """Judges recorded trainings."""
    healthy = [run for run in runs if not run.expected]
    ill = [run for run in runs if run.expected]
    false = [(run, alarms) for run in healthy if (alarms := false_alarms(run))]
    missed = sorted({run.name for run in ill if not is_found(run)})
    return Verdict(len(healthy), len({run.name for run in ill}), false, missed)
