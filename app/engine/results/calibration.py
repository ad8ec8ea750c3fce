"""Whether a network is as often right as it says: reliability, temperature, and what to leave open.

All of it follows from the answers of two splits: (n, K) probabilities of classes or of tags.

Temperature scaling (Guo et al. 2017, arXiv:1706.04599) divides the logits by one number that is
fitted on validation; the likeliest answer stays. The logarithm of a probability is the logit but
for a constant, so the probabilities that a run keeps are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from app.engine.learning.task import Task

BINS = 10
LEAST = 1e-12
LOWEST, HIGHEST = 0.05, 20.0
"""Temperatures that are looked at."""

FEWEST = 20
"""Validation examples from which on a temperature is fitted."""


@dataclass(frozen=True, eq=False)
class Confidences:
    """The answers of a split: how sure each is, and whether it is right, (n,) each."""

    sure: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, task: Task, targets: np.ndarray, predictions: np.ndarray) -> Confidences:
        """Returns one for each example, of tags one for each tag of each example."""
        predictions = np.asarray(predictions, float)
        if task.targets == "tags":
            yes = predictions >= 0.5
            sure = np.where(yes, predictions, 1 - predictions)
            return cls(sure.ravel(), (yes == (targets > 0)).ravel())

        labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
        return cls(predictions.max(axis=1), predictions.argmax(axis=1) == labels)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers in bins of equally wide certainty; only those with answers, m of them.

    sure, right: (m,) the mean certainty and the share of right answers. counts: (m,). error: the
    expected calibration error, the mean gap weighed by the counts (Naeini et al. 2015).
    """

    sure: np.ndarray
    right: np.ndarray
    counts: np.ndarray
    error: float


def reliability(confidences: Confidences) -> Reliability:
    """Returns how often answers of each certainty are right."""
    number = np.clip((confidences.sure * BINS).astype(int), 0, BINS - 1)
    every = np.bincount(number, minlength=BINS)
    used = every > 0
    counts = every[used]
    sure = np.bincount(number, confidences.sure, BINS)[used] / counts
    right = np.bincount(number, confidences.right.astype(float), BINS)[used] / counts
    gaps = np.abs(sure - right)
    return Reliability(sure, right, counts, float((gaps * counts).sum() / max(1, counts.sum())))


@dataclass(frozen=True, eq=False)
class Coverage:
    """What leaving unsure answers open would do, from all answers down to the surest.

    thresholds: (m,) ascending; an answer is given from there on. answered, accuracy: (m,) shares.
    """

    thresholds: np.ndarray
    answered: np.ndarray
    accuracy: np.ndarray

    def at(self, threshold: float) -> tuple[float, float]:
        """Returns the share that is answered at a threshold, and how much of it is right."""
        place = int(np.searchsorted(self.thresholds, threshold, side="left"))
        if place >= len(self.thresholds):
            return 0.0, float("nan")

        return float(self.answered[place]), float(self.accuracy[place])


def coverage(confidences: Confidences) -> Coverage:
    """Returns the curve of coverage against accuracy (El-Yaniv & Wiener 2010)."""
    order = np.argsort(confidences.sure, kind="stable")
    sure = confidences.sure[order]
    right = confidences.right[order].astype(float)
    count = len(sure)
    kept = np.arange(count, 0, -1)
    rights = np.cumsum(right[::-1])[::-1]
    # Of equal certainties only the first stands for a threshold.
    first = np.r_[True, sure[1:] > sure[:-1]] if count else np.zeros(0, bool)
    return Coverage(sure[first], (kept / max(1, count))[first], (rights / kept)[first])


# --- temperature


def scaled(task: Task, predictions: np.ndarray, temperature: float) -> np.ndarray:
    """Returns probabilities (n, K) as logits divided by a temperature would give them."""
    values = np.clip(np.asarray(predictions, float), LEAST, 1.0)
    if task.targets == "tags":
        values = np.minimum(values, 1 - LEAST)
        logits = np.log(values) - np.log1p(-values)
        result: np.ndarray = 1 / (1 + np.exp(-logits / temperature))
        return result.astype(np.float32)

    logits = np.log(values) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


def fit_temperature(task: Task, targets: np.ndarray, predictions: np.ndarray) -> float | None:
    """Returns the temperature at which the cross-entropy of these examples is least.

    None for fewer than FEWEST examples. Found by golden sections in the logarithm, in which the
    loss has one valley.
    """
    if len(targets) < FEWEST:
        return None

    def loss(logarithm: float) -> float:
        return _cross_entropy(task, targets, scaled(task, predictions, float(np.exp(logarithm))))

    low, high = float(np.log(LOWEST)), float(np.log(HIGHEST))
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-3:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(right)

    return float(np.exp((low + high) / 2))


def _cross_entropy(task: Task, targets: np.ndarray, predictions: np.ndarray) -> float:
    values = np.clip(predictions.astype(float), LEAST, 1 - 1e-7)
    if task.targets == "tags":
        has = targets > 0
        return float(-(np.log(values) * has + np.log1p(-values) * ~has).mean())

    if targets.ndim == 1:
        return float(-np.log(values[np.arange(len(values)), targets]).mean())

    return float(-(np.log(values) * targets).sum(axis=1).mean())


def has_certainty(task: Task) -> bool:
    """Returns whether a task answers with probabilities that can be right or wrong."""
    return task.targets in ("classes", "tags", "shares") and not task.embeds and not task.pairs
