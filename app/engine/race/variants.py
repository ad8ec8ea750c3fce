"""The variants of a race: what they are called, in what they differ, and in how far a comparison of
them is fair.

No torch here: the window asks before anything is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.data.augmentation import Augmentation
from app.engine.data.nouns import noun
from app.engine.errors import UserError
from app.engine.experiment.changes import with_changes
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.experiment.resolve import ResolvedExperiment, resolve
from app.engine.text import UNKNOWN, list_text, setting_text
from models.spec import Setting, settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from models.shape import Problem

FEWEST = 2
MOST = 4
USUAL = ("sgd", "sgd-momentum", "adam", "adamw")
"""The optimizers of the ready-made race, from the leanest to the one with most to remember."""

LONGEST_NAME = 3
"""Differences that a name tells; the table tells all."""


@dataclass(frozen=True)
class Variant:
    """One of the experiments of a race.

    name: what sets it apart. experiment: as requested, named for its run. resolved: with every
    setting filled in, for these data. problem: what its network meets.
    """

    name: str
    experiment: Experiment
    resolved: ResolvedExperiment
    problem: Problem

    @property
    def task(self) -> Task:
        """The task that it trains."""
        return self.resolved.task


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all variants.

    name: of the field, "kind" for the choice itself.

    values: one for each variant; None where its choice has no such setting. texts: the same in
    words.
    """

    section: str
    name: str
    label: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """One sentence on what a comparison is worth.

    same: whether it speaks of something that all have in common.
    """

    same: bool
    text: str


def variants_of(experiments: Sequence[Experiment], description: Description) -> tuple[Variant, ...]:
    """The experiments as variants of a race on these data.

    Raises UserError where they cannot race.
    """
    if not FEWEST <= len(experiments) <= MOST:
        raise UserError(
            f"A race takes {FEWEST} to {MOST} variants.", "Add a variant, or take one away."
        )

    resolved = [
        _resolved(experiment, description, number)
        for number, experiment in enumerate(experiments, 1)
    ]
    for number, experiment in enumerate(experiments):
        if experiment.data != experiments[0].data:
            raise UserError(
                "The variants of a race learn from the same data.",
                "Open the same data in all of them.",
                "data.source",
            )
        for other in range(number):
            if _without_name(resolved[number]) == _without_name(resolved[other]):
                raise UserError(
                    f"Variants {other + 1} and {number + 1} are the same.",
                    "Change a setting of one of them; another seed will do.",
                )

    title = experiments[0].name
    return tuple(
        Variant(
            name,
            experiment.replace(name=f"{title}, {name}" if title else name),
            filled_in,
            filled_in.problem(description),
        )
        for name, experiment, filled_in in zip(_names(resolved), experiments, resolved, strict=True)
    )


def _resolved(experiment: Experiment, description: Description, number: int) -> ResolvedExperiment:
    try:
        return resolve(experiment, description)
    except UserError as error:
        raise UserError(f"Variant {number}: {error.what}", error.remedy, error.setting) from error


def _without_name(experiment: ResolvedExperiment) -> ResolvedExperiment:
    return experiment.replace(name="")


# --- differences


def differences(variants: Sequence[Variant]) -> tuple[Difference, ...]:
    """Every setting in which they differ, in the order of an experiment's file."""
    return _differences([variant.resolved for variant in variants])


def _differences(experiments: Sequence[Experiment]) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for section in SECTIONS:
        values = [getattr(one, section) for one in experiments]
        if section in CHOICES and len({value.kind for value in values}) > 1:
            noun_ = CHOICES[section].registry.noun
            found.append(
                Difference(
                    section,
                    "kind",
                    noun_[:1].upper() + noun_[1:],
                    tuple(value.kind for value in values),
                    tuple(value.label for value in values),
                )
            )

        declared: dict[str, Setting] = {}
        for value in values:
            declared |= {
                setting.name: setting
                for setting in settings(type(value))
                if setting.name not in declared
            }

        for name, setting in declared.items():
            column = [getattr(value, name, None) for value in values]
            if any(value != column[0] for value in column):
                found.append(
                    Difference(
                        section,
                        name,
                        setting.label,
                        tuple(column),
                        tuple(setting_text(setting, value, UNKNOWN) for value in column),
                    )
                )

    return tuple(found)


def _choices(
    experiments: Sequence[Experiment], number: int, sections: Sequence[str] = SECTIONS
) -> list[str]:
    """What this one chose where the choices differ.

    Short, for it stands in legends: without what explains it.
    """
    found = []
    for section in sections:
        if len({getattr(getattr(one, section), "kind", "") for one in experiments}) > 1:
            found.append(str(getattr(experiments[number], section).label).partition(" (")[0])

    return found


def _names(experiments: Sequence[Experiment]) -> list[str]:
    """What each is called: its choice where the choices differ, and, where that does not tell all
    of them apart, the settings by which it differs from those that chose the same.
    """
    every = _differences(experiments)
    chosen = [", ".join(_choices(experiments, number)) for number in range(len(experiments))]
    if len(set(chosen)) == len(chosen):
        return chosen

    names = []
    for number in range(len(experiments)):
        parts: list[str] = []
        for section in SECTIONS:
            kinds = [getattr(getattr(other, section), "kind", "") for other in experiments]
            mine = [place for place, kind in enumerate(kinds) if kind == kinds[number]]
            parts += _choices(experiments, number, (section,))

            for difference in every:
                if difference.section != section or difference.name == "kind":
                    continue
                if any(difference.values[place] != difference.values[number] for place in mine):
                    label = difference.label[:1].lower() + difference.label[1:]
                    parts.append(f"{label} {difference.texts[number]}")

        more = len(parts) - LONGEST_NAME
        names.append(", ".join(parts[:LONGEST_NAME]) + (f" and {more} more" if more > 0 else ""))

    return [
        f"{name} ({number})" if names.count(name) > 1 else name
        for number, name in enumerate(names, 1)
    ]


