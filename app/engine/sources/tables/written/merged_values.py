"""Values that a network cannot tell apart, because it reads numbers of about seven digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.tables.columns import Column

NARROW = 2.0**-12
"""Where the range is at least this share of the largest value, nothing needs to be counted."""

KEPT = 0.9
"""Nothing is said where at least this share of the different values stays different."""


def merged_notes(columns: Sequence[Column]) -> list[str]:
    """Returns a sentence for each column of numbers whose values become the same in float32."""
    return [note for column in columns if column.kind == "number" and (note := _note(column))]


def _note(column: Column) -> str:
    values = column.numbers[0]
    values = values[np.isfinite(values)]
    if not values.size:
        return ""

    low, high = float(values.min()), float(values.max())
    if not 0 < high - low < NARROW * max(abs(low), abs(high)):
        return ""

    before, after = np.unique(values).size, np.unique(values.astype(np.float32)).size
    if after >= KEPT * before:
        return ""

    return (
        f"'{column.name}' has {before:,} different values, of which the network can tell {after:,} "
        f"apart: it reads seven digits. Subtract {plain(low)} from all of them in the table."
    )
