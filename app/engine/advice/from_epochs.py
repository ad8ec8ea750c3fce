"""Findings from the epochs: overfitting, no better than chance, unsteady, too easy, going well."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from app.engine.advice.chance import at_chance, baseline, beyond_chance
from app.engine.advice.figures import PERSISTENCE
from app.engine.advice.from_losses import guessing_loss
from app.engine.advice.remedies import against_overfitting, peak_rate, slower
from app.engine.data.nouns import noun
from app.engine.learning.metrics import metric_text
from app.engine.runs.findings import Finding, Remedy
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.advice.figures import Figures

RISE = 0.05
HIGH_RISE = 0.15
"""By what share the validation loss must have risen; HIGH_RISE while the learning rate is high.

Of few examples more than that is chance, see _beyond_noise.
"""

LONGER = 6
"""Epochs for which a rise must last while the learning rate is high."""

LEAST_RISE = 0.05
"""Shares of the loss of guessing: a smaller rise is of no account, however many times it is."""

LATELY = 10
"""Epochs in which a validation loss that rises again and again is unsteady."""

FAST = 20.0
"""Times the usual learning rate."""

BY_HEART = 0.1
FAR = 0.1
"""Examples are known by heart where the training loss is below this share of the least validation
loss, which is above this share of the loss of guessing.
"""

EASIER = 0.2
"""A validation loss so much below the next epoch's training loss is too good."""

FEWEST_EASY = 30
"""Validation examples by which one may call a split easier."""


def from_epochs(figures: Figures, ended: bool) -> Iterator[Finding]:
    """Yields what the figures of the epochs give reason to say."""
    if len(figures.epochs) < PERSISTENCE or np.isnan(figures.validation).all():
        return

    if _knows_nothing(figures):
        yield _nothing(figures)
    elif _overfits(figures):
        yield _overfitting(figures, ended)
    elif _knows_by_heart(figures):
        yield _by_heart(figures)
    elif not ended:
        yield from _stale(figures)

    if _is_unsteady(figures):
        yield Finding(
            "unsteady",
            "warning",
            "The validation loss jumps up and down",
            f"In the last epochs it was between {_range_text(figures)}. Steps this long jump "
            "over the minimum; shorter ones settle.",
            slower(figures.resolved),
        )
    if _is_easier(figures):
        words = noun(figures.description.kind)
        yield Finding(
            "easier",
            "warning",
            "Validation is easier than training",
            "For three epochs its loss has been below that of training by more than a fifth. "
            f"Look whether the {words} kept aside are easier, or labelled with more care, than "
            "those for training, and whether the same ones are in both.",
        )


# --- overfitting


def _beyond_noise(figures: Figures, share: float) -> float:
    """Returns the share by which a validation loss must differ to say so: at least 1 / sqrt(n).

    The losses of single examples are spread about as far as their mean, so that this is about one
    standard error; the same examples are judged again, and a difference must hold for some epochs.
    """
    return max(share, 1 / math.sqrt(max(1, figures.description.size("validation"))))


def _overfits(figures: Figures) -> bool:
    """Returns whether the validation loss rises for good while the training loss falls.

    While the learning rate is near its peak and will fall, a rise must be larger and last longer:
    it is a wobble otherwise. What was before a change by hand is not compared with what is after.
    """
    validation = figures.validation
    training = figures.training
    best = figures.least
    lasts = LONGER if figures.rate_will_fall else PERSISTENCE
    if figures.since_better < lasts or figures.epochs_since_change < figures.since_better:
        return False

    limit = 1 + _beyond_noise(figures, HIGH_RISE if figures.rate_will_fall else RISE)
    least = float(np.nanmin(validation[-lasts:]))
    matters = least - validation[best] > LEAST_RISE * (guessing_loss(figures) or 0.0)
    return bool(
        matters and least > limit * validation[best] and training[-1] < 0.97 * training[best]
    )


