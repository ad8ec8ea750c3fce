"""Findings from the losses of the steps: flat, climbing, not a number, dead, changed by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from app.engine.advice.chance import beyond_chance
from app.engine.advice.figures import PERSISTENCE
from app.engine.advice.remedies import learning_rate, peak_rate, slower
from app.engine.experiment.resolve import ResolvedExperiment
from app.engine.runs.findings import Finding
from app.engine.runs.live_changes import changes_in_words
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.advice.figures import Figures
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.summary import ChangeMade

FEWEST = 40
"""Steps before which nothing is said."""

SPIKE = 1.25
"""A loss so many times that of before a change is a spike."""

TOLD = 5
"""Epochs after a change in which a spike that is over is still told."""


def from_losses(figures: Figures) -> Iterator[Finding]:
    """Yields what the losses of the steps give reason to say."""
    newest = np.asarray(figures.progress.losses[-1:], dtype=float)
    if len(figures.progress.losses) >= FEWEST and not np.isfinite(newest).all():
        yield diverged(figures.resolved)
        return

    losses = figures.losses
    if len(losses) < FEWEST:
        return

    known = losses[np.isfinite(losses)]
    window = max(10, min(100, len(known) // 8))
    smooth = np.convolve(known, np.full(window, 1 / window), mode="valid")

    change = _after_change(figures, np.asarray(figures.progress.losses, dtype=float))
    if change is not None:
        yield change
    elif _climbs(smooth, window) and figures.epochs_since_change >= PERSISTENCE:
        yield Finding(
            "jumping",
            "problem",
            "The loss climbs again",
            f"It was down to {number_text(smooth.min())} and is at {number_text(smooth[-1])}. "
            "Steps this long overshoot; shorter ones settle.",
            slower(figures.resolved),
        )
    elif _is_flat(figures, smooth):
        dead = _dead(figures)
        yield dead if dead is not None else _flat(smooth[0], smooth[-1], figures.resolved)


def _climbs(smooth: np.ndarray, window: int) -> bool:
    """Returns whether the averaged loss stands far above its least, and has for a whole window."""
    best = smooth.min()
    lately = smooth[-window // 2 :].min()
    return bool(lately > max(2.0 * best, best + 0.5) and lately > 0.8 * smooth[0])


# --- a change by hand


def _after_change(figures: Figures, losses: np.ndarray) -> Finding | None:
    """Returns the finding that the loss rose after the last change that a person made.

    None where it did not rise, and where another loss is measured since.
    """
    if not figures.changes_by_hand:
        return None

    change = figures.changes_by_hand[-1]
    steps = figures.progress.steps
    before = losses[steps <= change["step"]][-20:]
    after = losses[steps > change["step"]]
    if any(name.startswith("loss.") for name in change["values"]) or len(before) < 5:
        return None
    if len(after) < 10 or not np.isfinite(before).all():
        return None

    usual = float(before.mean())
    spread = float(before.std())
    smooth = np.convolve(after[np.isfinite(after)], np.full(5, 0.2), mode="valid")
    limit = max(SPIKE * usual, usual + 3 * spread)
    if not len(smooth) or smooth.max() <= limit:
        return None

    now = float(after[np.isfinite(after)][-20:].mean())
    return _spike(figures, change, (usual, float(smooth.max()), now), now > limit)


def _spike(
    figures: Figures, change: ChangeMade, losses: tuple[float, float, float], lasts: bool
) -> Finding | None:
    """Returns the finding on a spike. losses: before the change, at most since, and now."""
    before, most, now = (number_text(loss) for loss in losses)
    resolved = figures.resolved if isinstance(figures.resolved, ResolvedExperiment) else None
    words = changes_in_words(resolved, change["values"])
    where = f"after step {change['step']:,} ({words})"
    if lasts:
        text = (
            f"It was at {before} before your change {where} and is at {now}. Take the change back "
            "to bring it down."
        )
        return Finding("changed", "warning", "The loss rose after your change", text)
    if figures.epochs_since_change > TOLD:
        return None

    text = f"It rose from {before} to {most} {where}, and has come back to {now}."
    return Finding("changed", "info", "Your change made the loss jump", text)


# --- flat


def _is_flat(figures: Figures, smooth: np.ndarray) -> bool:
    """Returns whether nothing was learned, for some epochs near the peak learning rate."""
    epochs = figures.epochs
    if not figures.is_warm or figures.is_early or beyond_chance(figures, epochs[-1]):
        return False

    guessing = guessing_loss(figures)
    return bool(smooth[-1] > 0.97 * min(smooth[0], guessing or math.inf))


def guessing_loss(figures: Figures) -> float | None:
    """Returns the least loss that guessing has among as many examples of every class.

    None where that is not known.
    """
    if figures.task.targets != "classes" or figures.task.embeds:
        return None

    return math.log(len(figures.description.classes)) if figures.description.classes else None


def _dead(figures: Figures) -> Finding | None:
    """Returns the finding that most gradients are zero while the network always says the same.

    A network whose last layer alone learns has a small gradient, not one of zero.
    """
    norms = figures.progress.norms
    norms = norms[np.isfinite(norms)]
    matrices = figures.last_matrices
    if len(norms) < 20 or not matrices:
        return None

    quarter = len(norms) // 4
    early = float(norms[:quarter].max())
    late = float(np.median(norms[-quarter:]))
    constant = all(np.count_nonzero(matrix.sum(axis=0)) == 1 for matrix in matrices)
    if not constant or late > 0.2 * early:
        return None

    return Finding(
        "dead",
        "problem",
        "The network no longer responds",
        "Every example gets the same answer, and the norm of the gradient has fallen from "
        f"{number_text(early)} to {number_text(late)}, as it does where ReLUs give zero whatever "
        "comes in (dead ReLUs). They hardly recover; start again with shorter steps.",
        slower(figures.resolved),
    )


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


def diverged(resolved: Experiment) -> Finding:
    """Returns the finding that the loss is not a number any more."""
    return Finding(
        "diverged",
        "problem",
        "The loss diverged",
        "The numbers grew until they were no longer finite; the learning rate is too high. The "
        "weights of the best epoch before, if one was judged, are kept.",
        slower(resolved),
    )
