"""What a race says, in sentences: how it stands, and what may be learned from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import metric_text
from app.engine.runs.comparison import best_index
from app.engine.text import UNKNOWN, list_text, number_text
from app.ui.state.race import Member, RaceState, leader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.learning.metrics import Metric

ONE_SEED = "This is one race with one seed: another seed moves every curve a little."


def verdict(race_state: RaceState, active: bool) -> str:
    """Returns how a race stands, or what came of it and what that is worth."""
    metric = race_state.members[0].variant.task.headline
    if active:
        return _standing(race_state.members, metric)

    troubles = _troubles(race_state.members)
    first = leader(race_state)
    if first is None:
        level = _level([(member, member.headline) for member in race_state.members], metric)
        words = f"{level}. {ONE_SEED}" if level else "There is nothing to compare."
        return f"{words} {troubles}".strip()

    ahead = race_state.members[first]
    second = _second(race_state, first, metric)
    words = f"{_named(ahead, metric)} came out best, ahead of {_named(second, metric)}."

    return f"{words} {_worth(ahead, second, metric)} {troubles}".strip()


def _standing(members: Sequence[Member], metric: Metric) -> str:
    """Returns who is ahead at the last epoch that all have which are still in the race."""
    racing = [
        member
        for member in members
        if member.record.finished is None
        or member.record.finished.status not in ("diverged", "failed")
    ]
    if len(racing) < 2:
        return f"{_troubles(members)} There is nothing left to compare.".strip()

    counts = [len(member.record.epochs) for member in racing]
    epoch = min(counts)
    if not epoch:
        return "The comparison begins when all have judged their first epoch."

    figures = [
        (member, member.record.epochs[epoch - 1].metrics.get(metric.name)) for member in racing
    ]
    where = f"At epoch {epoch}, the last that all have" if max(counts) > epoch else f"Epoch {epoch}"
    level = _level(figures, metric)
    if level:
        return f"{where}: {level}."

    first = best_index([figure for _, figure in figures], metric.better)
    if first is None:
        return f"{where}: there is nothing to compare."

    member, figure = figures[first]
    return f"{where}: {member.variant.name} is ahead ({_figure(metric, figure)})."


def _level(figures: Sequence[tuple[Member, float | None]], metric: Metric) -> str:
    """Returns the clause for several that share the best figure as it is shown; "" for one."""
    known = [(member, value) for member, value in figures if value is not None]
    if len(known) < 2:
        return ""

    choose = max if metric.better == "higher" else min
    best = _figure(metric, choose(value for _, value in known))
    names = [member.variant.name for member, value in known if _figure(metric, value) == best]
    return f"{list_text(names)} are level ({best})" if len(names) > 1 else ""


def _figure(metric: Metric, value: float | None) -> str:
    return metric_text(metric.name, value) if value is not None else UNKNOWN


def changes_in_words(race_state: RaceState) -> str:
    """Returns what was changed in some members while they ran.

    For then they do not differ in their settings alone.
    """
    texts = []
    for member in race_state.members:
        changes = [
            f"{member.record.words_of(change)} from step {change.step + 1:,}"
            for change in member.record.changes
        ]
        if changes:
            texts.append(f"{member.variant.name} ({'; '.join(changes)})")

    return f"Changed while it ran: {', '.join(texts)}." if texts else ""


def _named(member: Member, metric: Metric) -> str:
    value = member.headline
    return (
        f"{member.variant.name} ({metric_text(metric.name, value)})"
        if value is not None
        else member.variant.name
    )


def _second(race_state: RaceState, first: int, metric: Metric) -> Member:
    known = {
        index: member.headline
        for index, member in enumerate(race_state.members)
        if index != first and member.headline is not None and np.isfinite(member.headline)
    }
    choose = max if metric.better == "higher" else min
    return race_state.members[choose(known, key=lambda index: known[index])]


def _worth(ahead: Member, second: Member, metric: Metric) -> str:
    """Returns how far one seed and one validation set go."""
    if metric.name == "accuracy" and ahead.headline is not None and second.headline is not None:
        count = _validation_examples(ahead)
        mean = (ahead.headline + second.headline) / 2
        error = float(np.sqrt(2 * mean * (1 - mean) / count)) if count else 0.0
        if count and abs(ahead.headline - second.headline) < 2 * error:
            apart = number_text(100 * abs(ahead.headline - second.headline), 2)
            points = f"{apart} percentage points"
            return (
                f"The two are {points} apart, which is within chance for {count:,} validation "
                f"examples. {ONE_SEED}"
            )

    return ONE_SEED


def _validation_examples(member: Member) -> int:
    """Returns the number of validation examples, as counted in its last epoch; 0 if unknown."""
    epochs = member.record.epochs
    confusion = epochs[-1].confusion if epochs else None
    return int(confusion.sum()) if confusion is not None else 0


def _troubles(members: Sequence[Member]) -> str:
    diverged = _names_of(members, "diverged")
    failed = _names_of(members, "failed")

    parts = []
    if diverged:
        parts.append(f"{list_text(diverged)} diverged; a lower learning rate may help.")
    if failed:
        parts.append(f"{list_text(failed)} failed; look closer to see why.")

    return " ".join(parts)


def _names_of(members: Sequence[Member], status: str) -> list[str]:
    """Returns the names of those that have ended so."""
    return [
        member.variant.name
        for member in members
        if member.record.finished is not None and member.record.finished.status == status
    ]
