"""What a race says, in sentences: how it stands, and what may be learned from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import metric_text
from app.engine.text import list_text, number_text
from app.ui.state.race import Member, RaceState, leader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.learning.metrics import Metric


def verdict(race_state: RaceState, active: bool) -> str:
    """Returns how a race stands, or what came of it and what that is worth."""
    metric = race_state.members[0].variant.task.headline
    first = leader(race_state)
    if active:
        if first is None:
            return "The first figures come when the first epoch is judged."
        return f"Ahead so far: {_named(race_state.members[first], metric)}."

    troubles = _troubles(race_state.members)
    if first is None:
        known = sum(member.headline is not None for member in race_state.members)
        even = "Two share the best figure." if known > 1 else ""
        return f"{troubles} {even or 'There is nothing to compare.'}".strip()

    ahead = race_state.members[first]
    second = _second(race_state, first, metric)
    words = f"{_named(ahead, metric)} came out best, before {_named(second, metric)}."

    return f"{words} {_worth(ahead, second, metric)} {troubles}".strip()


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
    one_seed = "This is one race with one seed: another seed moves every curve a little."
    if metric.name == "accuracy" and ahead.headline is not None and second.headline is not None:
        count = _validation_examples(ahead)
        mean = (ahead.headline + second.headline) / 2
        error = float(np.sqrt(2 * mean * (1 - mean) / count)) if count else 0.0
        if count and abs(ahead.headline - second.headline) < 2 * error:
            apart = number_text(100 * abs(ahead.headline - second.headline), 2)
            points = f"{apart} percentage points"
            return (
                f"The two are {points} apart, which is within chance for {count:,} validation "
                f"examples. {one_seed}"
            )

    return one_seed


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
        parts.append(
            f"{list_text(diverged)} went out of bounds; a lower learning rate may hold it."
        )
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
