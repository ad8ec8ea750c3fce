"""Finds equal examples with different labels: at least one of the labels must be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.nouns import counted

if TYPE_CHECKING:
    from app.engine.sources.loaded import Examples
    from app.engine.sources.targets import Targets

NAMED = 3
"""At most so many pairs of equal examples are named."""

TAGS_NAMED = 3
"""At most so many tags of an example are named."""


def contradictions(kind: str, equals: np.ndarray, examples: Examples, excluded: np.ndarray) -> str:
    """Says which equal examples have different labels, "" where there are none.

    kind: of the inputs, such as "image". equals: (N,) the same number for equal inputs, from 0
    without gaps. excluded: rows that are in no split, and contradict nothing. Only classes and tags
    are labels: one example may well have two amounts.
    """
    targets, names = examples.targets, examples.names
    if not targets.classes or equals.max(initial=-1) == len(equals) - 1:
        return ""

    if len(excluded):
        # Each is an example of its own, like no other one.
        equals = equals.copy()
        equals[excluded] = equals.max() + 1 + np.arange(len(excluded))

    _, firsts, equals = np.unique(equals, return_index=True, return_inverse=True)
    first_of = firsts[equals]
    values = targets.values.reshape(len(targets), -1)
    differs = (values != values[first_of]).any(axis=1)
    if not differs.any():
        return ""

    torn = np.unique(first_of[differs])
    count = int(np.isin(first_of, torn).sum())
    pairs = []
    for first in torn[:NAMED].tolist():
        other = int(np.flatnonzero(differs & (first_of == first))[0])
        ours, theirs = _label(targets, first), _label(targets, other)
        pairs.append(f"'{names[first]}' is {ours} and '{names[other]}' is {theirs}")

    more = f", and {len(torn) - NAMED:,} more" if len(torn) > NAMED else ""
    return (
        f"{counted(kind, count)} are copies of others with different labels: {'; '.join(pairs)}"
        f"{more}. Correct the labels, or remove the copies."
    )


def _label(targets: Targets, row: int) -> str:
    """Returns the class or the tags of an example, quoted."""
    value = targets.values[row]
    if np.ndim(value) == 0:
        return f"'{targets.classes[int(value)]}'"

    tags = [f"'{name}'" for name, has in zip(targets.classes, value, strict=True) if has]
    if not tags:
        return "without a tag"

    return ", ".join(tags[:TAGS_NAMED]) + (" …" if len(tags) > TAGS_NAMED else "")
