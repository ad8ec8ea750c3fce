"""What a race says, in sentences: how it stands, and what may be learned from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import metric_text
from app.engine.text import list_text, number_text
from app.ui.state.race import RaceState, Runner, leader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.learning.metrics import Metric


def verdict(race_state: RaceState, active: bool) -> str:
    """How it stands, or what came of it and what that is worth."""
    metric = race_state.runners[0].variant.task.headline
    first = leader(race_state)
    if active:
        if first is None:
            return "The first figures come when the first epoch is judged."
        return f"Ahead so far: {_named(race_state.runners[first], metric)}."

    fallen = [
        runner
        for runner in race_state.runners
        if runner.record.finished is not None
        and runner.record.finished.status in ("diverged", "failed")
    ]
    text = _fallen(fallen)
    if first is None:
        even = (
            "Two share the best figure."
            if sum(one.headline is not None for one in race_state.runners) > 1
            else ""
        )
        return f"{text} {even or 'There is nothing to compare.'}".strip()

    ahead = race_state.runners[first]
    second = _second(race_state, first, metric)
    words = f"{_named(ahead, metric)} came out best, before {_named(second, metric)}."

    return f"{words} {_worth(ahead, second, metric)} {text}".strip()


def changes_told(race_state: RaceState) -> str:
    """What was changed in some of them while it ran, for then they do not differ in their settings
    alone.
    """
    told = []
    for runner in race_state.runners:
        each = [
            f"{runner.record.words_of(one)} from step {one.step + 1:,}"
            for one in runner.record.changes
        ]
        if each:
            told.append(f"{runner.variant.name} ({'; '.join(each)})")

    return f"Changed while it ran: {', '.join(told)}." if told else ""


def _named(runner: Runner, metric: Metric) -> str:
    value = runner.headline
    return (
        f"{runner.variant.name} ({metric_text(metric.name, value)})"
        if value is not None
        else runner.variant.name
    )


def _second(race_state: RaceState, first: int, metric: Metric) -> Runner:
    known = {
        member: runner.headline
        for member, runner in enumerate(race_state.runners)
        if member != first and runner.headline is not None and np.isfinite(runner.headline)
    }
    choose = max if metric.better == "higher" else min
    return race_state.runners[choose(known, key=lambda member: known[member])]


def _worth(ahead: Runner, second: Runner, metric: Metric) -> str:
    """One seed and one validation set: how far that goes."""
    one_seed = "This is one race with one seed: another seed moves every curve a little."
    if metric.name == "accuracy" and ahead.headline is not None and second.headline is not None:
        count = _judged(ahead)
        mean = (ahead.headline + second.headline) / 2

        error = float(np.sqrt(2 * mean * (1 - mean) / count)) if count else 0.0
        if count and abs(ahead.headline - second.headline) < 2 * error:
            points = (
                f"{number_text(100 * abs(ahead.headline - second.headline), 2)} percentage points"
            )
            return f"The two are {points} apart, which is within chance for {count:,} validation examples. {one_seed}"

    return one_seed


def _judged(runner: Runner) -> int:
    """Validation examples, as counted in its last judging."""
    epochs = runner.record.epochs
    confusion = epochs[-1].confusion if epochs else None
    return int(confusion.sum()) if confusion is not None else 0


def _fallen(runners: Sequence[Runner]) -> str:
    out = [
        runner.variant.name
        for runner in runners
        if runner.record.finished is not None and runner.record.finished.status == "diverged"
    ]
    failed = [runner.variant.name for runner in runners if runner.variant.name not in out]

    parts = []
    if out:
        parts.append(f"{list_text(out)} went out of bounds; a lower learning rate may hold it.")
    if failed:
        parts.append(f"{list_text(failed)} failed; look closer to see why.")

    return " ".join(parts)
