"""Matches the classes of other data with those that a network knows, by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.values import Spellings
from app.engine.errors import UserError
from app.engine.sources.opening import same_classes
from app.engine.text import names_text, nearest_name

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description

NAMED = 5
"""At most so many unknown classes are told with their nearest."""


@dataclass(frozen=True)
class KnownTargets:
    """The targets of other data that a network can be judged by.

    targets: (n, ...) with classes and tags numbered as in the network. rows: (n,) their rows in the
    data. notes: sentences on what is not judged.
    """

    targets: np.ndarray
    rows: np.ndarray
    notes: tuple[str, ...] = ()


def known_targets(trained: Description, dataset: Dataset, rows: np.ndarray) -> KnownTargets:
    """Returns the targets of some rows of other data as a network knows them.

    Examples of a class that it does not know are left out, and so are unknown tags, where an
    example may have others. Raises UserError, with the difference, where nothing is left.
    """
    theirs = dataset.description.classes
    targets = dataset.targets[rows]
    if theirs == trained.classes:
        return KnownTargets(targets, rows)

    spellings = Spellings({name: number for number, name in enumerate(trained.classes)})
    found = [spellings.find(name) for name in theirs]
    numbers = np.array([-1 if number is None else number for number in found], np.int64)
    are_classes = targets.ndim == 1
    has_unknown = numbers[targets] < 0 if are_classes else (targets[:, numbers < 0] > 0).any(axis=1)
    counts = _counts(targets, len(theirs))
    unknown = {
        name: int(count)
        for name, number, count in zip(theirs, found, counts, strict=True)
        if number is None and count
    }

    are_tags = not are_classes and not _are_shares(targets)
    kept = np.ones(len(rows), bool) if are_tags else ~has_unknown
    if None in found and (not kept.any() or (numbers < 0).all()):
        raise UserError(
            " ".join([same_classes(trained, dataset.description), *_nearest(unknown, trained)]),
            "Give the classes the names they had in training.",
            "data.source",
        )

    notes = _notes(unknown, trained, are_tags)
    if are_classes:
        return KnownTargets(numbers[targets[kept]], rows[kept], notes)

    known = np.zeros((int(kept.sum()), len(trained.classes)), targets.dtype)
    known[:, numbers[numbers >= 0]] = targets[kept][:, numbers >= 0]
    return KnownTargets(known, rows[kept], notes)


def _counts(targets: np.ndarray, count: int) -> np.ndarray:
    """Returns how many examples have each class or tag, (K,)."""
    return np.bincount(targets, minlength=count) if targets.ndim == 1 else (targets > 0).sum(axis=0)


def _are_shares(targets: np.ndarray) -> bool:
    """Returns whether a target has shares of classes, of which one cannot be left out."""
    return bool(((targets > 0) & (targets < 1)).any())


def _notes(unknown: dict[str, int], trained: Description, are_tags: bool) -> tuple[str, ...]:
    """Returns a sentence on the examples that are not judged, and one on each nearest name."""
    if not unknown:
        return ()

    count = sum(unknown.values())
    examples = "1 example has" if count == 1 else f"{count:,} examples have"
    if are_tags:
        tags, are = ("tag", "is") if len(unknown) == 1 else ("tags", "are")
        left_out = (
            f"The {tags} {names_text(list(unknown))} {are} unknown to the network and not judged."
        )
    else:
        not_judged = "it is not judged" if count == 1 else "they are not judged"
        left_out = (
            f"{examples} a class that training has not seen, {names_text(list(unknown))}: "
            f"{not_judged}."
        )

    return (left_out, *_nearest(unknown, trained))


def _nearest(unknown: dict[str, int], trained: Description) -> list[str]:
    """Returns a sentence on each unknown class that is nearly written like a known one."""
    near = {name: nearest_name(name, trained.classes) for name in list(unknown)[:NAMED]}
    return [f"The nearest to '{name}' is '{known}'." for name, known in near.items() if known]
