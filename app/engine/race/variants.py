"""The variants of a race: what they are called, and in which settings they differ.

No torch here: the window asks before anything is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.differences import KIND, SettingRow, differences
from app.engine.experiment.experiment import SECTIONS, Experiment
from app.engine.experiment.resolve import ResolvedExperiment, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from models.shape import Problem

FEWEST = 2
MOST = 4
"""Variants of a race."""

LONGEST_NAME = 3
"""Settings that a name mentions at most; the table shows all."""


class SameVariants(UserError):
    """Two variants of a race are still the same."""


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


def variants_of(experiments: Sequence[Experiment], description: Description) -> tuple[Variant, ...]:
    """Returns the experiments as variants of a race on these data.

    Raises UserError where they cannot race, and SameVariants where two of them are the same.
    """
    if not FEWEST <= len(experiments) <= MOST:
        raise UserError(
            f"A race takes {FEWEST} to {MOST} variants.", "Add a variant, or remove one."
        )

    resolved = [
        _resolved(experiment, description, number)
        for number, experiment in enumerate(experiments, 1)
    ]
    for index, experiment in enumerate(experiments):
        if experiment.data != experiments[0].data:
            raise UserError(
                "The variants of a race learn from the same data.",
                "Open the same data in all of them.",
                "data.source",
            )
        for other in range(index):
            if _without_name(resolved[index]) == _without_name(resolved[other]):
                raise SameVariants(
                    f"Variants {other + 1} and {index + 1} are the same.",
                    "Change a setting of one of them; another seed is enough.",
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
    """number: of the variant, from 1, for messages. Raises UserError."""
    try:
        return resolve(experiment, description)
    except UserError as error:
        raise UserError(f"Variant {number}: {error.what}", error.remedy, error.setting) from error


def _without_name(experiment: ResolvedExperiment) -> ResolvedExperiment:
    return experiment.replace(name="")


# --- differences


def differing_settings(variants: Sequence[Variant]) -> tuple[SettingRow, ...]:
    """Returns the settings in which the variants differ, in the order of an experiment's file."""
    return _differing([variant.resolved for variant in variants])


def _differing(experiments: Sequence[Experiment]) -> tuple[SettingRow, ...]:
    return differences([toml_file.to_plain(experiment) for experiment in experiments])


# --- names


def _names(experiments: Sequence[Experiment]) -> list[str]:
    """Returns what each variant is called: its choice where the choices differ.

    Where that does not tell all of them apart, also the settings by which it differs from those
    that chose the same.
    """
    chosen = [", ".join(_choices(experiments, index)) for index in range(len(experiments))]
    if len(set(chosen)) == len(chosen):
        return chosen

    rows = _differing(experiments)
    names = []
    for index in range(len(experiments)):
        parts = _parts_of_name(experiments, index, rows)
        more = len(parts) - LONGEST_NAME
        names.append(", ".join(parts[:LONGEST_NAME]) + (f" and {more} more" if more > 0 else ""))

    return [
        f"{name} ({number})" if names.count(name) > 1 else name
        for number, name in enumerate(names, 1)
    ]


def _parts_of_name(
    experiments: Sequence[Experiment], index: int, rows: Sequence[SettingRow]
) -> list[str]:
    parts: list[str] = []
    for section in SECTIONS:
        parts += _choices(experiments, index, (section,))
        kinds = [_kind(experiment, section) for experiment in experiments]
        alike = [other for other, kind in enumerate(kinds) if kind == kinds[index]]

        for row in rows:
            if row.section != section or row.name == KIND:
                continue
            if any(row.values[other] != row.values[index] for other in alike):
                label = row.label[:1].lower() + row.label[1:]
                parts.append(f"{label} {row.texts[index]}")

    return parts


def _choices(
    experiments: Sequence[Experiment], index: int, sections: Sequence[str] = SECTIONS
) -> list[str]:
    """Returns the labels of what this variant chose, in the sections in which the choices differ.

    They stand in legends, so they are short: without what explains them in brackets.
    """
    return [
        str(getattr(experiments[index], section).label).partition(" (")[0]
        for section in sections
        if len({_kind(experiment, section) for experiment in experiments}) > 1
    ]


def _kind(experiment: Experiment, section: str) -> str:
    return str(getattr(getattr(experiment, section), "kind", ""))


# --- memory


def peak_of_race(predicted: Sequence[Mapping[str, int | None]], shared_data: int) -> int | None:
    """Returns the bytes that the variants take together at most; None where that is not known.

    That is what stays of each, and the activations and workspace of the one that needs most, for
    only one computes at a time. predicted: the memory ledger of each, in bytes. shared_data: bytes
    of examples that they have in common.
    """
    peaks = [rows.get("peak") for rows in predicted]
    if not peaks or any(peak is None for peak in peaks):
        return None

    passing = [(rows.get("activations") or 0) + (rows.get("workspace") or 0) for rows in predicted]
    standing = [
        max(0, (peak or 0) - size - shared_data) for peak, size in zip(peaks, passing, strict=True)
    ]
    return sum(standing) + max(passing) + shared_data
