"""What if, in words: the parts that are changed, and what that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.nouns import noun
from app.engine.learning.metrics import METRICS, metric_text
from app.engine.text import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.insight.part_change import BlockParts, Effect, Kind, PartChange
    from app.ui.pages.tryit.inside.asking import Seen

MEANING = (
    "What you may conclude: a part without which the answer and the figures stay as they are is "
    "not needed for these examples, alone. What not: that several such parts can go together, for "
    "they may stand in for one another, or that a part “means” what it answers to. Nothing is "
    "saved unless you save it, and the run stays as it is."
)

TEST = (
    "Parts that were chosen by the test figure make it too good: it is meant to be looked at last."
)


def part_name(change: PartChange, noun_of_unit: str) -> str:
    """Returns a part: "conv1, channel 3"."""
    what = "head" if change.kind == "head" else noun_of_unit
    return f"{change.block.replace('/', ' › ')}, {what} {change.number + 1:,}"


def change_text(change: PartChange, noun_of_unit: str) -> str:
    """Returns what is done to a part: "conv1, channel 3: muted"."""
    done = f"× {change.factor:.2g}"
    if change.pruned:
        done = "pruned"
    elif not change.factor:
        done = "muted"

    return f"{part_name(change, noun_of_unit)}: {done}"


def parts_text(parts: BlockParts, kind: Kind, noun_of_unit: str) -> str:
    """Returns how many parts there are to choose from, and what makes one of them."""
    what = "head" if kind == "head" else noun_of_unit
    text = f"of {count_text(parts.count(kind), what)}"
    weights = parts.weights(kind)
    return f"{text}, each made by {count_text(weights, 'weight')} of the block" if weights else text


def answer_text(seen: Seen) -> str:
    """Returns what becomes of the answer; "" where nothing is changed or it has no words."""
    if not seen.changes or seen.before is None or seen.after is None:
        return ""

    before, after = seen.before.headline, seen.after.headline
    if before == after:
        return f"The answer stays {after}."

    return f"The answer becomes {after}, before it was {before}."


def effect_texts(effects: Sequence[Effect], kind: str, unit: str) -> list[str]:
    """Returns a line for each split. kind: of the examples. unit: of amounts that are predicted."""
    lines = []
    for effect in effects:
        metric = METRICS[effect.metric]
        before = metric_text(effect.metric, effect.before, unit)
        after = metric_text(effect.metric, effect.after, unit)
        part = f" of {effect.total:,}" if effect.examples < effect.total else ""
        lines.append(
            f"{metric.label[0].upper()}{metric.label[1:]} over {effect.examples:,}{part} "
            f"{effect.split} {noun(kind, effect.examples)}: {before} before, {after} with the "
            "changes."
        )

    return [*lines, TEST] if any(effect.split == "test" for effect in effects) else lines
