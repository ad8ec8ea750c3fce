"""The rows of the planner: what else would fit, what each way costs, and what it saves.

Every way is a change of settings. Torch is loaded only when the first estimate is made. Times are
measured (see step_timing), never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.planning.fit_to_memory import (
    PRECISION,
    RECOMPUTE,
    accumulation_effect,
    batch_changes,
    escalating_savings,
    largest_batch,
    smallest_batch,
)
from app.engine.planning.option import Option, option_of
from app.engine.planning.template_options import (
    halved_templates,
    other_templates,
    smaller_templates,
)
from app.engine.text import times_text
from models.spec import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.planning.memory_estimate import Changes, MemoryEstimator

MOST_COMBINATIONS = 2
"""How many combinations are shown where nothing single fits this network."""

PRECISIONS = {
    "bfloat16": (
        "bfloat16 (mixed precision)",
        "Nearly the same result, from fewer digits; this device is faster with it.",
    ),
    "float16": (
        "float16 with scaling (mixed precision)",
        "Nearly the same result, from fewer digits; steps whose numbers overflow are left out.",
    ),
    "float32": ("float32 (exact)", "More digits, more memory and time."),
}
"""Title and cost of each precision."""


def options(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields all rows, the experiment as it is first, each as soon as it is estimated.

    Rows whose settings do not go together are left out. Raises UserError where the experiment
    cannot be trained as it is.
    """
    one_fits = False
    for way in (current_settings, batches, precisions, recomputing, optimizers):
        for option in way(estimator):
            one_fits = one_fits or option.estimate.verdict == "fits"
            yield option

    if not one_fits and estimator.budget.room is not None:
        yield from combinations(estimator)

    yield from smaller_templates(estimator)
    yield from other_templates(estimator)


