"""Which of several columns is predicted where none is named like a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.sources.tables.choice.target_names import TARGET_NAMES, plain_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.tables.columns import Column

REMARKS = frozenset(
    {
        "bemerkung",
        "bemerkungen",
        "comment",
        "comments",
        "description",
        "kommentar",
        "kommentare",
        "memo",
        "note",
        "notes",
        "notiz",
        "notizen",
        "remark",
        "remarks",
    }
)
"""Words in the names of columns in which people write what they like."""


def likely_target(candidates: Sequence[Column]) -> Column:
    """Returns the last column without gaps that is neither a date nor a remark.

    A row without a target cannot be learned from, and for a guess no row is left out. Where every
    column has gaps, it is the last of those with the fewest.
    """
    undated = [column for column in candidates if not column.date] or candidates
    usual = [column for column in undated if not is_remark(column)] or undated
    fewest = min(gaps_in(column) for column in usual)
    return [column for column in usual if gaps_in(column) == fewest][-1]


def is_remark(column: Column) -> bool:
    """Returns whether a column of texts is named as one of comments."""
    return not column.numeric and not REMARKS.isdisjoint(plain_name(column.name).split("_"))


def gaps_in(column: Column) -> int:
    """Returns the rows in which a column has nothing that could be predicted."""
    numeric = column.numeric or column.kind == "mixed"
    present = np.isfinite(column.numbers[0]) if numeric else column.present
    return len(column) - int(present.sum())


def reason_for(column: Column) -> str:
    """Returns why a column is the guess, to go on from "it is"."""
    if plain_name(column.name) in TARGET_NAMES:
        return "named like a target"

    return "the last column that could be" if gaps_in(column) else "the last column without gaps"
