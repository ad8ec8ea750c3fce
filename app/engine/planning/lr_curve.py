"""Reads a curve of losses over growing learning rates, and proposes a rate.

The range test is Smith's (2017, arXiv:1506.01186, section 3.3). To smooth the loss, to end where it
has grown to several times its least, and to stay well below that rate follows Gugger (2018, "How do
you find a good learning rate"), as in fastai. Theirs smooths backwards in time, which moves the
curve to the right; here the mean looks both ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.engine.text import number_text

WIDTH = 2.5
"""Standard deviation of the smoothing, in steps."""

FIRST = 20
"""Steps at the smallest rates, whose mean loss counts as the initial loss."""

TIMES_LEAST = 4.0
"""The loss has diverged where it exceeds its least value so many times, and TIMES_START."""

TIMES_START = 1.5
"""The loss has diverged where it exceeds the initial loss so many times, and TIMES_LEAST."""

LEAST_FALL = 0.01
"""A fall counts if it is more than this share of the initial loss, and NOISE."""

NOISE = 1.5
"""A fall counts if it is more than so many times the scatter from step to step, and LEAST_FALL.

Of pure noise, the lowest of a hundred smoothed steps lies 0.7 times the scatter below the initial
loss, and in one of a hundred cases 1.45 times.
"""

BELOW_LEAST = 4.0
"""The proposal is at least so many times smaller than the rate at which the loss is least.

A training stays at its rate for thousands of steps, the search for one or two.
"""

BELOW_DIVERGENCE = 10.0
"""The proposal is at least so many times smaller than the rate at which the loss diverges."""

ONSET = 0.1
"""The fall has begun where this share of it is done: before that it may be chance."""


@dataclass(frozen=True)
class SearchProgress:
    """A search under way, at step `step` of at most `steps`.

    rate: of the last step. span: the least and the greatest rate that may be tried. rates, losses,
    smoothed: (n,) of the rates tried so far, losses as means over the passes so far.
    """

    step: int
    steps: int
    rate: float
    span: tuple[float, float]
    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray


@dataclass(frozen=True)
class LrCurve:
    """The result of a search.

    rates: (n,) float64, ascending. losses: (n,) the mean of a batch from each pass, the last
    perhaps not finite. smoothed: (n,). current: the rate that the experiment has now. proposal: a
    rate of two digits, None where none can be proposed. diverged: the rate at which the loss
    diverged, None if it did not. why: reasons for the proposal, for a person.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    current: float
    proposal: float | None
    diverged: float | None
    why: str


def round_rate(rate: float) -> float:
    """Returns a positive rate with two significant digits: 0.004213 is 0.0042."""
    return float(f"{rate:.1e}")


def rate_text(rate: float) -> str:
    """Returns a rate with two digits that count: 0.0042, 0.3, 0.0000032."""
    return number_text(round_rate(rate), 2)


def smooth(losses: np.ndarray) -> np.ndarray:
    """Returns the Gaussian mean of each step's neighbourhood: (n,) -> (n,).

    All are finite if one loss is: a loss that has diverged counts as twice the initial loss, so
    that it does not reach far back.
    """
    if not len(losses):
        return losses.astype(float)

    values = np.nan_to_num(losses.astype(float), nan=np.inf, posinf=np.inf)
    values = np.minimum(values, 2 * max(initial_loss(losses), 1e-12))
    return _gaussian_mean(values)


def _gaussian_mean(values: np.ndarray) -> np.ndarray:
    distance = np.subtract.outer(np.arange(len(values)), np.arange(len(values))) / WIDTH
    weights = np.where(np.abs(distance) <= 3, np.exp(-0.5 * distance**2), 0.0)
    return np.asarray(weights @ values / weights.sum(axis=1))


def initial_loss(losses: np.ndarray) -> float:
    """Returns the mean loss at the smallest rates, infinite where it is not finite even there."""
    first = losses[:FIRST]
    first = first[np.isfinite(first)]
    return float(first.mean()) if len(first) else math.inf


def divergence(losses: np.ndarray) -> int | None:
    """Returns the step from which the losses (n,) have diverged for good, None if they have not.

    A single step does not count: two of the last three must have left, or the last be not finite.
    """
    if not len(losses):
        return None
    if not np.isfinite(losses[-1]):
        return len(losses) - 1
    if len(losses) < FIRST + 3:
        return None

    limit = max(TIMES_LEAST * float(smooth(losses[:-3]).min()), TIMES_START * initial_loss(losses))
    beyond = np.flatnonzero(losses[-3:] > limit)
    return len(losses) - 3 + int(beyond[0]) if len(beyond) >= 2 else None


def analyse(rates: np.ndarray, losses: np.ndarray, current: float, end: int | None) -> LrCurve:
    """Returns the result of a search.

    rates, losses: (n,), n at least 1. current: the rate in the experiment. end: the step from which
    the losses have diverged, None if they have not.
    """
    smoothed = smooth(losses)
    diverged = None if end is None else float(rates[end])
    proposal, why = _proposal(rates, losses, smoothed, end)

    return LrCurve(rates, losses, smoothed, current, proposal, diverged, why)


def _proposal(
    rates: np.ndarray, losses: np.ndarray, smoothed: np.ndarray, end: int | None
) -> tuple[float | None, str]:
    """Returns a rate of two digits, None where none can be proposed, and why."""
    start = initial_loss(losses)
    if not math.isfinite(start):
        return (
            None,
            "The loss is not a number even at the smallest learning rate; no value can be "
            "proposed.",
        )

    before = smoothed if end is None else smoothed[: max(1, end)]
    least = int(before.argmin())
    fall = start - float(before[least])

    scatter = _scatter(losses[: max(least, 2 * FIRST) + 1])
    if least < FIRST or fall < LEAST_FALL * start or fall < NOISE * scatter:
        blows = "" if end is None else f"The loss only blows up, at {rate_text(float(rates[end]))}."
        return None, (
            "The loss did not fall at any of these learning rates, or not more than it changes "
            f"from batch to batch.{blows} No value can be proposed: look at the data, the template "
            "and the batch size first."
        )

    fallen = np.flatnonzero(before[: least + 1] > start - ONSET * fall)
    first = int(fallen[-1]) if len(fallen) else 0
    slopes = _gaussian_mean(np.gradient(before)) if len(before) > 1 else np.zeros(1)
    steepest = float(rates[first + int(slopes[first : least + 1].argmin())])
    lowest = float(rates[least])
    words = f"The loss falls fastest near {rate_text(steepest)} and is least at {rate_text(lowest)}"
    words += f"; at {rate_text(float(rates[end]))} it blows up. " if end is not None else ". "

    below = [(lowest / BELOW_LEAST, "Well below where it is least")]
    if end is not None:
        below.append((float(rates[end]) / BELOW_DIVERGENCE, "A tenth of where it blows up"))

    rate, reason = min([(steepest, "Where it falls fastest"), *below])
    return round_rate(rate), f"{words}{reason} is a good value for a whole training."


def _scatter(losses: np.ndarray) -> float:
    """Returns how much the loss changes from batch to batch, as a standard deviation.

    It follows from the median of the differences, so that neither the fall nor single batches count
    much.
    """
    losses = losses[np.isfinite(losses)]
    if len(losses) < 3:
        return 0.0

    differences = np.diff(losses)
    deviation = np.median(np.abs(differences - np.median(differences)))
    return float(1.4826 * deviation / math.sqrt(2))
