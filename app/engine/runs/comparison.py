"""Comparing runs by a figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


def best_index(
    values: Sequence[float | None],
    better: Literal["higher", "lower"],
    texts: Sequence[str] | None = None,
) -> int | None:
    """Returns the index of the best value.

    None where fewer than two are known (None and NaN are not), or where two share the best value.
    texts: the values as they are shown; then also None where another one reads the same.
    """
    known = [
        (value, index)
        for index, value in enumerate(values)
        if value is not None and math.isfinite(value)
    ]
    if len(known) < 2:
        return None

    (first, index), (second, _) = sorted(known, reverse=better == "higher")[:2]
    if first == second or (texts is not None and list(texts).count(texts[index]) > 1):
        return None

    return index
