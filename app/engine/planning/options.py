"""The planner: what else would fit, what each way costs, and what it saves.

Every way is a change of settings.

Without torch until something is weighed. Times are measured (see trial), never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.planning.fit_to_memory import (
    PRECISION,
    RECOMPUTE,
    largest,
    portions,
    rungs,
    smallest_step,
    what_parts_mean,
)
from app.engine.text import times_text
from models.spec import Setting, settings
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.planning.memory_estimate import Estimate, MemoryEstimator
    from app.engine.runs.events import RunPrepared

OTHERS = 2
"""So many ways of making the template smaller, and so many other templates, are shown."""

COMBINED = 2
"""So many combinations, where nothing single fits this network."""

PACE = (
    "batch_size",
    "accumulation",
    "recompute",
    "device",
    "precision",
    "gradient_clip",
    "cpu_use",
    "threads",
)
"""Of [training], what the time of an epoch depends on."""

LESS_EXACT = {
    "bfloat16": "Nearly the same result, from fewer digits; this device is faster with it.",
    "float16": "Nearly the same result, from fewer digits; steps whose numbers overflow are left "
    "out.",
    "float32": "More digits, more memory and time.",
}


@dataclass(frozen=True)
class Option:
    """One row: a change of the experiment.

    cost: what it costs beside memory, in a sentence. gain: bytes less than now (negative: more).
    """

    key: str
    title: str
    cost: str
    estimate: Estimate
    gain: int = 0

    @property
    def changes(self) -> dict[str, Any]:
        return self.estimate.changes


def options(estimator: MemoryEstimator) -> Iterator[Option]:
    """All rows, the experiment as it is first, each as soon as it is weighed; those that cannot be
    are left out. Raises UserError where the experiment cannot be trained as it is.
    """
    fitting = False
    for way in (_now, batches, precisions, recomputing, optimizers):
        for option in way(estimator):
            fitting = fitting or option.estimate.verdict == "fits"
            yield option

    if not fitting and estimator.budget.room is not None:
        yield from combinations(estimator)

    yield from smaller_templates(estimator)
    yield from other_templates(estimator)


def _option(
    estimator: MemoryEstimator, key: str, title: str, cost: str, changes: dict[str, Any]
) -> Iterator[Option]:
    estimate = estimator.estimate(changes)
    if estimate is not None:
        yield Option(key, title, cost, estimate, estimator.now.needed - estimate.needed)


def _now(estimator: MemoryEstimator) -> Iterator[Option]:
    training = estimator.now.resolved.training
    batch = training.batch_size
    parts = training.accumulation
    added = f", {parts:,} of them a step" if parts > 1 else ""
    yield Option(
        "now",
        "As it is now",
        f"Batches of {batch:,}{added}, {estimator.precision(estimator.now.resolved)}.",
        estimator.now,
    )


# --- ways that keep the network


def batches(estimator: MemoryEstimator) -> Iterator[Option]:
    training = estimator.now.resolved.training
    batch = training.batch_size
    parts = training.accumulation

    half = batch // 2
    if half >= estimator.smallest:
        yield from _option(
            estimator,
            "accumulate",
            f"Batch {half:,}, {2 * parts:,} of them a step",
            f"{2 * half * parts:,} examples a step as now, often a little slower. "
            f"{what_parts_mean(estimator)}",
            portions(half, 2 * parts),
        )
        yield from _option(
            estimator,
            "batch-half",
            f"Half the batch: {half:,}",
            "Twice as many steps, each noisier: another result.",
            {"training.batch_size": half},
        )

    if batch // 4 >= estimator.smallest:
        yield from _option(
            estimator,
            "batch-quarter",
            f"A quarter of the batch: {batch // 4:,}",
            "Four times as many steps, noisier still: another result.",
            {"training.batch_size": batch // 4},
        )

    if batch * parts < estimator.problem.examples:
        yield from _option(
            estimator,
            "batch-double",
            f"Twice the batch: {2 * batch:,}",
            "Half as many steps, each smoother: another result.",
            {"training.batch_size": 2 * batch},
        )


def precisions(estimator: MemoryEstimator) -> Iterator[Option]:
    now = estimator.precision(estimator.now.resolved)
    offered = ["float32"] if now == "bfloat16" else ["bfloat16", "float16", "float32"]
    for precision in offered:
        if precision == now or (precision == "bfloat16" and estimator.automatic != "bfloat16"):
            continue

        title = {
            "bfloat16": "bfloat16 (mixed precision)",
            "float16": "float16 with scaling (mixed precision)",
        }
        yield from _option(
            estimator,
            precision,
            title.get(precision, "float32 (exact)"),
            LESS_EXACT[precision],
            {PRECISION: precision},
        )


def recomputing(estimator: MemoryEstimator) -> Iterator[Option]:
    if estimator.now.resolved.training.recompute:
        yield from _option(
            estimator,
            "keep",
            "Keep all activations",
            "About a quarter less time, the same result.",
            {RECOMPUTE: False},
        )
    else:
        yield from _option(
            estimator,
            "recompute",
            "Recompute activations",
            "A second forward pass at every step; the same result.",
            {RECOMPUTE: True},
        )


def optimizers(estimator: MemoryEstimator) -> Iterator[Option]:
    now = estimator.now.resolved.optimizer
    mine = estimator.floats(now.kind)
    for floats, kind in leaner(estimator):
        choice = OPTIMIZERS.get(kind)
        yield from _option(
            estimator,
            f"optimizer-{kind}",
            f"{choice.label}: {times_text(floats)}n instead of {times_text(mine)}n",
            "Another optimizer, another result; its learning rate is its own.",
            {"optimizer.kind": kind},
        )


def leaner(estimator: MemoryEstimator) -> list[tuple[float, str]]:
    """(floats for each parameter, kind) of optimizers that keep less of this network, the least
    last: of several that keep about as much, the one that is offered first.
    """
    now = estimator.now.resolved.optimizer
    mine = estimator.floats(now.kind)
    found = dict[float, tuple[float, str]]()
    for choice in OPTIMIZERS.all():
        floats = estimator.floats(choice.kind)
        if choice.kind != now.kind and floats < mine - 0.05:
            found.setdefault(round(floats, 1), (floats, choice.kind))

    return sorted(found.values(), reverse=True)


# --- ways that change the network


def smaller_templates(estimator: MemoryEstimator) -> Iterator[Option]:
    for estimate, setting in smaller(estimator)[:OTHERS]:
        was = _value(estimator, setting)
        value = estimate.changes[f"model.{setting.name}"]
        of = "" if was is None else f" instead of {was:,}"
        yield Option(
            f"smaller-{setting.name}",
            f"A smaller network: {setting.label.lower()} {value:,}{of}",
            "It can hold less: another result, and less time.",
            estimate,
            estimator.now.needed - estimate.needed,
        )


def smaller(estimator: MemoryEstimator) -> list[tuple[Estimate, Setting]]:
    """The template with one of its sizes halved, within its limits, where that needs less; the
    least first.
    """
    found = []
    for setting, value in _halved(estimator):
        estimate = estimator.estimate({f"model.{setting.name}": value})
        if estimate is not None and estimate.needed < estimator.now.needed:
            found.append((estimate, setting))

    return sorted(found, key=lambda one: one[0].needed)


def _halved(estimator: MemoryEstimator) -> Iterator[tuple[Setting, int]]:
    """Every whole number among the template's settings, halved.

    Which of them are sizes is seen on the scales.
    """
    template = estimator.now.resolved.model
    for setting in settings(type(template)):
        if setting.type != "integer":
            continue

        value = _value(estimator, setting)
        step = int(setting.step or 1)

        least = int(setting.minimum or 1)
        if (
            value is None
            # each part of the network follows its own measure, so the least is what is known to be less
        ):
            yield setting, max(least, 2 * step)
            continue

        half = step * max(1, round(value / (2 * step))) if value % step == 0 else value // 2
        if least <= half < value:
            yield setting, half


def _value(estimator: MemoryEstimator, setting: Setting) -> int | None:
    value = getattr(estimator.now.resolved.model, setting.name)
    return None if value is None else int(value)


def other_templates(estimator: MemoryEstimator) -> Iterator[Option]:
    now = estimator.now.resolved.model
    found: list[tuple[Estimate, type[Template]]] = []
    for template in TEMPLATES.all():
        if template.kind == now.kind or template.unfit(estimator.problem):
            continue

        estimate = estimator.estimate({"model.template": template.kind})
        if estimate is not None and estimate.needed < estimator.now.needed:
            found.append((estimate, template))

    for estimate, template in sorted(found, key=lambda one: one[0].needed)[:OTHERS]:
        yield Option(
            f"template-{template.kind}",
            f"Another template: {template.label}",
            "Another network: another result.",
            estimate,
            estimator.now.needed - estimate.needed,
        )


# --- several at once


def combinations(estimator: MemoryEstimator) -> Iterator[Option]:
    """Several ways together, each rung with one more; the first ones that fit, else all of them at
    once.
    """
    shown = 0
    last = dict[str, Any]()
    for extras in _ladder(estimator):
        last = extras
        changes = largest(estimator, extras)
        if changes is None or (option := _combined(estimator, changes)) is None:
            continue

        yield option
        shown += 1
        if shown == COMBINED:
            return

    if (
        not shown
        and (option := _combined(estimator, {**last, **smallest_step(estimator)})) is not None
    ):
        yield option


def _ladder(estimator: MemoryEstimator) -> Iterator[dict[str, Any]]:
    extras: dict[str, Any] = {}
    for extras in rungs(estimator):
        yield extras

    for _, kind in leaner(estimator)[-1:]:
        extras = {**extras, "optimizer.kind": kind}
        yield extras

    for estimate, _ in smaller(estimator)[:1]:
        yield {**extras, **estimate.changes}


def _combined(estimator: MemoryEstimator, changes: dict[str, Any]) -> Option | None:
    estimate = estimator.estimate(changes)
    if estimate is None:
        return None

    training = estimate.resolved.training
    model = estimate.resolved.model
    batch = training.batch_size
    parts = training.accumulation
    names = [f"Batch {batch:,}, {parts:,} of them a step"]
    costs = [what_parts_mean(estimator)]

    if PRECISION in changes:
        names.append(changes[PRECISION])

    if "optimizer.kind" in changes:
        names.append(OPTIMIZERS.get(changes["optimizer.kind"]).label)
        costs = ["Another optimizer: another result."]

    labels = {f"model.{setting.name}": setting.label.lower() for setting in settings(type(model))}
    for key in changes.keys() & labels.keys():
        names.append(f"{labels[key]} {changes[key]:,}")
        costs.append("A smaller network: another result.")

    if RECOMPUTE in changes:
        names.append("recompute activations")
        costs.append("A second forward pass at every step.")

    key = "together-" + "-".join(sorted(name.partition(".")[2] for name in changes))
    return Option(
        key, ", ".join(names), " ".join(costs), estimate, estimator.now.needed - estimate.needed
    )


# --- what was measured before


def work_of(resolved: ResolvedExperiment) -> str:
    """What the time of a step depends on, of experiments on the same data: the same text where it
    is the same.
    """
    return repr(_work(toml_file.to_plain(resolved)))


def pace_of(
    prepared: RunPrepared, examples_per_second: float | None, description: Description
) -> Callable[[ResolvedExperiment], float | None]:
    """Returns what tells the seconds of an epoch on these data, from the pace of an earlier run.

    It tells None for an experiment whose settings are not those of that run.
    """
    work = _work(prepared.resolved)
    examples = prepared.training_examples

    def seconds(resolved: ResolvedExperiment) -> float | None:
        same = _work(toml_file.to_plain(resolved)) == work
        if not same or examples != description.size("training") or not examples_per_second:
            return None

        return examples / examples_per_second

    return seconds


def _work(plain: dict[str, Any]) -> dict[str, Any]:
    """Of an experiment as plain data, what the time of a step depends on."""
    sections = {
        name: plain.get(name) for name in ("data", "augmentation", "model", "loss", "optimizer")
    }
    training = plain.get("training") or {}
    defaults = {
        name: field.default for name, field in type(Experiment().training).model_fields.items()
    }

    return sections | {name: training.get(name, defaults[name]) for name in PACE}
