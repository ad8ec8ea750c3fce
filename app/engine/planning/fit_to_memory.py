"""Finds the largest batch that fits, with the examples of a step kept by adding up gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.planning.memory_estimate import Changes, Estimate, MemoryEstimator

MOST_PARTS = 4096
"""The limit of TrainingSettings.accumulation."""

RECOMPUTE = "training.recompute"
PRECISION = "training.precision"


@dataclass(frozen=True)
class FitResult:
    """What fits.

    text: what is changed and what that means, or what else could be done. changes: those to make,
    {} where none are needed or none help. estimate: of the settings with these changes, or of the
    least that was tried. missing: bytes that lack for the least that was tried, 0 if it fits.
    """

    text: str
    changes: Changes = field(default_factory=dict)
    estimate: Estimate | None = None
    missing: int = 0


def fit(estimator: MemoryEstimator) -> FitResult:
    """Returns the largest batch that fits, with as many examples a step as now.

    Where not even the smallest batch fits, activations are recomputed, and then kept in fewer
    digits. Raises UserError where the experiment cannot be trained.
    """
    budget = estimator.budget
    current = estimator.current
    if budget.room is None:
        return FitResult(
            f"How much memory is free on {budget.label} is not known. {budget.reason}".strip(),
            estimate=current,
        )

    least = current
    for savings in escalating_savings(estimator):
        changes = largest_batch(estimator, savings)
        if changes is not None:
            estimate = estimator.estimate(_without_present(estimator, changes))
            assert estimate is not None
            return FitResult(_fit_text(estimator, estimate), estimate.changes, estimate)

        least = estimator.estimate({**savings, **smallest_batch(estimator)}) or least

    return FitResult(
        f"Not even {_least_text(estimator, least)} fits. Choose a smaller template, an optimizer "
        "that keeps less, or smaller examples.",
        estimate=least,
        missing=max(1, least.needed - budget.room),
    )


def escalating_savings(estimator: MemoryEstimator) -> Iterator[Changes]:
    """Yields what is changed beside the batch, the cheapest first, each with what came before.

    That is: nothing, activations recomputed, then also fewer digits.
    """
    resolved = estimator.current.resolved
    savings: Changes = {}
    yield {}

    if not resolved.training.recompute:
        savings = {RECOMPUTE: True}
        yield savings

    if estimator.precision(resolved) == "float32":
        yield savings | {PRECISION: half_precision(estimator)}


def half_precision(estimator: MemoryEstimator) -> str:
    """Returns bfloat16 where the device has it, else float16, which is scaled."""
    return "bfloat16" if estimator.automatic == "bfloat16" else "float16"


def largest_batch(estimator: MemoryEstimator, savings: Changes) -> Changes | None:
    """Returns `savings` with the largest batch that fits beside them, and its accumulation.

    A step then has as many examples as now, or nearly. None where not even the smallest batch fits.
    """
    room = estimator.budget.room
    assert room is not None

    step = step_size(estimator)
    smallest = estimator.smallest_batch

    def fits(batch: int) -> bool:
        parts = min(MOST_PARTS, -(-step // batch))
        estimate = estimator.estimate({**savings, **batch_changes(batch, parts)})
        return estimate is not None and estimate.needed <= room

    if fits(max(step, smallest)):
        return {**savings, **batch_changes(max(step, smallest), 1)}
    if not fits(smallest):
        return None

    # `low` fits and `high` does not: what is needed grows with the batch.
    low = smallest
    high = step
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle

    return {**savings, **batch_changes(*divide_step(step, low, smallest))}


def divide_step(step: int, most: int, smallest: int = 1) -> tuple[int, int]:
    """Returns (batch, accumulation) for so many examples a step, of which `most` fit at once.

    The step is kept exactly where that leaves at least half of `most`, else as nearly as can be.
    """
    exact = [
        size
        for size in range(most, smallest - 1, -1)
        if step % size == 0 and step // size <= MOST_PARTS
    ]
    if exact and 2 * exact[0] >= most:
        return exact[0], step // exact[0]

    parts = min(MOST_PARTS, -(-step // most))
    return max(smallest, min(most, round(step / parts))), parts


def batch_changes(batch: int, accumulation: int) -> Changes:
    """Returns the changes that set batch size and accumulation."""
    return {"training.batch_size": batch, "training.accumulation": accumulation}


def step_size(estimator: MemoryEstimator) -> int:
    """Returns the examples of a step, as the experiment is now."""
    return estimator.current.resolved.training.step_size


def smallest_batch(estimator: MemoryEstimator) -> Changes:
    """Returns the changes that set the smallest batch, with the examples of a step kept."""
    smallest = estimator.smallest_batch
    return batch_changes(*divide_step(step_size(estimator), smallest, smallest))


def accumulation_effect(estimator: MemoryEstimator) -> str:
    """Returns what adding up the gradients of parts does to the result, as a sentence."""
    if estimator.loss_compares:
        return (
            "This loss compares the examples of a batch: only those within a part are compared now."
        )
    if estimator.has_batch_norm:
        return "Nearly the same result: batch normalisation sees a part at a time."

    return "The same result."


def _without_present(estimator: MemoryEstimator, changes: Changes) -> Changes:
    """Returns the changes without those that the experiment has already."""
    training = estimator.current.resolved.training
    return {
        key: value
        for key, value in changes.items()
        if getattr(training, key.partition(".")[2]) != value
    }


def _fit_text(estimator: MemoryEstimator, estimate: Estimate) -> str:
    """Returns what these changes mean, in sentences."""
    if not estimate.changes:
        batch_now = estimator.current.resolved.training.batch_size
        return f"It fits as it is: {batch_now:,} examples at once."

    training = estimate.resolved.training
    batch = training.batch_size
    parts = training.accumulation
    before = step_size(estimator)

    if batch * parts == before:
        kept = f"{before:,} a step as before"
    else:
        kept = f"{batch * parts:,} a step, the nearest to the {before:,} of before"

    if parts == 1:
        sentences = [f"All {batch:,} examples of a step fit at once."]
    else:
        sentences = [
            f"{batch:,} examples at once, the gradients of {parts:,} such batches added up: "
            f"{kept}.",
            accumulation_effect(estimator),
        ]

    if RECOMPUTE in estimate.changes:
        sentences.append(
            "Activations are computed again in the backward pass: a second forward pass at every "
            "step."
        )

    if PRECISION in estimate.changes:
        sentences.append(f"Activations are kept in {training.precision}: fewer digits.")

    return " ".join(sentences)


def _least_text(estimator: MemoryEstimator, least: Estimate) -> str:
    """Returns the least that was tried, as a part of a sentence."""
    training = least.resolved.training
    batch = training.batch_size
    precision = estimator.precision(least.resolved)

    savings = []
    if training.recompute:
        savings.append("activations computed again")
    if precision != "float32":
        savings.append(precision)

    words = "one example at a time" if batch == 1 else f"{batch:,} examples at a time"
    return f"{words} with {' and '.join(savings)}" if savings else words