# --- fairness


def fairness(variants: Sequence[Variant], description: Description) -> tuple[Fact, ...]:
    """What is the same for all of them and what is not, as sentences; what they share first."""
    many = noun(description.kind)
    facts = [_weights(variants), *_batches(variants, many), *_steps(variants)]
    return tuple(sorted(facts, key=lambda fact: not fact.same))


def _column(variants: Sequence[Variant], section: str, name: str = "") -> list[Any]:
    values = [getattr(variant.resolved, section) for variant in variants]
    return [getattr(value, name) for value in values] if name else values


def _all_same(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values)


def _weights(variants: Sequence[Variant]) -> Fact:
    if not _all_same(_column(variants, "model")) or not _all_same(
        [variant.problem for variant in variants]
    ):
        return Fact(False, "The networks differ, so they cannot begin with the same weights.")
    if not _all_same(_column(variants, "training", "seed")):
        return Fact(
            False,
            "The seeds differ: each begins with other weights. That shows how much is chance.",
        )

    return Fact(True, "All begin with the same weights, number by number.")


def _batches(variants: Sequence[Variant], many: str) -> list[Fact]:
    if not _all_same(_column(variants, "training", "seed")) or not _all_same(
        [one.task.kind for one in variants]
    ):
        return [Fact(False, f"Each sees the {many} in an order of its own.")]

    sizes = _column(variants, "training", "step_size")
    augmentations = _column(variants, "augmentation")
    varied = any(Augmentation(one).active for one in augmentations)

    facts = []
    if not _all_same(sizes):
        texts = [f"{size:,}" for size in dict.fromkeys(sizes)]
        listed = list_text(texts, len(texts))
        generator = ", and varied by other dice" if varied else ""
        facts.append(
            Fact(
                False, f"Batches of {listed}: the same order of {many}, cut differently{generator}."
            )
        )
    else:
        generator = ", varied by the same dice" if varied and _all_same(augmentations) else ""
        facts.append(
            Fact(True, f"All see the same batches of {many} in the same order{generator}.")
        )

    if not _all_same(augmentations):
        facts.append(Fact(False, f"The {many} are varied differently (augmentation)."))

    return facts


def _steps(variants: Sequence[Variant]) -> list[Fact]:
    """What else could be taken for a merit of the setting that was changed."""
    facts = []
    if not _all_same(_column(variants, "loss")):
        facts.append(
            Fact(
                False,
                "The losses differ, so their curves cannot be compared by height; the figures can.",
            )
        )

    if not _all_same(_column(variants, "training", "epochs")):
        facts.append(
            Fact(False, "They run for different numbers of epochs: compare them at the same place.")
        )

    optimizers = _column(variants, "optimizer")
    if len({one.kind for one in optimizers}) > 1 and not _all_same(
        [one.peak_rate() for one in optimizers]
    ):
        facts.append(
            Fact(
                False,
                "Each optimizer has a learning rate of its own, since the same number is another "
                "pace "
                "in each; a better one can turn the order round.",
            )
        )
    elif not _all_same(_column(variants, "model")) and not _all_same(
        [one.peak_rate() for one in optimizers]
    ):
        facts.append(
            Fact(
                False,
                "Each network has a learning rate of its own, what is proposed for it where none "
                "was "
                "set; give all the same to compare the networks alone.",
            )
        )

    if not _all_same(_column(variants, "training", "precision")) or not _all_same(
        _column(variants, "training", "device")
    ):
        facts.append(
            Fact(
                False,
                "They do not compute on the same device in the same precision; times do not "
                "compare.",
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


# --- ready-made


def why_adam(experiment: Experiment, description: Description) -> tuple[Experiment, ...]:
    """The race "Why Adam?": the experiment with SGD, SGD with momentum, Adam and AdamW, otherwise
    with their defaults. Each has its usual learning rate: of AdamW that is what the template
    proposes, and Adam steps as far as AdamW.

    Raises UserError where the experiment does not fit the data.
    """
    variants = []
    for kind in USUAL:
        like = "adamw" if kind == "adam" else kind
        resolved = resolve(with_changes(experiment, {"optimizer.kind": like}), description)
        rate = resolved.optimizer.peak_rate()
        variants.append(
            with_changes(experiment, {"optimizer.kind": kind, "optimizer.learning_rate": rate})
        )

    return tuple(variants)


# --- memory


def together(predicted: Sequence[Mapping[str, int | None]], shared_data: int) -> int | None:
    """Bytes that the variants take at once, at most: what stays of each, and the passing of the one
    that needs most, for only one computes at a time. None where that is not known.

    predicted: the ledger of each (memory.ledger.predict). shared_data: bytes of examples that they have in
    common.
    """
    peaks = [rows.get("peak") for rows in predicted]
    if not peaks or any(peak is None for peak in peaks):
        return None

    passing = [(rows.get("activations") or 0) + (rows.get("workspace") or 0) for rows in predicted]
    standing = [
        max(0, (peak or 0) - one - shared_data) for peak, one in zip(peaks, passing, strict=True)
    ]
    return sum(standing) + max(passing) + shared_data
