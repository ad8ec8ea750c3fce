"""What a curve of losses over growing learning rates says: where it falls fastest, where it blows
up, what to take.

The range test is Smith's (2017, arXiv:1506.01186, section 3.3); to smooth the loss, to end where it
has grown to several times its least and to stay well below that rate follows Gugger (2018, "How do
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
"""Steps at the smallest rates, whose mean loss is where the curve begins."""

TIMES_LEAST = 4.0
TIMES_START = 1.5
"""It has blown up where the loss exceeds both so many times its least and so many times where it
began.
"""

LEAST_FALL = 0.01
NOISE = 1.5
"""A fall counts if it is more than this share of the beginning and so many times the scatter from
step to step. Of pure noise, the lowest of a hundred smoothed steps lies 0.7 times the scatter
below where it began, and in one of a hundred cases 1.45 times.
"""

BELOW_LEAST = 4.0
BELOW_BLOW_UP = 10.0
"""The proposal is at least so many times smaller than the rate at which the loss is least, and than
the one at which it blows up: a training stays at its rate for thousands of steps, the search for
one or two.
"""

ONSET = 0.1
"""The fall has begun where this share of it is done: before that it may be chance."""


@dataclass(frozen=True)
class Tried:
    """A search under way, at step `step` of at most `steps`.

    rates, losses, smoothed: (n,) of the rates tried so far, losses as means over the passes so far.
    at: the rate of the last step. span: the least and the greatest rate that may be tried.
    """

    step: int
    steps: int
    at: float
    span: tuple[float, float]
    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray


@dataclass(frozen=True)
class LrCurve:
    """What a search found.

    rates: (n,) float64, ascending. losses: (n,) the mean of a batch from each pass, the last
    perhaps no finite number. smoothed: (n,). present: the rate that the experiment has now.
    proposal: a rate of two digits, None where none can be told. diverged: the rate at which the
    loss blew up, None if it did not. why: this outcome for a person.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    present: float
    proposal: float | None
    diverged: float | None
    why: str


def rounded(rate: float) -> float:
    """A positive rate with two digits that count: 0.004213 is 0.0042."""
    return float(f"{rate:.1e}")


def text_of(rate: float) -> str:
    """Returns a rate with two digits that count: 0.0042, 0.3, 0.0000032."""
    return number_text(rounded(rate), 2)


def smooth(losses: np.ndarray) -> np.ndarray:
    """The mean of each step's neighbourhood, weighted as a bell: (n,) -> (n,), all finite if one of
    them is.

    What has blown up counts as twice the beginning, so that it does not reach far back.
    """
    if not len(losses):
        return losses.astype(float)

    values = np.nan_to_num(losses.astype(float), nan=np.inf, posinf=np.inf)
    values = np.minimum(values, 2 * max(beginning(losses), 1e-12))
    return _bell(values)


def _bell(values: np.ndarray) -> np.ndarray:
    apart = np.subtract.outer(np.arange(len(values)), np.arange(len(values))) / WIDTH
    weights = np.where(np.abs(apart) <= 3, np.exp(-0.5 * apart**2), 0.0)
    return np.asarray(weights @ values / weights.sum(axis=1))


def beginning(losses: np.ndarray) -> float:
    """The loss at the smallest rates; infinite where it is no number even there."""
    first = losses[:FIRST]
    first = first[np.isfinite(first)]
    return float(first.mean()) if len(first) else math.inf


def blown_up(losses: np.ndarray) -> int | None:
    """The row of (n,) losses from which they have left for good, None while they have not.

    A single step does not count: two of the last three must be beyond, or the last be no number.
    """
    if not len(losses):
        return None
    if not np.isfinite(losses[-1]):
        return len(losses) - 1
    if len(losses) < FIRST + 3:
        return None

    limit = max(TIMES_LEAST * float(smooth(losses[:-3]).min()), TIMES_START * beginning(losses))
    beyond = np.flatnonzero(losses[-3:] > limit)
    return len(losses) - 3 + int(beyond[0]) if len(beyond) >= 2 else None


def judge(rates: np.ndarray, losses: np.ndarray, present: float, end: int | None) -> LrCurve:
    """The outcome of a search.

    rates, losses: (n,), n at least 1. present: the rate in the experiment. end: the row from which
    the losses have left, None if they have not.
    """
    smoothed = smooth(losses)
    diverged = None if end is None else float(rates[end])
    proposal, why = _proposal(rates, losses, smoothed, end)

    return LrCurve(rates, losses, smoothed, present, proposal, diverged, why)


def _proposal(
    rates: np.ndarray, losses: np.ndarray, smoothed: np.ndarray, end: int | None
) -> tuple[float | None, str]:
    start = beginning(losses)
    if not math.isfinite(start):
        return (
            None,
            "The loss is no number even at the smallest learning rate; no value can be proposed.",
        )

    before = smoothed if end is None else smoothed[: max(1, end)]
    least = int(before.argmin())
    fall = start - float(before[least])

    scatter = _scatter(losses[: max(least, 2 * FIRST) + 1])
    if least < FIRST or fall < LEAST_FALL * start or fall < NOISE * scatter:
        blows = "" if end is None else f" It only blows up, at {text_of(float(rates[end]))}."
        return None, (
            "The loss did not fall at any of these learning rates, or not more than it changes "
            "from batch to "
            f"batch.{blows} No value can be proposed: look at the data, the template and the batch "
            "size first."
        )

    fallen = np.flatnonzero(before[: least + 1] > start - ONSET * fall)
    first = int(fallen[-1]) if len(fallen) else 0
    slopes = _bell(np.gradient(before)) if len(before) > 1 else np.zeros(1)
    steepest = float(rates[first + int(slopes[first : least + 1].argmin())])
    lowest = float(rates[least])
    words = f"The loss falls fastest near {text_of(steepest)} and is least at {text_of(lowest)}"
    words += f"; at {text_of(float(rates[end]))} it blows up. " if end is not None else ". "

    below = [(lowest / BELOW_LEAST, "Well below where it is least")]
    if end is not None:
        below.append((float(rates[end]) / BELOW_BLOW_UP, "A tenth of where it blows up"))

    rate, reason = min([(steepest, "Where it falls fastest"), *below])
    return rounded(rate), f"{words}{reason} is a good value for a whole training."


def _scatter(losses: np.ndarray) -> float:
    """How much the loss changes from batch to batch, as a standard deviation: from the median of
    the differences, so that neither the fall nor single batches count much.
    """
    losses = losses[np.isfinite(losses)]
    if len(losses) < 3:
        return 0.0

    apart = np.diff(losses)
    return float(1.4826 * np.median(np.abs(apart - np.median(apart))) / math.sqrt(2))
