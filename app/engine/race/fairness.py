"""The fairness of a race: what its variants have in common and what not, as sentences.

No torch here: the window asks before anything is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.data.augmentation import Augmentation
from app.engine.data.nouns import noun
from app.engine.text import list_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.race.variants import Variant


@dataclass(frozen=True)
class Fact:
    """One sentence on what a comparison is worth. same: it speaks of what all have in common."""

    same: bool
    text: str


def fairness(variants: Sequence[Variant], description: Description) -> tuple[Fact, ...]:
    """Returns what the variants have in common, then in what they differ beside their settings."""
    examples = noun(description.kind)
    facts = [_weights(variants), *_batches(variants, examples), *_other_settings(variants)]
    return tuple(sorted(facts, key=lambda fact: not fact.same))


def _weights(variants: Sequence[Variant]) -> Fact:
    if _differ(variants, "model") or not _all_same([variant.problem for variant in variants]):
        return Fact(False, "The networks differ, so they cannot begin with the same weights.")
    if _differ(variants, "training", "seed"):
        return Fact(
            False,
            "The seeds differ: each begins with other weights. That shows how much is chance.",
        )

    return Fact(True, "All begin with the same weights, number by number.")


def _batches(variants: Sequence[Variant], examples: str) -> list[Fact]:
    """Returns what is to be said of the order of examples and the sizes of batches.

    examples: their noun in the plural.
    """
    tasks = [variant.task.kind for variant in variants]
    if _differ(variants, "training", "seed") or not _all_same(tasks):
        return [Fact(False, f"Each sees the {examples} in an order of its own.")]

    sizes = _column(variants, "training", "step_size")
    augmentations = _column(variants, "augmentation")
    varied = any(Augmentation(settings).active for settings in augmentations)

    facts = []
    if _all_same(sizes):
        varying = ", varied alike" if varied and _all_same(augmentations) else ""
        facts.append(
            Fact(True, f"All see the same batches of {examples} in the same order{varying}.")
        )
    else:
        texts = [f"{size:,}" for size in dict.fromkeys(sizes)]
        listed = list_text(texts, len(texts))
        cut = "cut and varied differently" if varied else "cut differently"
        facts.append(
            Fact(
                False,
                f"Batches of {listed}: the same order of {examples}, {cut}.",
            )
        )

    if not _all_same(augmentations):
        facts.append(Fact(False, f"The {examples} are varied differently (augmentation)."))

    return facts


def _other_settings(variants: Sequence[Variant]) -> list[Fact]:
    """Returns what could be taken for a merit of the setting that was changed."""
    facts = []
    if _differ(variants, "loss"):
        facts.append(
            Fact(
                False,
                "The losses differ, so their curves cannot be compared by height; the figures can.",
            )
        )

    if _differ(variants, "training", "epochs"):
        facts.append(
            Fact(False, "They run for different numbers of epochs: compare them at the same place.")
        )

    optimizers = [variant.resolved.optimizer for variant in variants]
    rates_differ = not _all_same([optimizer.peak_rate() for optimizer in optimizers])
    if rates_differ and not _all_same([optimizer.kind for optimizer in optimizers]):
        facts.append(
            Fact(
                False,
                "Each optimizer has a learning rate of its own, since the same number means "
                "another pace in each; a better one can turn the order round.",
            )
        )
    elif rates_differ and _differ(variants, "model"):
        facts.append(
            Fact(
                False,
                "Each network has a learning rate of its own, the one proposed for it where "
                "none was set; give all the same to compare the networks alone.",
            )
        )

    if _differ(variants, "training", "precision") or _differ(variants, "training", "device"):
        facts.append(
            Fact(
                False,
                "They do not compute on the same device in the same precision, so times cannot "
                "be compared.",
            )
        )

    facts.append(
        Fact(
            True,
            "They take turns: none is ahead by more than a few batches, and each one's time counts "
            "only its own work.",
        )
    )
    return facts


def _column(variants: Sequence[Variant], section: str, name: str = "") -> list[Any]:
    """Returns a section, or a setting of it, of each variant."""
    values = [getattr(variant.resolved, section) for variant in variants]
    return [getattr(value, name) for value in values] if name else values


def _differ(variants: Sequence[Variant], section: str, name: str = "") -> bool:
    return not _all_same(_column(variants, section, name))


def _all_same(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values)
