"""Dates that are written as whole numbers, such as 20240315."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dates import COMPACT, SAMPLED, date_format

if TYPE_CHECKING:
    from collections.abc import Collection

FIRST_COMPACT = 19_000_101
"""A smaller number is no such day."""

FEWEST_COMPACT = 5
"""Of fewer distinct whole numbers it may be chance that all of them are days."""


def format_of_numbers(values: np.ndarray) -> str:
    """Returns the format in which all these numbers are dates, such as 20240315, "" without one.

    values: (N,) float64, NaN where there is none.
    """
    finite = values[np.isfinite(values)]
    if not len(finite) or finite.min() < FIRST_COMPACT or (finite != np.rint(finite)).any():
        return ""

    few = [f"{value:.0f}" for value in finite[:SAMPLED].tolist()]
    if not date_format(few[:1]) or not date_format(few):
        return ""

    every = np.unique(finite)
    return (
        date_format([f"{value:.0f}" for value in every.tolist()])
        if are_many(every, COMPACT)
        else ""
    )


def are_many(cells: Collection[object], form: str) -> bool:
    """Returns whether cells of a format are so many that they are no dates by chance."""
    return not form.startswith(COMPACT) or len(cells) >= FEWEST_COMPACT
