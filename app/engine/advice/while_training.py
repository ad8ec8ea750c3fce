"""Findings: what a knowing person would say on looking over one's shoulder, each with what one
click would change.

Before a training from the data and the settings, during it from its figures, after a failure from
how it ended. Pure functions over plain values; no torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from app.engine.advice import before_training as beforehand
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
from app.engine.runs.findings import Finding, Remedy
from app.engine.sources.summary import balance
from app.engine.text import names_text, number_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.engine.data.dataset import Dataset, Description
    from app.engine.learning.tasks import Task

WARM = 0.5
"""A share of the peak learning rate from which on the network should be seen to learn."""

RANK: dict[str, int] = {"problem": 0, "warning": 1, "good": 2, "info": 3}


class Course(Protocol):
    """How a training went so far; training.history.History is one.

    epochs: the fields of EpochDone, as mappings.
    """

    @property
    def losses(self) -> np.ndarray: ...
    @property
    def epochs(self) -> Sequence[Mapping[str, Any]]: ...


def ordered(findings: Iterator[Finding] | list[Finding]) -> list[Finding]:
    """The gravest first; otherwise as they came."""
    return sorted(findings, key=lambda finding: RANK[finding.level])


# --- before


def before_training(
    experiment: Experiment, description: Description, dataset: Dataset | None = None
) -> list[Finding]:
    """What the data and the settings give reason to say before anything is trained.

    dataset: where it is at hand, the examples are looked at too.
    """
    return ordered(beforehand.findings(experiment, description, dataset))


# --- during


def while_training(
    history: Course,
    description: Description,
    confusion: np.ndarray | None = None,
    resolved: Experiment | None = None,
) -> list[Finding]:
    """What the figures so far give reason to say.

    confusion: (K, K) validation counts of the last epoch, true class by row. resolved: the
    experiment with every setting filled in, for remedies. Empty in the first steps.
    """
    resolved = resolved or Experiment()
    epochs = list(history.epochs)
    losses = np.asarray(history.losses, dtype=float)
    task = task_meant(resolved, description)
    found = list(_from_loss(losses, epochs, description, resolved))
    found += _from_epochs(epochs, resolved, description)
    found += _from_figures(epochs, task, resolved)

    if confusion is not None and len(epochs) >= 2:
        found += _from_confusion(np.asarray(confusion), description, resolved)

    if len(epochs) >= 2 and not any(finding.level == "problem" for finding in found):
        grave = any(finding.key in ("overfitting", "jumping", "flat") for finding in found)
        before = epochs[-2]

        now = epochs[-1]
        if (
            not grave
            and _falls(before, now, "training_loss")
            and _falls(before, now, "validation_loss")
        ):
            found.append(
                Finding(
                    "well",
                    "good",
                    "Going well",
                    "Training and validation fall together; no sign of overfitting.",
                )
            )

    return ordered(found)


def _from_loss(
    losses: np.ndarray,
    epochs: list[Mapping[str, Any]],
    description: Description,
    resolved: Experiment,
) -> Iterator[Finding]:
    if len(losses) < 40:
        return

    if not np.isfinite(losses[-1]):
        yield _diverged(resolved)
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
            f"It was down to {number_text(best)} and is at {number_text(now)}. Steps this long overshoot; shorter "
            "ones settle.",
            slower(resolved),
        )
    elif (
        len(epochs) >= 1
        and now > 0.97 * first
        and now > 0.9 * _guessing(description, resolved)
        and not _warming_up(len(losses), epochs, resolved)
    ):
        yield _flat(first, now, resolved)


def _warming_up(steps: int, epochs: list[Mapping[str, Any]], resolved: Experiment) -> bool:
    """Whether the schedule has not come near its peak yet: then a flat line says nothing of the
    learning rate.
    """
    done = epochs[-1].get("step")
    planned = resolved.training.epochs
    if resolved.schedule is None or not done or planned is None:
        return False

    total = max(steps, round(done / epochs[-1]["epoch"] * planned))
    return max(resolved.schedule.factor(step, total) for step in (steps // 2, steps - 1)) < WARM


def _guessing(description: Description, resolved: Experiment) -> float:
    """What the loss of a guess is at least, where that is known; else 0."""
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
    epochs: list[Mapping[str, Any]], resolved: Experiment, description: Description
) -> Iterator[Finding]:
    if len(epochs) < 3:
        return

    judged = np.array([_number(epoch["validation_loss"]) for epoch in epochs])
    trained = np.array([_number(epoch["training_loss"]) for epoch in epochs])
    if np.isnan(judged).all():
        return

    lowest = int(np.nanargmin(judged))
    since = len(epochs) - 1 - lowest
    best = judged[lowest]
    number = epochs[lowest]["epoch"]

    # a wobble while the learning rate is high is none: three epochs clearly worse, or two by far
    rises = (since >= 3 and judged[-3:].min() > 1.05 * best) or (
        since >= 2 and judged[-2:].min() > 1.15 * best
    )
    if rises and trained[-1] < 0.97 * trained[lowest]:
        yield Finding(
            "overfitting",
            "warning",
            "Learning by heart (overfitting)",
            f"Since epoch {number} the loss on {noun(description.kind)} kept aside rises "
            f"({number_text(best)} to "
            f"{number_text(judged[-1])}) while that of training still falls. The weights of the best epoch "
            "are kept.",
            against_overfitting(resolved, description),
        )
        return

    left = (resolved.training.epochs or len(epochs)) - len(epochs)
    calming = resolved.schedule is not None and resolved.schedule.lowers_rate
    if (
        since >= max(5, 0.3 * len(epochs))
        and left > 0
        and not (calming and left > 0.3 * (left + len(epochs)))
    ):
        yield Finding(
            "stale",
            "info",
            "No better for a while",
            f"The best was epoch {number}, {since} epochs ago. It is kept; nothing is lost by "
            "stopping.",
            Remedy("Stop, keep best", action="stop"),
        )


def _from_figures(
    epochs: list[Mapping[str, Any]], task: Task, resolved: Experiment
) -> Iterator[Finding]:
    """Whether the main figure is no better than the worst end of its scale: what knowing nothing
    reaches.
    """
    headline = task.headline
    nothing = (
        0.0 if headline.name == "r2" else headline.worst if headline.better == "lower" else None
    )
    if len(epochs) < 3 or nothing is None:
        return

    values = [_number(epoch["metrics"].get(headline.name)) for epoch in epochs[-2:]]
    if any(math.isnan(value) or headline.improves(value, nothing) for value in values):
        return

    yield Finding(
        "nothing",
        "warning",
        "No better than knowing nothing",
        f"After epoch {epochs[-1]['epoch']}, {headline.label} is {number_text(values[-1])}; an answer "
        "that is always the "
        f"same reaches {number_text(nothing)}.",
        slower(resolved),
    )


def _from_confusion(
    matrix: np.ndarray, description: Description, resolved: Experiment
) -> Iterator[Finding]:
    names = description.classes
    table = scores.per_class(matrix)

    total = int(matrix.sum())
    if not total or matrix.shape[0] != len(names):
        return

    task = task_meant(resolved, description)
    words = noun(description.kind)
    predictions = np.flatnonzero(table.predicted)

    uneven = balance(description)[1] != "good"
    if len(predictions) == 1:
        yield Finding(
            "one-answer",
            "problem",
            f"It always says {quoted(names[predictions[0]])}",
            f"That is right on {percent_text(scores.accuracy(matrix))}, as guessing would be.",
            (balanced(resolved, task) if uneven else None) or slower(resolved),
        )
        return

    never = np.flatnonzero((table.predicted == 0) & (table.count >= 3))
    if len(never):
        missed = [names[k] for k in never]
        yield Finding(
            "never",
            "warning",
            f"{names_text(missed, 4, QUOTE)} {'is' if len(missed) == 1 else 'are'} never predicted",
            f"{int(table.count[never].sum()):,} {words} kept aside belong there; all are taken for "
            "something else.",
            balanced(resolved, task)
            if uneven
            else Remedy(f"Show these {words}", action=f"cell:{never[0]}:-1"),
        )

    wrong = matrix * (table.count >= 5)[:, None]
    np.fill_diagonal(wrong, 0)
    share = wrong / np.maximum(1, table.count)[:, None]
    at = (
        f" at {description.shape[2]} × {description.shape[1]}"
        if description.kind == "image"
        else ""
    )

    true, other = (int(k) for k in np.unravel_index(int(share.argmax()), share.shape))
    if share[true, other] >= 0.15 and wrong[true, other] >= 3 and true not in never:
        yield Finding(
            "confused",
            "warning",
            f"{quoted(names[true])} is hard",
            f"{percent_text(float(share[true, other]))} of {quoted(names[true])} are taken for "
            f"{quoted(names[other])}. "
            f"Look whether they can be told apart{at}, and whether all are labelled right.",
            Remedy(f"Show these {words}", action=f"cell:{true}:{other}"),
        )


# --- after


def after_training(
    history: Course,
    description: Description,
    confusion: np.ndarray | None = None,
    resolved: Experiment | None = None,
) -> list[Finding]:
    """What a finished training gives reason to say: as during it, and whether more of it would
    help.
    """
    resolved = resolved or Experiment()
    epochs = list(history.epochs)

    found = [
        f
        for f in while_training(history, description, confusion, resolved)
        if f.key not in ("stale", "well")
    ]
    if len(epochs) >= 3 and not any(finding.level == "problem" for finding in found):
        before = epochs[-2]
        now = epochs[-1]

        drop = 1 - _number(now["validation_loss"]) / max(1e-12, _number(before["validation_loss"]))
        if now.get("best") and drop > 0.03:
            found.append(
                Finding(
                    "longer",
                    "info",
                    "It was still getting better",
                    f"The last epoch was the best, and took {percent_text(drop)} off the loss of the "
                    "one before.",
                    Remedy("Train longer", action="longer"),
                )
            )

    return ordered(found)


def after_failure(
    status: str, resolved: Experiment | None = None, reason: str = ""
) -> list[Finding]:
    """What to try after a run that ended as "failed" or "diverged".

    reason: the sentence it ended with.
    """
    resolved = resolved or Experiment()
    if status == "diverged":
        return [_diverged(resolved)]

    words = reason.lower()
    if status == "failed" and "memory" in words:
        remedy = half_batch(resolved) or Remedy("What would fit?", action="plan")
        text = (
            "Smaller batches need less; so do smaller or shorter examples and a smaller network. "
            "'What would fit?' on "
            "the Learning page weighs every way."
        )
        return [Finding("memory", "problem", "Not enough memory", text, remedy)]

    return []


def half_batch(resolved: Experiment) -> Remedy | None:
    """Half as many examples at a time, with as many in each step as before."""
    training = resolved.training
    if training.batch_size is None or training.batch_size < 2:
        return None

    half = training.batch_size // 2
    twice = 2 * training.accumulation
    changes = {"training.batch_size": half, "training.accumulation": twice}

    return Remedy(f"Batch size {half}, {twice} batches a step", changes, restart=True)


def _diverged(resolved: Experiment) -> Finding:
    return Finding(
        "diverged",
        "problem",
        "The loss went out of bounds",
        "The numbers grew until they were no numbers any more; the learning rate is too high. The "
        "weights of the best "
        "epoch before, if one was judged, are kept.",
        slower(resolved),
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _falls(before: Mapping[str, Any], now: Mapping[str, Any], name: str) -> bool:
    return _number(now[name]) < _number(before[name])
