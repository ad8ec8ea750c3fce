"""Fit to memory: the largest batch that fits, with the examples of a step kept by adding up
gradients.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.engine.planning.memory_estimate import Estimate, MemoryEstimator

MOST_PARTS = 4096
"""The limit of TrainingSettings.accumulation."""

RECOMPUTE = "training.recompute"
PRECISION = "training.precision"


@dataclass(frozen=True)
class Fitted:
    """What fits.

    changes: those to make, {} where none are needed or none help. text: what they are and what they
    mean, or what else could be done. estimate: where they lead, or the least that was tried.
    missing: bytes that lack for the least that was tried, 0 if it fits.
    """

    text: str
    changes: dict[str, Any] = field(default_factory=dict)
    estimate: Estimate | None = None
    missing: int = 0


def fit(estimator: MemoryEstimator) -> Fitted:
    """The largest batch that fits as many examples a step as now; where not even the smallest does,
    with activations computed again, then in fewer digits. Raises UserError where the experiment
    cannot be trained.
    """
    budget = estimator.budget
    now = estimator.now
    if budget.room is None:
        return Fitted(
            f"How much memory is free on {budget.label} is not known. {budget.reason}".strip(),
            estimate=now,
        )

    least: Estimate | None = None
    for extras in rungs(estimator):
        found = largest(estimator, extras)
        if found is not None:
            estimate = estimator.estimate(_needed_changes(estimator, found))
            assert estimate is not None
            return Fitted(_told(estimator, estimate), estimate.changes, estimate)

        least = estimator.estimate({**extras, **smallest_step(estimator)}) or least

    least = least or now
    return Fitted(
        f"Not even {_least_in_words(estimator, least)} fits. Choose a smaller template, an "
        "optimizer that keeps less, or "
        "smaller examples.",
        estimate=least,
        missing=max(1, least.needed - budget.room),
    )


def rungs(estimator: MemoryEstimator) -> Iterator[dict[str, Any]]:
    """What is done beside a smaller batch, the cheapest first: nothing, activations again, then
    also fewer digits.
    """
    resolved = estimator.now.resolved
    extras = dict[str, Any]()
    yield {}

    if not resolved.training.recompute:
        extras = {RECOMPUTE: True}
        yield extras

    if estimator.precision(resolved) == "float32":
        yield extras | {PRECISION: half_precision(estimator)}


def half_precision(estimator: MemoryEstimator) -> str:
    """bfloat16 where the device has it, else float16 with scaling."""
    return "bfloat16" if estimator.automatic == "bfloat16" else "float16"


def largest(estimator: MemoryEstimator, extras: Mapping[str, Any]) -> dict[str, Any] | None:
    """`extras` with the largest batch that fits beside them, and so much accumulation that a step
    has as many examples as now, or nearly; None where not even the smallest batch fits.
    """
    room = estimator.budget.room
    assert room is not None

    step = step_size(estimator)
    smallest = estimator.smallest

    def fits(batch: int) -> bool:
        estimate = estimator.estimate(
            {**extras, **portions(batch, min(MOST_PARTS, -(-step // batch)))}
        )
        return estimate is not None and estimate.needed <= room

    if fits(max(step, smallest)):
        return {**extras, **portions(max(step, smallest), 1)}
    if not fits(smallest):
        return None

    low = smallest
    high = step  # low fits, high does not: what is needed grows with the batch
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)

    return {**extras, **portions(*divided(step, low, smallest))}


def divided(step: int, most: int, smallest: int = 1) -> tuple[int, int]:
    """(batch, accumulation) for so many examples a step, `most` at once: exactly, where that leaves
    at least half of `most`; else as near as can be.
    """
    even = [
        size
        for size in range(most, smallest - 1, -1)
        if step % size == 0 and step // size <= MOST_PARTS
    ]
    if even and 2 * even[0] >= most:
        return even[0], step // even[0]

    parts = min(MOST_PARTS, -(-step // most))
    return max(smallest, min(most, round(step / parts))), parts


def portions(batch: int, accumulation: int) -> dict[str, Any]:
    return {"training.batch_size": batch, "training.accumulation": accumulation}


def step_size(estimator: MemoryEstimator) -> int:
    """Examples of a step, as it is now."""
    return estimator.now.resolved.training.step_size


def smallest_step(estimator: MemoryEstimator) -> dict[str, Any]:
    """The smallest batch, with the examples of a step kept."""
    return portions(*divided(step_size(estimator), estimator.smallest, estimator.smallest))


def what_parts_mean(estimator: MemoryEstimator) -> str:
    """What adding up the gradients of parts does to the result, as a sentence."""
    if estimator.compares:
        return (
            "This loss compares the examples of a batch: only those within a part are compared now."
        )
    if estimator.normalises:
        return "Nearly the same result: batch normalisation sees a part at a time."

    return "The same result."


def _needed_changes(estimator: MemoryEstimator, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is so already."""
    training = estimator.now.resolved.training
    return {
        key: value
        for key, value in changes.items()
        if getattr(training, key.partition(".")[2]) != value
    }


def _told(estimator: MemoryEstimator, estimate: Estimate) -> str:
    if not estimate.changes:
        return f"It fits as it is: {estimator.now.resolved.training.batch_size:,} examples at once."

    training = estimate.resolved.training
    batch = training.batch_size
    parts = training.accumulation
    wanted = step_size(estimator)

    kept = (
        f"{wanted:,} a step as before"
        if batch * parts == wanted
        else (f"{batch * parts:,} a step, the nearest to the {wanted:,} of before")
    )
    if parts == 1:
        sentences = [f"All {batch:,} examples of a step fit at once."]
    else:
        sentences = [
            f"{batch:,} examples at once, the gradients of {parts:,} such batches added up: "
            f"{kept}.",
            what_parts_mean(estimator),
        ]

    if RECOMPUTE in estimate.changes:
        sentences.append(
            "Activations are computed again in the backward pass: a second forward pass at every "
            "step."
        )

    if PRECISION in estimate.changes:
        sentences.append(f"Activations are kept in {training.precision}: fewer digits.")

    return " ".join(sentences)


def _least_in_words(estimator: MemoryEstimator, least: Estimate) -> str:
    training = least.resolved.training
    batch = training.batch_size

    with_what = []
    if training.recompute:
        with_what.append("activations computed again")
    if estimator.precision(least.resolved) != "float32":
        with_what.append(f"{estimator.precision(least.resolved)}")

    words = "one example at a time" if batch == 1 else f"{batch:,} examples at a time"
    return f"{words} with {' and '.join(with_what)}" if with_what else words