def _overfitting(figures: Figures, ended: bool) -> Finding:
    validation = figures.validation
    best = figures.least
    words = noun(figures.description.kind)
    losses = f"({number_text(validation[best])} to {number_text(validation[-1])})"
    epoch = figures.epochs[best]["epoch"]

    if not ended:
        text = (
            f"Since epoch {epoch} the loss on {words} kept aside rises {losses} while that of "
            f"training still falls. The weights of epoch {figures.in_use} are kept."
        )
    else:
        text = (
            f"After epoch {epoch} the loss on {words} kept aside rose {losses} while that of "
            "training went on falling."
        )
        if figures.in_use:
            text += f" The weights in use are those of epoch {figures.in_use}."

    return Finding(
        "overfitting",
        "warning",
        "Learning by heart (overfitting)",
        text,
        against_overfitting(figures.resolved, figures.description),
    )


def _knows_by_heart(figures: Figures) -> bool:
    """Returns whether almost nothing is left to learn while validation stands still, and far off.

    Where the loss of guessing is not known, nobody can say what is far.
    """
    validation = figures.validation
    best = figures.least
    lasts = LONGER if figures.rate_will_fall else PERSISTENCE
    if figures.since_better < lasts or figures.epochs_since_change < figures.since_better:
        return False

    guessing = guessing_loss(figures)
    return bool(
        guessing
        and validation[best] > FAR * guessing
        and figures.training[-1] < BY_HEART * validation[best]
    )


def _by_heart(figures: Figures) -> Finding:
    words = noun(figures.description.kind)
    return Finding(
        "overfitting",
        "warning",
        "Learning by heart (overfitting)",
        f"The training loss is down to {number_text(figures.training[-1])}, while the loss on "
        f"{words} kept aside has not been below {number_text(np.nanmin(figures.validation))}: "
        f"the network knows the {words} for training by heart, and more epochs will not help.",
        against_overfitting(figures.resolved, figures.description),
    )


# --- no better than chance


def _knows_nothing(figures: Figures) -> bool:
    """Returns whether the main metric has been at what knowing nothing reaches for some epochs."""
    if figures.is_early or min(figures.warm_epochs, figures.epochs_since_change) < PERSISTENCE + 2:
        return False

    return all(at_chance(figures, epoch) for epoch in figures.epochs[-PERSISTENCE:])


def _nothing(figures: Figures) -> Finding:
    headline = figures.task.headline
    last = figures.epochs[-1]
    reached = metric_text(headline.name, last["metrics"].get(headline.name))
    text = (
        f"After epoch {last['epoch']}, {headline.label} is {reached}; guessing reaches "
        f"{metric_text(headline.name, baseline(figures))}."
    )
    if figures.training[-1] < 0.9 * figures.training[0]:
        return Finding(
            "nothing",
            "warning",
            "No better than guessing",
            f"{text} It learns the examples for training by heart. Check whether the labels are "
            "right, and whether the answer can be seen in the examples at all.",
        )

    return Finding(
        "nothing",
        "warning",
        "No better than guessing",
        text,
        slower(figures.resolved),
    )


# --- the rest


def _stale(figures: Figures) -> Iterator[Finding]:
    """Finds a best epoch of long ago.

    A schedule that falls at the end may still bring an improvement, until the last third, and one
    that rises again in each of its waves.
    """
    if figures.rises_again:
        return

    count = len(figures.epochs)
    best = figures.best
    since_best = count - 1 - best
    left = figures.epochs_left
    schedule = figures.resolved.schedule
    falling = schedule is not None and schedule.lowers_rate
    if (
        since_best >= max(5, 0.3 * count)
        and left > 0
        and not (falling and left > 0.3 * (left + count))
    ):
        yield Finding(
            "stale",
            "info",
            "No better for a while",
            f"The best was epoch {figures.epochs[best]['epoch']}, {since_best} epochs ago. It is "
            "kept; nothing is lost by stopping.",
            Remedy("Stop, keep best", action="stop"),
        )


