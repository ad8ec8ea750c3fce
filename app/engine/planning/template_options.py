"""Rows of the planner that change the network: the same template smaller, or another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.planning.option import Option
from models.spec import Setting, settings
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.planning.memory_estimate import Estimate, MemoryEstimator

MOST_SHOWN = 2
"""How many ways of making the template smaller, and how many other templates, are shown."""


def smaller_templates(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields the template with one of its sizes halved."""
    for estimate, setting in halved_templates(estimator)[:MOST_SHOWN]:
        before = _value(estimator, setting)
        value = estimate.changes[f"model.{setting.name}"]
        instead = "" if before is None else f" instead of {before:,}"
        yield Option(
            f"smaller-{setting.name}",
            f"A smaller network: {setting.label.lower()} {value:,}{instead}",
            "It can hold less: a different result, and less time.",
            estimate,
            estimator.current.needed - estimate.needed,
        )


def halved_templates(estimator: MemoryEstimator) -> list[tuple[Estimate, Setting]]:
    """Returns estimates with one setting of the template halved, where that needs less.

    The one that needs the least comes first.
    """
    estimates = []
    for setting, value in _halved_settings(estimator):
        estimate = estimator.estimate({f"model.{setting.name}": value})
        if estimate is not None and estimate.needed < estimator.current.needed:
            estimates.append((estimate, setting))

    return sorted(estimates, key=lambda pair: pair[0].needed)


def _halved_settings(estimator: MemoryEstimator) -> Iterator[tuple[Setting, int]]:
    """Yields every whole number among the template's settings, halved within its limits.

    Which of them are sizes is seen from the memory that they need.
    """
    template = estimator.current.resolved.model
    for setting in settings(type(template)):
        if setting.type != "integer":
            continue

        value = _value(estimator, setting)
        step = int(setting.step or 1)
        least = int(setting.minimum or 1)

        if value is None:
            # Each part of the network follows its own data, and there is no one value to halve:
            # so it is a value that is small for all of them.
            yield setting, max(least, 2 * step)
            continue

        half = step * max(1, round(value / (2 * step))) if value % step == 0 else value // 2
        if least <= half < value:
            yield setting, half


def _value(estimator: MemoryEstimator, setting: Setting) -> int | None:
    value = getattr(estimator.current.resolved.model, setting.name)
    return None if value is None else int(value)


def other_templates(estimator: MemoryEstimator) -> Iterator[Option]:
    """Yields other templates that fit the task and need less memory at their usual size."""
    template_now = estimator.current.resolved.model
    estimates: list[tuple[Estimate, type[Template]]] = []
    for template in TEMPLATES.all():
        if template.kind == template_now.kind or template.unfit(estimator.problem):
            continue

        estimate = estimator.estimate({"model.template": template.kind})
        if estimate is not None and estimate.needed < estimator.current.needed:
            estimates.append((estimate, template))

    for estimate, template in sorted(estimates, key=lambda pair: pair[0].needed)[:MOST_SHOWN]:
        yield Option(
            f"template-{template.kind}",
            f"Another template: {template.label}",
            "Another network: a different result.",
            estimate,
            estimator.current.needed - estimate.needed,
        )
