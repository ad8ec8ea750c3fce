"""Several whole numbers an example that are the numbers of its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.sources.targets import Targets, tag_targets, targets_from_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW_EACH = 2
"""Classes and tags of whole numbers have at least so many examples on average."""

MOST_TAGS = 1_000
"""Of more different whole numbers none is the number of a tag."""

NO_TAG = -1
"""Stands in the place of a tag where an example has fewer than others."""


def tags_there(values: np.ndarray) -> np.ndarray:
    """Returns where numbers (N, K), float64, are those of tags and do not fill up: bool."""
    return np.asarray(np.isfinite(values) & (values != NO_TAG))


def may_be_listed_tags(values: np.ndarray) -> bool:
    """Returns whether numbers (N, K) look like those of the tags that each example has.

    They are whole, come again in other examples, and none is twice in one. -1, or NaN, fills up.
    values: float64.
    """
    there = tags_there(values)
    known = values[there]
    if not len(known) or known.min() < 0 or (known != np.rint(known)).any():
        return False

    distinct = len(np.unique(known))
    if not values.shape[1] < distinct <= MOST_TAGS or distinct * FEW_EACH > len(known):
        return False

    apart = np.where(there, values, -2.0 - np.arange(values.shape[1]))
    apart.sort(axis=1)
    return bool((np.diff(apart, axis=1) > 0).all())


def listed_tags_of(values: np.ndarray) -> list[list[str]]:
    """Returns the tags of each row of whole numbers or texts (N, K), each once.

    -1, NaN and an empty text are none.
    """
    if values.dtype.kind in "US":
        return [list(dict.fromkeys(filter(None, map(str.strip, row)))) for row in values.tolist()]

    values = values.astype(np.float64)
    return [
        list(dict.fromkeys(str(int(value)) for value in row[there].tolist()))
        for row, there in zip(values, tags_there(values), strict=True)
    ]


def listed_tag_targets(values: np.ndarray, known: Sequence[str] = ()) -> Targets:
    """Returns the tags that stand in rows of whole numbers or texts (N, K).

    known: the names of the tags 0, 1, ...; without them, or where a number is none of these, the
    numbers are the names.
    """
    rows = listed_tags_of(values)
    numbers = {str(number): number for number in range(len(known))}
    if not known or any(tag not in numbers for tags in rows for tag in tags):
        return targets_from_tags(rows)

    marks = np.zeros((len(rows), len(known)), np.float32)
    for row, tags in enumerate(rows):
        marks[row, [numbers[tag] for tag in tags]] = 1

    return tag_targets(marks, tuple(known))