def _is_unsteady(figures: Figures) -> bool:
    """Returns whether the validation loss rose again and again in the last epochs.

    Three times by a quarter, or twice by half; and each time by a fifth of the loss of guessing.
    Where the learning rate is many times the usual one, twice by a quarter will do.
    """
    validation = figures.validation[-LATELY:]
    guessing = guessing_loss(figures)
    if guessing is None or figures.epochs_since_change < len(validation):
        return False

    before = validation[:-1]
    after = validation[1:]
    matter = after - before > 0.2 * guessing
    rises = matter & (after > 1.25 * before)
    large = matter & (after > 1.5 * before)
    often = rises.sum() >= (2 if _is_fast(figures) else 3) or large.sum() >= 2
    return bool(often and rises[-3:].any())


def _is_fast(figures: Figures) -> bool:
    """Returns whether the peak learning rate is far above the optimizer's usual one."""
    rate = peak_rate(figures.resolved)
    usual = getattr(figures.resolved.optimizer, "default_learning_rate", None)
    return bool(rate and usual and rate > FAST * usual)


def _range_text(figures: Figures) -> str:
    lately = figures.validation[-LATELY:]
    return f"{number_text(np.nanmin(lately))} and {number_text(np.nanmax(lately))}"


def _is_easier(figures: Figures) -> bool:
    """Returns whether validation has been easier than training for some epochs.

    Each validation is compared with the training of the epoch after it, which began with the same
    weights. Dropout, damage and augmentation make training harder, and of examples that are
    compared with each other the number matters.
    """
    task = figures.task
    if task.embeds or task.targets not in ("classes", "amounts") or _is_made_harder(figures):
        return False
    if figures.description.size("validation") < FEWEST_EASY:
        return False
    if len(figures.epochs) < PERSISTENCE + 2 or figures.epochs_since_change < PERSISTENCE + 1:
        return False

    validation = figures.validation[-PERSISTENCE - 1 : -1]
    training = figures.training[-PERSISTENCE:]
    return bool((validation < (1 - _beyond_noise(figures, EASIER)) * training).all())


def _is_made_harder(figures: Figures) -> bool:
    """Returns whether something makes the examples of training harder than they are."""
    resolved = figures.resolved
    now = resolved.augmentation
    varied = now.flip or any(
        getattr(now, name) for name in ("shift", "rotate", "scale", "light", "erase")
    )
    pictures = any(item.kind == "image" for item in figures.description.preparation.inputs)
    dropout = getattr(resolved.model, "dropout", None)
    return bool((pictures and varied) or dropout is None or dropout > 0)


def going_well(figures: Figures, grave: bool) -> Iterator[Finding]:
    """Yields the finding that the training goes well, unless a finding so far is grave.

    Both losses must have fallen over the last epochs, and where it can be said, the network must
    know more than nothing.
    """
    if grave or len(figures.epochs) < PERSISTENCE or figures.epochs_since_change < PERSISTENCE:
        return

    def falls(losses: np.ndarray) -> bool:
        return bool(losses[-1] < losses[-2]) and bool(losses[-1] < losses[-PERSISTENCE])

    known = beyond_chance(figures, figures.epochs[-1])
    if known is not False and falls(figures.training) and falls(figures.validation):
        yield Finding(
            "well",
            "good",
            "Going well",
            "Training and validation fall together; no sign of overfitting.",
        )


def stopped_too_soon(figures: Figures) -> Iterator[Finding]:
    """Finds that early stopping ended a training which had not begun to overfit."""
    patience = figures.resolved.training.patience
    epochs = figures.epochs
    if not patience or not figures.epochs_left or epochs[-1]["since_best"] < patience:
        return

    validation = figures.validation
    best = float(np.nanmin(validation))
    # Near the peak a rise for an epoch or two says nothing.
    wobble = 1.5 if figures.rate_will_fall else 1.1
    if not validation[-1] <= wobble * best:
        return
    if figures.rate_will_fall or figures.training[-1] < 0.97 * figures.training[-2]:
        better = max(5, 3 * patience)
        waited = "1 epoch" if patience == 1 else f"{patience} epochs"
        yield Finding(
            "patience",
            "warning",
            "Stopped too soon?",
            f"It ended after {waited} without improvement, with {figures.epochs_left} epochs left, "
            "before the validation loss had risen for good. More patience costs little: the best "
            "epoch is kept anyway.",
            Remedy(f"Patience {better}", {"training.patience": better}, restart=True),
        )
