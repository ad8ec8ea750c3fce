"""Findings while a network trains, from the figures so far, with the changes that help.

Pure functions over plain values; no torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.engine.advice.before_training import task_meant
from app.engine.advice.remedies import (
    QUOTE,
    against_overfitting,
    balanced,
    learning_rate,
    peak_rate,
    quoted,
    slower,
)
from app.engine.data.nouns import noun
from app.engine.experiment.experiment import Experiment
from app.engine.learning import scores
from app.engine.runs.findings import Finding, Remedy, ordered
from app.engine.sources.summary import balance
from app.engine.text import names_text, number_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.data.dataset import Description
    from app.engine.learning.tasks import Task
    from app.engine.runs.metrics_lines import EpochLine

WARM = 0.5
"""From this share of the peak learning rate on, the network should be seen to learn."""


class ProgressSoFar(Protocol):
    """The figures of a training so far; runs.history.History is one.

    losses: (n,) of its steps. epochs: the lines of its epochs.
    """

    @property
    def losses(self) -> np.ndarray: ...

    @property
    def epochs(self) -> Sequence[EpochLine]: ...


def while_training(
    progress: ProgressSoFar,
    description: Description,
    confusion: np.ndarray | None = None,
    resolved: Experiment | None = None,
) -> list[Finding]:
    """Returns what the figures so far give reason to say; nothing in the first steps.

    confusion: (K, K) validation counts of the last epoch, true class by row. resolved: the
    experiment with every setting filled in, for remedies.
    """
    resolved = resolved or Experiment()
    epochs = list(progress.epochs)
    losses = np.asarray(progress.losses, dtype=float)
    task = task_meant(resolved, description)

    findings = list(_from_loss(losses, epochs, description, resolved))
    findings += _from_epochs(epochs, resolved, description)
    findings += _from_metrics(epochs, task, resolved)
    if confusion is not None and len(epochs) >= 2:
        findings += _from_confusion(np.asarray(confusion), description, resolved)

    findings += _going_well(epochs, findings)
    return ordered(findings)


def _going_well(epochs: list[EpochLine], findings: list[Finding]) -> Iterator[Finding]:
    """Yields the finding that the training goes well, unless a finding so far is grave."""
    grave = any(
        finding.level == "problem" or finding.key in ("overfitting", "jumping", "flat")
        for finding in findings
    )
    if len(epochs) < 2 or grave:
        return

    before = epochs[-2]
    now = epochs[-1]
    if or_nan(now["training_loss"]) < or_nan(before["training_loss"]) and or_nan(
        now["validation_loss"]
    ) < or_nan(before["validation_loss"]):
        yield Finding(
            "well",
            "good",
            "Going well",
            "Training and validation fall together; no sign of overfitting.",
        )


def _from_loss(
    losses: np.ndarray,
    epochs: list[EpochLine],
    description: Description,
    resolved: Experiment,
) -> Iterator[Finding]:
    if len(losses) < 40:
        return

    if not np.isfinite(losses[-1]):
        yield diverged(resolved)
        return

    known = losses[np.isfinite(losses)]
    window = max(10, min(100, len(known) // 8))
    smooth = np.convolve(known, np.full(window, 1 / window), mode="valid")
    first = smooth[0]
    best = smooth.min()
    now = smooth[-1]

    if now > max(2.0 * best, best + 0.5) and now > 0.8 * first:
        yield Finding(
            "jumping",
            "problem",
            "The loss climbs again",
            f"It was down to {number_text(best)} and is at {number_text(now)}. Steps this long "
            "overshoot; shorter ones settle.",
            slower(resolved),
        )
    elif (
        len(epochs) >= 1
        and now > 0.97 * first
        and now > 0.9 * _guessing_loss(description, resolved)
        and not _warming_up(len(losses), epochs, resolved)
    ):
        yield _flat(first, now, resolved)


def _warming_up(steps: int, epochs: list[EpochLine], resolved: Experiment) -> bool:
    """Returns whether the schedule has not come near its peak yet.

    Then a flat line says nothing of the learning rate.
    """
    done = epochs[-1].get("step")
    planned_epochs = resolved.training.epochs
    if resolved.schedule is None or not done or planned_epochs is None:
        return False

    total = max(steps, round(done / epochs[-1]["epoch"] * planned_epochs))
    return max(resolved.schedule.factor(step, total) for step in (steps // 2, steps - 1)) < WARM


def _guessing_loss(description: Description, resolved: Experiment) -> float:
    """Returns the least loss that guessing has, where that is known, else 0."""
    task = task_meant(resolved, description)
    if task.targets != "classes" or task.embeds or len(description.classes) < 2:
        return 0.0

    return math.log(len(description.classes))


def _flat(first: float, now: float, resolved: Experiment) -> Finding:
    rate = peak_rate(resolved)
    usual = getattr(resolved.optimizer, "default_learning_rate", None)

    text = (
        f"It began at {number_text(first)} and is at {number_text(now)}: nothing is being learned. "
    )
    if rate is not None and usual is not None and rate < 0.5 * usual:
        return Finding(
            "flat",
            "problem",
            "A flat line",
            text + f"The learning rate of {number_text(rate)} is too small to get anywhere.",
            learning_rate(10 * rate),
        )

    return Finding(
        "flat",
        "problem",
        "A flat line",
        text + "Most often the steps are too long; try shorter ones.",
        slower(resolved),
    )


def _from_epochs(
    epochs: list[EpochLine], resolved: Experiment, description: Description
) -> Iterator[Finding]:
    if len(epochs) < 3:
        return

    validation = np.array([or_nan(epoch["validation_loss"]) for epoch in epochs])
    training = np.array([or_nan(epoch["training_loss"]) for epoch in epochs])
    if np.isnan(validation).all():
        return

    best = int(np.nanargmin(validation))
    best_loss = validation[best]
    best_epoch = epochs[best]["epoch"]
    since_best = len(epochs) - 1 - best

    # A wobble while the learning rate is high is not overfitting: it takes three epochs that are
    # clearly worse, or two that are worse by far.
    rises = (since_best >= 3 and validation[-3:].min() > 1.05 * best_loss) or (
        since_best >= 2 and validation[-2:].min() > 1.15 * best_loss
    )
    if rises and training[-1] < 0.97 * training[best]:
        yield Finding(
            "overfitting",
            "warning",
            "Learning by heart (overfitting)",
            f"Since epoch {best_epoch} the loss on {noun(description.kind)} kept aside rises "
            f"({number_text(best_loss)} to {number_text(validation[-1])}) while that of training "
            "still falls. The weights of the best epoch are kept.",
            against_overfitting(resolved, description),
        )
        return

    # A schedule that falls at the end may still bring an improvement, until the last third.
    left = (resolved.training.epochs or len(epochs)) - len(epochs)
    falling = resolved.schedule is not None and resolved.schedule.lowers_rate
    if (
        since_best >= max(5, 0.3 * len(epochs))
        and left > 0
        and not (falling and left > 0.3 * (left + len(epochs)))
    ):
        yield Finding(
            "stale",
            "info",
            "No better for a while",
            f"The best was epoch {best_epoch}, {since_best} epochs ago. It is kept; nothing is "
            "lost by stopping.",
            Remedy("Stop, keep best", action="stop"),
        )


def _from_metrics(epochs: list[EpochLine], task: Task, resolved: Experiment) -> Iterator[Finding]:
    """Finds a main metric that is no better than what knowing nothing reaches."""
    headline = task.headline
    baseline = None
    if headline.name == "r2":
        baseline = 0.0
    elif headline.better == "lower":
        baseline = headline.worst

    if len(epochs) < 3 or baseline is None:
        return

    values = [or_nan(epoch["metrics"].get(headline.name)) for epoch in epochs[-2:]]
    if any(math.isnan(value) or headline.improves(value, baseline) for value in values):
        return

    yield Finding(
        "nothing",
        "warning",
        "No better than knowing nothing",
        f"After epoch {epochs[-1]['epoch']}, {headline.label} is {number_text(values[-1])}; an "
        f"answer that is always the same reaches {number_text(baseline)}.",
        slower(resolved),
    )


def _from_confusion(
    matrix: np.ndarray, description: Description, resolved: Experiment
) -> Iterator[Finding]:
    """Yields findings on classes that are missed or confused.

    matrix: (K, K) counts, true class by row.
    """
    names = description.classes
    table = scores.per_class(matrix)
    if not matrix.sum() or matrix.shape[0] != len(names):
        return

    words = noun(description.kind)
    remedy = None
    if balance(description)[1] != "good":
        remedy = balanced(resolved, task_meant(resolved, description))

    predicted = np.flatnonzero(table.predicted)
    if len(predicted) == 1:
        yield Finding(
            "one-answer",
            "problem",
            f"It always says {quoted(names[predicted[0]])}",
            f"That is right on {percent_text(scores.accuracy(matrix))}, as guessing would be.",
            remedy or slower(resolved),
        )
        return

    never = np.flatnonzero((table.predicted == 0) & (table.count >= 3))
    if len(never):
        missed = [names[index] for index in never]
        yield Finding(
            "never",
            "warning",
            f"{names_text(missed, 4, QUOTE)} {'is' if len(missed) == 1 else 'are'} never predicted",
            f"{int(table.count[never].sum()):,} {words} kept aside belong there; all are taken for "
            "something else.",
            remedy or Remedy(f"Show these {words}", action=f"cell:{never[0]}:-1"),
        )

    confused = _most_confused(matrix, table.count)
    if confused is not None and confused[0] not in never:
        true, other, share = confused
        at = ""
        if description.kind == "image":
            at = f" at {description.shape[2]} × {description.shape[1]}"

        yield Finding(
            "confused",
            "warning",
            f"{quoted(names[true])} is hard",
            f"{percent_text(share)} of {quoted(names[true])} are taken for {quoted(names[other])}. "
            f"Look whether they can be told apart{at}, and whether all are labelled right.",
            Remedy(f"Show these {words}", action=f"cell:{true}:{other}"),
        )


def _most_confused(matrix: np.ndarray, count: np.ndarray) -> tuple[int, int, float] | None:
    """Returns the true class, the predicted class and the share of the worst confusion.

    count: (K,) examples of each class. None where no confusion is frequent enough to speak of.
    """
    wrong = matrix * (count >= 5)[:, None]
    np.fill_diagonal(wrong, 0)
    share = wrong / np.maximum(1, count)[:, None]

    true, other = (int(index) for index in np.unravel_index(int(share.argmax()), share.shape))
    if share[true, other] < 0.15 or wrong[true, other] < 3:
        return None

    return true, other, float(share[true, other])


def diverged(resolved: Experiment) -> Finding:
    """Returns the finding that the loss is not a number any more."""
    return Finding(
        "diverged",
        "problem",
        "The loss went out of bounds",
        "The numbers grew until they were no numbers any more; the learning rate is too high. The "
        "weights of the best epoch before, if one was judged, are kept.",
        slower(resolved),
    )


def or_nan(value: float | None) -> float:
    """Returns NaN for None, which stands for it in the lines of epochs."""
    return float("nan") if value is None else float(value)