def current_settings(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields the experiment as it is."""
    training = estimator.current.resolved.training
    batch = training.batch_size
    parts = training.accumulation
    added = f", {parts:,} of them a step" if parts > 1 else ""
    yield Option(
        "now",
        "As it is now",
        f"Batches of {batch:,}{added}, {estimator.precision(estimator.current.resolved)}.",
        estimator.current,
    )


# --- ways that keep the network


def batches(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields smaller batches, with and without the examples of a step kept, and a larger one."""
    training = estimator.current.resolved.training
    batch = training.batch_size
    parts = training.accumulation

    half = batch // 2
    quarter = batch // 4
    smallest = estimator.smallest_batch
    rows: list[tuple[str, str, str, Changes]] = []

    if half >= smallest:
        rows += (
            (
                "accumulate",
                f"Batch {half:,}, {2 * parts:,} of them a step",
                f"{2 * half * parts:,} examples a step as now, often a little slower. "
                f"{accumulation_effect(estimator)}",
                batch_changes(half, 2 * parts),
            ),
            (
                "batch-half",
                f"Half the batch: {half:,}",
                "Twice as many steps, each noisier: a different result.",
                {"training.batch_size": half},
            ),
        )

    if quarter >= smallest:
        rows.append(
            (
                "batch-quarter",
                f"A quarter of the batch: {quarter:,}",
                "Four times as many steps, noisier still: a different result.",
                {"training.batch_size": quarter},
            )
        )

    if batch * parts < estimator.problem.examples:
        rows.append(
            (
                "batch-double",
                f"Twice the batch: {2 * batch:,}",
                "Half as many steps, each smoother: a different result.",
                {"training.batch_size": 2 * batch},
            )
        )

    for key, title, cost, changes in rows:
        option = option_of(estimator, key, title, cost, changes)
        if option is not None:
            yield option


def precisions(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields the other precisions that the device has."""
    precision_now = estimator.precision(estimator.current.resolved)
    offered = ["float32"] if precision_now == "bfloat16" else ["bfloat16", "float16", "float32"]
    for precision in offered:
        unsupported = precision == "bfloat16" and estimator.automatic != "bfloat16"
        if precision == precision_now or unsupported:
            continue

        title, cost = PRECISIONS[precision]
        option = option_of(estimator, precision, title, cost, {PRECISION: precision})
        if option is not None:
            yield option


def recomputing(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields the experiment with activations recomputed, or kept where they are recomputed now."""
    if estimator.current.resolved.training.recompute:
        option = option_of(
            estimator,
            "keep",
            "Keep all activations",
            "About a quarter less time, the same result.",
            {RECOMPUTE: False},
        )
    else:
        option = option_of(
            estimator,
            "recompute",
            "Recompute activations",
            "A second forward pass at every step; the same result.",
            {RECOMPUTE: True},
        )

    if option is not None:
        yield option


def optimizers(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields optimizers that keep less."""
    floats_now = estimator.floats_per_parameter(estimator.current.resolved.optimizer.kind)
    for floats, kind in leaner_optimizers(estimator):
        label = OPTIMIZERS.get(kind).label
        option = option_of(
            estimator,
            f"optimizer-{kind}",
            f"{label}: {times_text(floats)}n instead of {times_text(floats_now)}n",
            "Another optimizer, a different result; it has its own learning rate.",
            {"optimizer.kind": kind},
        )
        if option is not None:
            yield option


def leaner_optimizers(estimator: MemoryEstimator) -> list[tuple[float, str]]:
    """Returns (floats a parameter, kind) of optimizers that keep less, the leanest last.

    Among several that keep about as much it is the one that is offered first.
    """
    kind_now = estimator.current.resolved.optimizer.kind
    floats_now = estimator.floats_per_parameter(kind_now)
    by_floats: dict[float, tuple[float, str]] = {}
    for choice in OPTIMIZERS.all():
        floats = estimator.floats_per_parameter(choice.kind)
        if choice.kind != kind_now and floats < floats_now - 0.05:
            by_floats.setdefault(round(floats, 1), (floats, choice.kind))

    return sorted(by_floats.values(), reverse=True)


# --- several at once


def combinations(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields several ways together, each row with one more: the first rows that fit.

    Where none fits it is the row with all ways at once.
    """
    shown = 0
    everything: Changes = {}
    for savings in _all_savings(estimator):
        everything = savings
        changes = largest_batch(estimator, savings)
        if changes is None or (option := _combination(estimator, changes)) is None:
            continue

        yield option
        shown += 1
        if shown == MOST_COMBINATIONS:
            return

    if not shown:
        option = _combination(estimator, {**everything, **smallest_batch(estimator)})
        if option is not None:
            yield option


def _all_savings(estimator: MemoryEstimator) -> Iterator[Changes]:
    """Yields what is changed beside the batch, each with what came before.

    After `escalating_savings` come the leanest optimizer and the smallest of the halved templates.
    """
    savings: Changes = {}
    for savings in escalating_savings(estimator):
        yield savings

    for _, kind in leaner_optimizers(estimator)[-1:]:
        savings = {**savings, "optimizer.kind": kind}
        yield savings

    for estimate, _ in halved_templates(estimator)[:1]:
        yield {**savings, **estimate.changes}


def _combination(estimator: MemoryEstimator, changes: Changes) -> Option | None:
    """Returns the row of several changes together, with its title and costs in words."""
    estimate = estimator.estimate(changes)
    if estimate is None:
        return None

    training = estimate.resolved.training
    model = estimate.resolved.model

    names = [f"Batch {training.batch_size:,}, {training.accumulation:,} of them a step"]
    costs = [accumulation_effect(estimator)]

    if PRECISION in changes:
        names.append(str(changes[PRECISION]))

    if "optimizer.kind" in changes:
        names.append(OPTIMIZERS.get(str(changes["optimizer.kind"])).label)
        costs = ["Another optimizer: a different result."]

    labels = {f"model.{setting.name}": setting.label.lower() for setting in settings(type(model))}
    for key in changes.keys() & labels.keys():
        names.append(f"{labels[key]} {changes[key]:,}")
        costs.append("A smaller network: a different result.")

    if RECOMPUTE in changes:
        names.append("recompute activations")
        costs.append("A second forward pass at every step.")

    key = "together-" + "-".join(sorted(name.partition(".")[2] for name in changes))
    gain = estimator.current.needed - estimate.needed
    return Option(key, ", ".join(names), " ".join(costs), estimate, gain)
